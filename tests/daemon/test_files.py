"""Files that are there whole or not at all."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from draglayer_daemon.files import CannotWrite, tail, write_atomically


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_does_not_fit_leaves_the_old_one_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, before[1]))  # as a disk that is full
    try:
        with pytest.raises(
            CannotWrite, match=r"file cannot be written: File too large; check .* the disk's free space"
        ):
            write_atomically(path, bytes(1 << 17))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotWrite, match=r"there is no folder .*none; make it"):
        write_atomically(tmp_path / "none" / "file", b"")
    with pytest.raises(CannotWrite, match="it is a folder; name a file in it"):
        write_atomically(tmp_path, b"")


def test_a_log_is_shown_by_its_end(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert "cannot be read: No such file" in tail(log)
    log.touch()
    assert "is empty" in tail(log)
    log.write_text("\n".join(map(str, range(100))))
    assert tail(log, 2) == "98\n99"
