"""Files that would run a program if anything executed them: every gadget, in every place that can hold one."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import torch

from .formats import SKIP
from .hostile_case import Hostile, of_bytes
from .networks import network
from .opcodes import PROTO, before, call, name, pickled, stack_name, text, value
from .writer_nvidia import write_nvidia, write_state_dict

# (module, name, arguments); where a call alone does harm, the arguments leave the canary
Gadget = tuple[str, str, tuple[object, ...]]


def gadgets(canary: Path) -> list[Gadget]:
    shell = f"touch {canary}"
    python = f"open({str(canary)!r}, 'w').close()"
    return [
        ("os", "system", (shell,)),
        ("posix", "system", (shell,)),
        ("nt", "system", (shell,)),
        ("os", "popen", (shell,)),
        ("os", "execv", ("/bin/sh", ["sh", "-c", shell])),
        ("os", "putenv", ("A", "B")),
        ("subprocess", "Popen", (["sh", "-c", shell],)),
        ("subprocess", "check_output", (["sh", "-c", shell],)),
        ("commands", "getoutput", (shell,)),
        ("builtins", "exec", (python,)),
        ("builtins", "eval", (python,)),
        ("builtins", "compile", (python, "x", "exec")),
        ("builtins", "getattr", (name("os", "path"), "join")),
        ("builtins", "__import__", ("os",)),
        ("builtins", "open", (str(canary), "w")),
        ("builtins", "setattr", ({}, "a", 1)),
        ("builtins", "map", ({}, [1])),
        ("__builtin__", "eval", (python,)),
        ("__builtin__", "apply", ({}, ())),
        ("torch", "load", (str(canary),)),
        ("torch.serialization", "load", (str(canary),)),
        ("torch.hub", "load", ("a/b", "c")),
        ("torch.jit", "load", (str(canary),)),
        ("torch", "os.system", (shell,)),
        ("torch", "storage._load_from_bytes", (b"Cabc",)),
        ("torch._utils", "_import_dotted_name", ("os.system",)),
        ("torch.package", "PackageImporter", (str(canary),)),
        ("torch.nn.modules.module", "warnings.sys", ()),
        ("torch.utils.cpp_extension", "load", ("x", "y")),
        ("torch._inductor.codecache", "PyCodeCache.load", (python,)),
        ("numpy", "load", (str(canary),)),
        ("numpy.testing._private.utils", "runstring", (python, {})),
        ("numpy", "fromfile", (str(canary),)),
        ("numpy.f2py", "compile", (python,)),
        ("importlib", "import_module", ("os",)),
        ("runpy", "run_path", (str(canary),)),
        ("runpy", "_run_code", (python, {})),
        ("pickle", "loads", (b"Cabc",)),
        ("_pickle", "loads", (b"Cabc",)),
        ("marshal", "loads", (b"Cabc",)),
        ("shutil", "rmtree", (str(canary),)),
        ("pathlib", "Path.touch", (str(canary),)),
        ("webbrowser", "open", ("http://localhost",)),
        ("socket", "create_connection", (("localhost", 9),)),
        ("urllib.request", "urlopen", ("http://localhost",)),
        ("ctypes", "CDLL", ("libc.so.6",)),
        ("code", "InteractiveInterpreter", ()),
        ("pty", "spawn", (["sh", "-c", shell],)),
        ("operator", "attrgetter", ("system",)),
        ("operator", "methodcaller", ("system", shell)),
        ("functools", "partial", (name("os", "path"),)),
        ("functools", "reduce", ({}, [1])),
        ("itertools", "starmap", ({}, [])),
        ("types", "FunctionType", ({}, {})),
        ("types", "CodeType", (0,)),
        ("copyreg", "add_extension", ("os", "system", 1)),
        ("copyreg", "pickle", ({}, {})),
        ("copy_reg", "__newobj_ex__", ({}, (), {})),
        ("timeit", "timeit", (python,)),
        ("cProfile", "run", (python,)),
        ("pdb", "run", (python,)),
        ("bdb", "Bdb", ()),
        ("asyncio", "create_subprocess_shell", (shell,)),
        ("multiprocessing", "Process", ()),
        ("logging.config", "listen", (9,)),
        ("distutils.spawn", "spawn", (["sh", "-c", shell],)),
        ("sys", "modules", ()),
        ("sys", "setrecursionlimit", (1 << 30,)),
        ("collections", "OrderedDict.__init__.__globals__", ()),
        ("builtins", "dict.update", ()),
        ("pip._internal", "main", (["install", "x"],)),
        ("setuptools.sandbox", "run_setup", (str(canary),)),
        ("dill._dill", "_create_function", ()),
        ("cloudpickle.cloudpickle", "_make_function", ()),
        ("joblib", "load", (str(canary),)),
        ("sympy", "sympify", (python,)),
        ("scipy.io", "loadmat", (str(canary),)),
        ("pandas", "read_pickle", (str(canary),)),
        ("IPython", "get_ipython().system", (shell,)),
        ("draglayer_engine.models", "load_model", (str(canary),)),
        ("torch_utils/../../os", "system", (shell,)),
        ("os system", "x", ()),
        ("", "", ()),
    ]


def hostile_gadgets(canary: Path) -> Iterator[Hostile]:
    """Every gadget alone; then each kind of carrier, with gadgets in turn."""
    checkpoint = write_nvidia(network(SKIP), canary)
    zipped = write_state_dict(network(SKIP))
    carriers = (_in_checkpoint, _stack_global, _in_zip, _in_nested_storage, _in_legacy, _instance, _object, _new_object)
    for i, (module, attribute, arguments) in enumerate(gadgets(canary)):
        label = f"{module}.{attribute}"
        yield of_bytes(f"gadget {label}", pickled(call(name(module, attribute), *arguments)))
        carrier = carriers[i % len(carriers)]
        data = carrier(module, attribute, value(arguments), checkpoint, zipped)
        yield of_bytes(f"gadget {label} {carrier.__name__.strip('_')}", data)
    shell = value((f"touch {canary}",))
    for carrier in carriers:
        yield of_bytes(f"os.system {carrier.__name__}", carrier("os", "system", shell, checkpoint, zipped))
    yield from _by_state(canary, checkpoint)


def _in_checkpoint(module: str, attribute: str, arguments: bytes, checkpoint: bytes, zipped: bytes) -> bytes:
    """Carried out before a proper checkpoint, which follows."""
    return before(name(module, attribute) + arguments + b"R", checkpoint)


def _stack_global(module: str, attribute: str, arguments: bytes, checkpoint: bytes, zipped: bytes) -> bytes:
    return before(stack_name(module, attribute) + arguments + b"R", checkpoint)


def _in_zip(module: str, attribute: str, arguments: bytes, checkpoint: bytes, zipped: bytes) -> bytes:
    return with_pickle(zipped, lambda data: before(name(module, attribute) + arguments + b"R", data))


def _in_nested_storage(module: str, attribute: str, arguments: bytes, checkpoint: bytes, zipped: bytes) -> bytes:
    inner = legacy(pickled(name(module, attribute) + arguments + b"R"))
    return before(call(name("torch.storage", "_load_from_bytes"), value_of_bytes(inner)), checkpoint)


def _in_legacy(module: str, attribute: str, arguments: bytes, checkpoint: bytes, zipped: bytes) -> bytes:
    return legacy(pickled(name(module, attribute) + arguments + b"R"))


def _instance(module: str, attribute: str, arguments: bytes, checkpoint: bytes, zipped: bytes) -> bytes:
    """The INST instruction of protocol 0."""
    lines = module.encode() + b"\n" + attribute.encode() + b"\n"
    return before(b"(" + arguments + b"i" + lines, checkpoint)


def _object(module: str, attribute: str, arguments: bytes, checkpoint: bytes, zipped: bytes) -> bytes:
    """The OBJ instruction of protocol 1."""
    return before(b"(" + name(module, attribute) + arguments + b"o", checkpoint)


def _new_object(module: str, attribute: str, arguments: bytes, checkpoint: bytes, zipped: bytes) -> bytes:
    return before(name(module, attribute) + arguments + b"}\x92", checkpoint)


def _by_state(canary: Path, checkpoint: bytes) -> Iterator[Hostile]:
    """Through `__setstate__`, BUILD on what is no object, the extension registry and persistent names."""
    yield of_bytes("build on a name", before(name("argparse", "Namespace") + value({"__init__": 1}) + b"b", checkpoint))
    yield of_bytes("build on a tuple", before(b")" + value({"a": 1}) + b"b", checkpoint))
    yield of_bytes("build on text", before(text("a") + value({"a": 1}) + b"b", checkpoint))
    slots = value((None, {"__class__": name("os", "system")}))
    yield of_bytes("build with slots", before(name("argparse", "Namespace") + b")\x81" + slots + b"b", checkpoint))
    setstate = name("builtins", "object.__setstate__") + value(()) + b"R"
    yield of_bytes("setstate", before(setstate, checkpoint))
    for code, size in ((b"\x82", 1), (b"\x83", 2), (b"\x84", 4)):
        yield of_bytes(f"extension {size}", before(code + (1).to_bytes(size, "little"), checkpoint))
    yield of_bytes("persistent line", before(b"Pos.system\n", checkpoint))
    yield of_bytes(
        "persistent tuple", before(value(("storage", name("torch", "FloatStorage"), "0", "cpu", 1)) + b"Q", checkpoint)
    )
    yield of_bytes("persistent module", before(value(("module", name("torch", "Size"), "x", "y")) + b"Q", checkpoint))
    yield of_bytes("call of a record", before(name("models", "A") + b")R" + b")R", checkpoint))
    yield of_bytes("call of text", before(text("os.system") + b")R", checkpoint))
    yield of_bytes("new object of nothing", before(b"N)\x81", checkpoint))
    yield of_bytes(
        "reconstruct os.system",
        before(
            call(name("copy_reg", "_reconstructor"), name("os", "system"), name("builtins", "object"), None), checkpoint
        ),
    )
    yield of_bytes(
        "tensor of type by os.system",
        before(
            call(name("torch._tensor", "_rebuild_from_type_v2"), name("os", "system"), name("torch", "Tensor"), (), {}),
            checkpoint,
        ),
    )
    yield of_bytes(
        "nested storage of rubbish",
        before(call(name("torch.storage", "_load_from_bytes"), value_of_bytes(b"rubbish")), checkpoint),
    )
    yield of_bytes(
        "nested storage that is a list",
        before(call(name("torch.storage", "_load_from_bytes"), value_of_bytes(legacy(pickled(b"]")))), checkpoint),
    )
    deeper = legacy(pickled(call(name("torch.storage", "_load_from_bytes"), value_of_bytes(legacy(pickled(b"]"))))))
    yield of_bytes(
        "nested storage in a nested storage",
        before(call(name("torch.storage", "_load_from_bytes"), value_of_bytes(deeper)), checkpoint),
    )
    plain = pickle.dumps({"a": 1})
    yield of_bytes(
        "nested plain pickle",
        before(call(name("torch.storage", "_load_from_bytes"), value_of_bytes(plain)), checkpoint),
    )


def legacy(body: bytes, keys: bytes = PROTO + b"].", tail: bytes = b"") -> bytes:
    """The old stream of torch.save around the pickle `body`."""
    stream = io.BytesIO()
    for part in (
        torch.serialization.MAGIC_NUMBER,
        1001,
        {"protocol_version": 1001, "little_endian": True, "type_sizes": {}},
    ):
        stream.write(pickle.dumps(part, 2))
    return stream.getvalue() + body + keys + tail


def value_of_bytes(data: bytes) -> bytes:
    return b"B" + struct.pack("<I", len(data)) + data


def with_pickle(zipped: bytes, change: object) -> bytes:
    """The torch archive with another `data.pkl`."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(zipped)) as old, zipfile.ZipFile(stream, "w") as new:
        for entry in old.infolist():
            data = old.read(entry)
            new.writestr(entry.filename, change(data) if entry.filename.endswith("data.pkl") else data)  # type: ignore[operator]
    return stream.getvalue()
