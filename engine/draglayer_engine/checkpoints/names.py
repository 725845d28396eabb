"""Which names a checkpoint may mention. None is ever imported: a name is either known, inert, or a refusal."""

from __future__ import annotations

import sys
from enum import Enum

from . import limits
from .errors import CheckpointError, shown
from .records import Name


class Meaning(Enum):
    """What a call of a known name stands for; meanings.py turns it into an inert value."""

    DICT = "a dictionary"
    LIST = "a list"
    TUPLE = "a tuple"
    SET = "a set"
    BYTES = "a string of bytes"
    TEXT_BYTES = "bytes written as latin-1 text"
    RECONSTRUCT = "an object as protocols 0 and 1 write it"
    NEW_OBJECT = "an object"
    TENSOR = "a tensor"
    TENSOR_OF_TYPE = "a tensor of a named type"
    PARAMETER = "a parameter"
    NESTED_STORAGE = "a whole torch file inside a string of bytes"
    DTYPE = "a numpy element type"
    EMPTY_ARRAY = "an empty numpy array"
    ARRAY_OF_BYTES = "a numpy array"
    SCALAR = "a numpy number"


# Seen in public checkpoints; `__builtin__` and `copy_reg` are what Python 2 and protocols below 3 write.
KNOWN: dict[tuple[str, str], Meaning] = {
    ("collections", "OrderedDict"): Meaning.DICT,
    ("collections", "defaultdict"): Meaning.DICT,
    ("_codecs", "encode"): Meaning.TEXT_BYTES,
    ("torch._utils", "_rebuild_tensor"): Meaning.TENSOR,
    ("torch._utils", "_rebuild_tensor_v2"): Meaning.TENSOR,
    ("torch._utils", "_rebuild_parameter"): Meaning.PARAMETER,
    ("torch._utils", "_rebuild_parameter_with_state"): Meaning.PARAMETER,
    ("torch._tensor", "_rebuild_from_type_v2"): Meaning.TENSOR_OF_TYPE,
    ("torch.storage", "_load_from_bytes"): Meaning.NESTED_STORAGE,
    ("numpy", "dtype"): Meaning.DTYPE,
}
for _builtins in ("builtins", "__builtin__"):
    KNOWN |= {
        (_builtins, "dict"): Meaning.DICT,
        (_builtins, "list"): Meaning.LIST,
        (_builtins, "tuple"): Meaning.TUPLE,
        (_builtins, "set"): Meaning.SET,
        (_builtins, "frozenset"): Meaning.SET,
        (_builtins, "bytes"): Meaning.BYTES,
        (_builtins, "bytearray"): Meaning.BYTES,
    }
for _copyreg in ("copyreg", "copy_reg"):
    KNOWN |= {
        (_copyreg, "_reconstructor"): Meaning.RECONSTRUCT,
        (_copyreg, "__newobj__"): Meaning.NEW_OBJECT,
    }
for _numpy in ("numpy.core", "numpy._core"):
    KNOWN |= {
        (f"{_numpy}.multiarray", "_reconstruct"): Meaning.EMPTY_ARRAY,
        (f"{_numpy}.multiarray", "scalar"): Meaning.SCALAR,
        (f"{_numpy}.numeric", "_frombuffer"): Meaning.ARRAY_OF_BYTES,
    }

STORAGES = {
    "DoubleStorage": "f8",
    "FloatStorage": "f4",
    "HalfStorage": "f2",
    "BFloat16Storage": "bf",
    "LongStorage": "i8",
    "IntStorage": "i4",
    "ShortStorage": "i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "b1",
    "UntypedStorage": "u1",
}

