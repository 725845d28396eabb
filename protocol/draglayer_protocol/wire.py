"""Messages <-> frames: one msgpack frame `[version, kind, body]`, then every `bytes` field as a frame of its own.

A body is a map of a message's fields. Inside it an Enum is its value, a NamedTuple an array, a nested dataclass a map,
and a `bytes` field the index of its frame (0 = the frame after the header). protocol/README.md is the specification.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar, get_args

import msgpack  # type: ignore[import-untyped]

from .messages import VERSION, Event, InvalidMessage, Request
from .typed import Misfit, Reader, is_int, plain, reader_of, shown

MAX_FRAMES = 8  # of one message, header included
MAX_HEADER = 1 << 20  # bytes of the msgpack frame
MAX_ITEMS = 1 << 16  # of one array
MAX_FIELDS = 1 << 10  # of one map
MAX_INLINE = 1 << 16  # bytes of one string inside the header; binaries come as frames, so these are unknown fields'

REQUESTS: Mapping[str, type[Request]] = MappingProxyType({cls.__name__: cls for cls in get_args(Request)})
EVENTS: Mapping[str, type[Event]] = MappingProxyType({cls.__name__: cls for cls in get_args(Event)})

T = TypeVar("T")


class ProtocolError(Exception):
    """The peer sent what `messages` does not describe. `request`, `session`, `seq` name it as far as readable."""

    def __init__(
        self, sentence: str, *, request: int | None = None, session: str | None = None, seq: int | None = None
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.request = request
        self.session = session
        self.seq = seq


class UnknownKind(ProtocolError):
    """A well-formed message of a kind that this side does not know: a newer peer's."""


class OtherVersion(ProtocolError):
    """The peer speaks another major version; only the program, not the message, can be changed."""


def encode(message: Request | Event) -> list[bytes]:
    """A message's frames. `bytes` fields are passed on as they are, not copied.

    Raises InvalidMessage for the values that Python has and msgpack has not: numbers beyond 64 bits, broken text.
    """
    kind = type(message).__name__
    blobs: list[bytes] = []
    body = plain(message, blobs)
    try:
        header: bytes = msgpack.packb([VERSION, kind, body])
    except OverflowError as error:
        raise InvalidMessage(f"a number of {kind} does not fit into 64 bits; send a smaller one") from error
    except UnicodeEncodeError as error:
        raise InvalidMessage(f"a text of {kind} is not Unicode ({error.reason}); send another one") from error
    return [header, *blobs]


def decode(frames: Sequence[bytes], kinds: Mapping[str, type[T]]) -> T:
    """The message in these frames; `kinds` (REQUESTS or EVENTS) are those that this side listens to.

    Raises ProtocolError with a sentence for whatever is not such a message: UnknownKind for another kind, OtherVersion
    for another major version. Frames are passed on as they are, not copied; those that no field names are ignored.
    """
    if not 1 <= len(frames) <= MAX_FRAMES:
        raise ProtocolError(f"a message came in {len(frames)} frames; 1 to {MAX_FRAMES} are accepted")
    version, kind, body = _header(frames[0])
    if version != VERSION:
        older = "the peer" if version < VERSION else "this program"
        raise OtherVersion(
            f"the peer speaks protocol {version}, this program {VERSION}; update {older} so that both speak the same",
            **_names(body),
        )
    cls = kinds.get(kind)
    if cls is None:
        raise UnknownKind(
            f"messages of kind {kind[:64]!r} are not known here; known are {', '.join(kinds)}", **_names(body)
        )
    reader: Reader = reader_of(cls)  # type: ignore[arg-type]  # classes are hashable
    try:
        message: T = reader(body, frames[1:])
    except Misfit as misfit:
        raise ProtocolError(f"{kind}{misfit.path}: {misfit.sentence}", **_names(body)) from None
    except InvalidMessage as invalid:
        raise ProtocolError(str(invalid), **_names(body)) from invalid
    return message


class _Header(NamedTuple):
    version: int
    kind: str
    body: dict[str, Any]


def _header(frame: bytes) -> _Header:
    if len(frame) > MAX_HEADER:
        raise ProtocolError(f"a message's header has {len(frame)} bytes; at most {MAX_HEADER} are accepted")
    try:
        header = msgpack.unpackb(
            frame,
            raw=False,
            strict_map_key=True,
            max_array_len=MAX_ITEMS,
            max_map_len=MAX_FIELDS,
            max_str_len=MAX_INLINE,
            max_bin_len=MAX_INLINE,
            max_ext_len=MAX_INLINE,
        )
    except (ValueError, TypeError, OverflowError, RecursionError, msgpack.UnpackException) as error:
        # str(error) of msgpack may be empty or carry the peer's bytes; the class says enough
        raise ProtocolError(
            f"a message's first frame ({len(frame)} bytes) is not msgpack within the limits ({type(error).__name__})"
        ) from error
    if not isinstance(header, list) or len(header) < 1 or not is_int(header[0]):
        raise ProtocolError("a message's first frame is not an array [version, kind, body] that begins with a number")
    if header[0] != VERSION:  # whatever follows is the other version's own
        body = header[2] if len(header) > 2 and isinstance(header[2], dict) else {}
        return _Header(header[0], "", body)
    if len(header) != 3 or not isinstance(header[1], str) or not isinstance(header[2], dict):
        raise ProtocolError(
            f"a message's header is an array of {', '.join(map(shown, header[:4]))};"
            " [version number, kind as a string, body as a map] is needed"
        )
    return _Header(*header)


def _names(body: dict[str, Any]) -> dict[str, Any]:
    """What a body says about itself, for the answer to a message that cannot be read."""
    request, session, seq = body.get("request"), body.get("session"), body.get("seq")
    return {
        "request": request if is_int(request) else None,
        "session": session if isinstance(session, str) and len(session) <= 64 else None,
        "seq": seq if is_int(seq) else None,
    }
