"""One file from a server onto the disk: in pieces if need be, and never two versions of it mixed.

What has come lies in a file beside a note that says which version of the server's file it belongs to (its ETag, or its
date). The next attempt asks for the rest of that version only (RFC 9110: Range and If-Range), and begins again when the
server has another one, or cannot say.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from .files import CannotWrite, write_atomically
from .version import version

PATIENCE = 30.0  # seconds that a server may say nothing
PIECE = 1 << 16  # bytes
MOST = 16 << 30  # bytes of one file
ATTEMPTS = 20  # of which each has brought something


class CannotFetch(Exception):
    """The file did not come; the sentence says why, what was kept, and what to do."""


class Watcher(Protocol):
    """Sees a download."""

    def at(self, done: int, size: int | None) -> None:
        """So many bytes are here, of so many."""

    def say(self, sentence: str) -> None:
        """Something that a person should know, though the download goes on."""


@dataclass(frozen=True)
class Version:
    """Which version of the server's file the part belongs to; `mark` is its ETag or its date."""

    address: str
    mark: str
    size: int


class _Broken(Exception):
    """The connection ended in the middle; the sentence says how."""


class _Other(Exception):
    """What is here is of no use any more; the sentence says why it begins again."""


class Download:
    """`part` is where the bytes go; what an earlier attempt left there is gone on with. No more than `most` come."""

    def __init__(self, address: str, part: Path, watcher: Watcher, most: int = MOST) -> None:
        self._address, self._part, self._watcher, self._most = address, part, watcher, most
        self._note = part.with_name(f"{part.name}.json")
        self._host = urlsplit(address).hostname or address

    def run(self) -> None:
        """Until the whole file is here. Raises CannotFetch, CannotWrite."""
        for _ in range(ATTEMPTS):
            before = self.done()
            known = self._known()
            if known is not None and before == known.size:
                return  # it had come whole, and its fetcher was ended before it could say so
            try:
                self._attempt(before if known is not None else 0, known)
            except _Other as other:
                self.drop()
                self._watcher.say(str(other))
            except _Broken as broken:
                if self._known() is None:
                    self.drop()  # nobody could say what it is a part of
                if self.done() <= before:
                    raise CannotFetch(f"{broken}; {self._kept()}") from broken
                self._watcher.say(f"{broken}; going on")
            else:
                return
        raise CannotFetch(f"{self._host} broke the connection {ATTEMPTS} times; {self._kept()}")

    def done(self) -> int:
        """Bytes that are here."""
        try:
            return self._part.stat().st_size
        except OSError:
            return 0

    def drop(self) -> None:
        """Forget what has come."""
        for file in (self._note, self._part):
            with contextlib.suppress(FileNotFoundError):
                file.unlink()

    # One attempt

    def _attempt(self, have: int, known: Version | None) -> None:
        with self._response(have, known) as response:
            total = self._accept(response, have, known)
            if response.status != http.HTTPStatus.PARTIAL_CONTENT:
                if have:
                    self._watcher.say(self._why_again(response, known))
                self.drop()
                have = 0
            mark = _mark(response.headers)
            if mark and total is not None and (known is None or not have):
                text = json.dumps({"address": self._address, "mark": mark, "size": total})
                write_atomically(self._note, text.encode())
            self._receive(response, have, total)

    @contextlib.contextmanager
    def _response(self, have: int, known: Version | None) -> Iterator[Any]:
        request = urllib.request.Request(self._address, headers={"User-Agent": f"draglayer/{version()}"})
        if have and known is not None:
            request.add_header("Range", f"bytes={have}-")
            request.add_header("If-Range", known.mark)
        opener = urllib.request.build_opener(_SameSecurity)
        try:
            response = opener.open(request, timeout=PATIENCE)
        except urllib.error.HTTPError as error:
            with error:
                raise self._refused(error.code, have) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise CannotFetch(f"{self._unreachable(error)}; {self._kept()}") from error
        with response:
            yield response

    def _refused(self, code: int, have: int) -> Exception:
        if code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and have:
            return _Other(
                f"the file at {self._host} is shorter than what had come, so it is another one; beginning again"
            )
        if code in (http.HTTPStatus.NOT_FOUND, http.HTTPStatus.GONE):
            why = f"{self._host} has no such file any more (HTTP {code})"
            then = f"look for it elsewhere, and import what you find with `draglayer models import`: {self._address}"
        elif code in (http.HTTPStatus.UNAUTHORIZED, http.HTTPStatus.FORBIDDEN):
            why = f"{self._host} does not give the file to everybody (HTTP {code})"
            then = f"fetch it with a browser and import it with `draglayer models import`: {self._address}"
        elif code in range(300, 400):
            why = f"{self._host} sends on in a circle, or to an address that is not safe to follow (HTTP {code})"
            then = f"see {self._address} with a browser"
        elif code == http.HTTPStatus.TOO_MANY_REQUESTS or code >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
            why, then = f"{self._host} cannot give the file now (HTTP {code})", f"try again later; {self._kept()}"
        else:
            why, then = f"{self._host} refuses to give the file (HTTP {code})", f"see {self._address} with a browser"
        return CannotFetch(f"{why}; {then}")

    def _accept(self, response: Any, have: int, known: Version | None) -> int | None:
        """How large the whole file is. Raises CannotFetch for what is no file, _Other for another version of it."""
        kind = response.headers.get_content_type()
        if kind in ("text/html", "application/xhtml+xml"):
            raise CannotFetch(
                f"{self._host} answered with a web page instead of the file; fetch it with a browser and import it with"
                f" `draglayer models import`: {self._address}"
            )
        total = _length(response.headers.get("Content-Length"))
        if response.status == http.HTTPStatus.PARTIAL_CONTENT:
            found = re.fullmatch(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})", response.headers.get("Content-Range", ""))
            first, total = (int(found[1]), int(found[3])) if found else (-1, None)
            mark = _mark(response.headers)
            if known is None or first != have or total != known.size or (mark and mark != known.mark):
                raise _Other(
                    f"{self._host} has another version of the file than the one that had begun to come; beginning again"
                )
        if total is not None and total > self._most:
            raise CannotFetch(
                f"{self._host} offers {total / 1e6:.0f} MB, and at most {self._most / 1e6:.0f} MB were expected, so it"
                f" is another file and nothing of it was fetched; see {self._address} with a browser"
            )
        return total

    def _why_again(self, response: Any, known: Version | None) -> str:
        if known is not None and _mark(response.headers) == known.mark:
            return f"{self._host} cannot send the rest of a file alone, so it begins again"
        return f"the file at {self._host} has changed since its first part came, so it begins again"

    def _receive(self, response: Any, have: int, total: int | None) -> None:
        try:
            stream = self._part.open("ab" if have else "wb", buffering=0)
        except OSError as error:
            raise self._full(error, have, total) from error
        with stream:
            self._watcher.at(have, total)
            while True:
                try:
                    piece = response.read1(PIECE)  # what has come, without waiting for more
                except (OSError, http.client.HTTPException) as error:
                    raise _Broken(f"the connection to {self._host} broke ({_words(error)})") from error
                if not piece:
                    break
                try:
                    have = _write(stream, piece, have)
                except OSError as error:
                    raise self._full(error, self.done(), total) from error
                if have > self._most or (total is not None and have > total):
                    self.drop()
                    raise CannotFetch(
                        f"{self._host} sent more than the {min(total or MOST, self._most) / 1e6:.0f} MB that were"
                        " expected, so nothing of it was kept; try again"
                    )
                self._watcher.at(have, total)
            os.fsync(stream.fileno())
        if total is not None and have < total:
            raise _Broken(f"the connection to {self._host} ended after {have / 1e6:.1f} of {total / 1e6:.1f} MB")

    # Words

    def _full(self, error: OSError, have: int, total: int | None) -> CannotWrite:
        needed = "" if total is None else f" {max(total - have, 0) / 1e6:.1f} MB more are needed;"
        return CannotWrite(
            f"{self._part} cannot be written: {error.strerror};{needed} make room, and the next pull goes on from the"
            f" {have / 1e6:.1f} MB that are here"
        )

    def _kept(self) -> str:
        here = self.done()
        if here and self._known() is not None:
            return f"the {here / 1e6:.1f} MB that came are kept, and the next pull goes on from there"
        return "nothing was kept; pull it again"

    def _unreachable(self, error: Exception) -> str:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        if isinstance(reason, socket.gaierror):
            return f"the address {self._host} is not found: this machine seems to be offline"
        if isinstance(reason, ssl.SSLCertVerificationError):
            return f"{self._host} cannot prove that it is {self._host} ({reason.verify_message})"
        if isinstance(reason, TimeoutError):
            return f"{self._host} did not answer within {PATIENCE:g} s: it or this machine's connection is down"
        return f"there is no connection to {self._host} ({_words(reason)})"

    def _known(self) -> Version | None:
        """What is noted of the part; None: it cannot be gone on with."""
        try:
            note = json.loads(self._note.read_text("utf-8"))
            found = Version(str(note["address"]), str(note["mark"]), int(note["size"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None
        usable = found.address == self._address and found.mark.isprintable() and self.done() <= found.size
        return found if usable else None


class _SameSecurity(urllib.request.HTTPRedirectHandler):
    """A server may send on to another one, but not from https to where anybody can listen."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> Any:
        scheme = urlsplit(newurl).scheme
        if scheme not in ("http", "https") or (req.type == "https" and scheme != "https"):
            raise CannotFetch(
                f"{urlsplit(req.full_url).hostname} sends on to {newurl[:200]!r}, where the file could be changed on"
                f" its way; see {req.full_url} with a browser"
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _mark(headers: Any) -> str:
    """A strong ETag, or the date of the last change; empty where the server tells neither."""
    tag = str(headers.get("ETag", ""))
    if tag.startswith('"'):
        return tag
    return str(headers.get("Last-Modified", ""))


def _length(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"\d{1,18}", text) else None


def _write(stream: Any, piece: bytes, have: int) -> int:
    """All of it; a disk may take only some. Raises OSError."""
    left = memoryview(piece)
    while left:
        count = stream.write(left)
        left, have = left[count:], have + count
    return have


def _words(error: object) -> str:
    if isinstance(error, http.client.IncompleteRead):
        return "it ended early"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