# Values and classes without consequence that training scripts leave in their files.
INERT = {
    ("argparse", "Namespace"),
    ("types", "SimpleNamespace"),
    ("collections", "deque"),
    ("collections", "Counter"),
    ("datetime", "date"),
    ("datetime", "datetime"),
    ("datetime", "time"),
    ("datetime", "timedelta"),
    ("datetime", "timezone"),
    ("pathlib", "Path"),
    ("pathlib", "PosixPath"),
    ("pathlib", "WindowsPath"),
    ("pathlib", "PurePosixPath"),
    ("pathlib", "PureWindowsPath"),
    ("pathlib._local", "PosixPath"),
    ("pathlib._local", "WindowsPath"),
    ("uuid", "UUID"),
    ("decimal", "Decimal"),
    ("fractions", "Fraction"),
    ("functools", "partial"),  # StyleGAN-XL's discriminator; what it would call is a name like any other
    ("torch", "Tensor"),
    ("torch", "Size"),
    ("torch", "device"),
    ("torch._tensor", "Tensor"),
    ("torch.nn.parameter", "Parameter"),
    ("torch.nn.parameter", "Buffer"),
    ("torch.storage", "TypedStorage"),
    ("torch.storage", "UntypedStorage"),
    ("torch._utils", "_rebuild_tensor_v3"),
    ("torch._utils", "_rebuild_device_tensor_from_numpy"),
    ("torch._utils", "_rebuild_sparse_tensor"),
    ("torch._utils", "_rebuild_qtensor"),
    ("torch._C._nn", "gelu"),
    ("torch.cuda.amp.grad_scaler", "OptState"),
    ("torch.amp.grad_scaler", "OptState"),
    ("numpy", "ndarray"),
    ("numpy.random._pickle", "__randomstate_ctor"),
    ("numpy.random._pickle", "__generator_ctor"),
    ("numpy.random._pickle", "__bit_generator_ctor"),
    *((b, n) for b in ("builtins", "__builtin__") for n in ("object", "int", "float", "complex", "str", "bool")),
    *((b, n) for b in ("builtins", "__builtin__") for n in ("slice", "range", "xrange", "unicode", "long")),
    *(("torch", n) for n in ("float16", "float32", "float64", "bfloat16", "int8", "int16", "int32", "int64")),
    *(("torch", n) for n in ("uint8", "uint16", "uint32", "uint64", "bool", "contiguous_format", "channels_last")),
    *(("numpy", n) for n in ("bool", "bool_", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32")),
    *(("numpy", n) for n in ("uint64", "float16", "float32", "float64", "str_", "bytes_", "intc", "longlong")),
    *(("torch", n) for n in STORAGES),
    *(("torch.cuda", n) for n in STORAGES),
}
# Layers, optimisers, their schedulers and parts.
INERT_MODULES = (
    "torch.nn.modules.",
    "torch.nn.parallel.",
    "torch.nn.utils.",
    "torch.nn.functional",
    "torch.optim.",
    "torch.distributions.",
    "torchvision.models.",
    "torchvision.transforms.",
    "numpy.dtypes",
)

# Packages in which a name is refused unless it is listed above. What runs code on loading comes out of these.
_WATCHED = {
    *sys.stdlib_module_names,
    *("__builtin__", "copy_reg", "commands", "cPickle", "exceptions", "popen2", "urllib2", "UserDict", "UserList"),
    *("nt", "posix", "msvcrt", "_winapi", "winreg", "distutils", "imp", "asyncore", "asynchat", "smtpd", "__mp_main__"),
    *("torch", "torchvision", "numpy", "scipy", "pandas", "tensorflow", "keras", "safetensors"),
    *("dill", "cloudpickle", "joblib", "pip", "setuptools", "pkg_resources", "IPython", "pytest", "_pytest"),
    *("sympy", "cffi", "numba", "fsspec", "django", "flask", "sqlalchemy", "jinja2", "yaml", "requests", "urllib3"),
    *("draglayer_engine", "draglayer_daemon", "draglayer_protocol"),
}


_SOURCE = "get the model from its source again"


def judge(module: str, name: str) -> Name:
    """The name as an inert value.

    Names of other people's programs are let through, because nothing is done with them: a checkpoint may hold
    anything beside its generator. Raises CheckpointError for names of the language, of its standard library and of
    numerical libraries that no checkpoint needs.
    """
    if max(len(module), len(name)) > limits.NAME_LETTERS:
        raise CheckpointError(f"it asks for a class with a name of {max(len(module), len(name))} letters; {_SOURCE}")
    pair = (module, name)
    if pair in KNOWN or pair in INERT:
        return Name(module, name)
    identifier = all(part.isidentifier() for part in (*module.split("."), *name.split(".")))
    watched = module.partition(".")[0] in _WATCHED
    if identifier and (not watched or ("." not in name and module.startswith(INERT_MODULES))):
        return Name(module, name)
    raise CheckpointError(
        f"it asks for {shown(module)}.{shown(name)}, which no StyleGAN2 checkpoint needs and which may be meant to run"
        f" a program; nothing was run, do not open it with other software, and {_SOURCE}"
    )
