"""Sentences of the worker."""

from __future__ import annotations

from draglayer_protocol.geometry import Frame, Point
from draglayer_protocol.messages import EndReason


def ended(reason: EndReason, steps: int, farthest: float) -> str:
    """Why a drag ended, after so many steps, its farthest handle so many canvas pixels from its target."""
    after = f"after {steps} step{'' if steps == 1 else 's'}"
    left = f"the farthest handle is {farthest:.1f} px from its target"
    match reason:
        case EndReason.ARRIVED:
            return f"every handle reached its target {after}"
        case EndReason.MAX_STEPS:
            return f"{after} the limit is reached and {left}; run again to go on"
        case EndReason.STOPPED:
            return f"stopped {after}; {left}"
        case EndReason.STALLED:
            return (
                f"the handles came no nearer, so the drag ended {after}; {left}."
                " Move the targets nearer, or free more of the mask"
            )
        case EndReason.LOST:
            return (
                f"the handles were lost {after}: nothing near them looks like them any more."
                " Go back some steps, or set them anew"
            )
        case EndReason.FAILED:
            return f"the drag failed {after}"


def failed(error: BaseException) -> str:
    """An error that nobody foresaw, in one line."""
    first = sendable((str(error).strip().splitlines() or [""])[0][:300])
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


def sendable(sentence: str) -> str:
    """With what is no Unicode spelled out: a file's or a state's own words may be anything."""
    return sentence.encode("utf-8", "backslashreplace").decode()


def outside(what: str, point: Point, frame: Frame) -> str:
    return (
        f"{what} is at ({point.x:g}, {point.y:g}), outside the frame, which spans x from {frame.x:g} to"
        f" {frame.x + frame.width - 1:g} and y from {frame.y:g} to {frame.y + frame.height - 1:g};"
        " move it inside, or move the frame"
    )
