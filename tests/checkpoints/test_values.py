"""The pickle machine reads what Python, numpy and torch write; the layout is the generator's."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from draglayer_engine.architecture import Architecture, Size
from draglayer_engine.checkpoints.layout import expected_shapes
from draglayer_engine.checkpoints.records import Name, Record
from draglayer_engine.checkpoints.stored import StoredArray
from draglayer_engine.checkpoints.torch_files import read_legacy, read_plain, read_zip
from draglayer_engine.generator import Generator

from .formats import ALPHA, GREY, RESNET, SKIP, TALL, WIDE

Read = Callable[[memoryview], tuple[Any, set[str]]]
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)

constants = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**200), 2**200), st.floats(allow_nan=False), st.text(), st.binary()
)
values = st.recursive(
    constants,
    lambda inner: st.one_of(
        st.lists(inner),
        st.lists(inner).map(tuple),
        st.dictionaries(st.one_of(st.text(), st.integers(-(2**59), 2**59)), inner),
        st.sets(st.text()),
        st.frozensets(st.integers(-(2**59), 2**59)),
    ),
    max_leaves=20,
)


def plain(value: Any, protocol: int) -> Any:
    return read_plain(memoryview(pickle.dumps(value, protocol)))[0]


@given(values, st.sampled_from(PROTOCOLS))
def test_plain_values_are_read_as_python_reads_them(value: Any, protocol: int) -> None:
    assert plain(value, protocol) == value


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_values_that_are_shared_and_long_are_read(protocol: int) -> None:
    shared = ["a" * 300]
    value = {"x": shared, "y": shared, "bytes": b"\x00\xff" * 100_000, "big": -(1 << 400), "many": list(range(5000))}
    read = plain(value, protocol)
    assert read == value
    assert read["x"] is read["y"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("code", ["f4", "f8", "f2", "i8", "u1", "?", ">f4", ">i2"])
def test_numpy_arrays_of_every_layout_are_read(protocol: int, code: str) -> None:
    rows = (np.arange(24).reshape(2, 3, 4) % 7).astype(code)
    arrays = [rows, rows.T, rows[:, ::-1], rows[0, 1], np.asfortranarray(rows), np.array(rows[0, 1, 2])]
    read = plain({"a": arrays, "again": arrays[0], "number": np.float64(2.5), "count": np.int32(-7)}, protocol)
    assert all(np.array_equal(a.read(), b) for a, b in zip(read["a"], arrays, strict=True))
    assert read["again"] is read["a"][0]
    assert (read["number"], read["count"]) == (2.5, -7)


@pytest.mark.parametrize("how", ["pickle", "zip", "legacy"])
@pytest.mark.parametrize(
    "dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.bool]
)
def test_torch_tensors_of_every_layout_are_read(how: str, dtype: torch.dtype) -> None:
    rows = (torch.arange(24).reshape(2, 3, 4) % 7).to(dtype)
    value = {
        "rows": rows,
        "turned": rows.permute(2, 0, 1),
        "part": rows[:, 1:, ::2],
        "one": rows[1, 2, 3],
        "none": rows[:0],
        "like pictures": rows[None].to(memory_format=torch.channels_last),
    }
    stream = io.BytesIO()
    if how == "pickle":
        read = plain(value, 4)
    else:
        torch.save(value, stream, _use_new_zipfile_serialization=how == "zip")
        data = memoryview(stream.getvalue())
        read = (read_zip if how == "zip" else read_legacy)(data)[0]
    for name, tensor in value.items():
        assert isinstance(read[name], StoredArray)
        assert np.array_equal(read[name].read(), tensor.float().numpy() if dtype is torch.bfloat16 else tensor.numpy())


def test_a_zip_without_checksums_is_read() -> None:
    stream = io.BytesIO()
    torch.serialization.set_crc32_options(False)
    try:
        torch.save({"a": torch.ones(3)}, stream)
    finally:
        torch.serialization.set_crc32_options(True)
    assert read_zip(memoryview(stream.getvalue()))[0]["a"].read().tolist() == [1, 1, 1]


@pytest.mark.parametrize("read", [read_zip, read_legacy])
@pytest.mark.filterwarnings("ignore:.*source code")
def test_objects_of_foreign_classes_are_records_of_what_was_written(read: Read) -> None:
    layer = torch.nn.Linear(2, 3)
    stream = io.BytesIO()
    torch.save(layer, stream, _use_new_zipfile_serialization=read is read_zip)
    value, foreign = read(memoryview(stream.getvalue()))
    assert isinstance(value, Record)
    assert value.name == Name("torch.nn.modules.linear", "Linear")
    assert np.array_equal(value.state["_parameters"]["weight"].read(), layer.weight.detach().numpy())
    assert foreign == {"torch.nn.modules.linear.Linear"}


LARGE = Architecture(
    z_dim=512, c_dim=0, w_dim=512, mapping_layers=8, channels=(512, 512, 512, 512, 512, 256, 128, 64, 32)
)
ONE_BLOCK = Architecture(z_dim=4, c_dim=2, w_dim=4, mapping_layers=1, channels=(3,), base=Size(2, 6))


@pytest.mark.parametrize("architecture", [SKIP, RESNET, GREY, ALPHA, TALL, WIDE, LARGE, ONE_BLOCK])
def test_the_layout_is_that_of_the_engines_generator(architecture: Architecture) -> None:
    with torch.device("meta"):
        own = {name: tuple(tensor.shape) for name, tensor in Generator(architecture).state_dict().items()}
    assert expected_shapes(architecture) == own
