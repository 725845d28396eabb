"""Many sessions, one device: commands between steps, one step of each running session in turn."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

from draglayer_protocol.messages import (
    AskStatus,
    AskThumbnails,
    Attach,
    Close,
    Command,
    Credit,
    Event,
    ExportState,
    Failed,
    Hello,
    ListModels,
    Load,
    ModelLoading,
    MoveTargets,
    OpenPixels,
    OpenSeed,
    OpenState,
    Ping,
    Render,
    Rendered,
    Request,
    Run,
    Seek,
    SessionClosed,
    SetFrame,
    SetMask,
    SetParameters,
    SetPoints,
    Sought,
    State,
    Stop,
)

from .registry import WEIGHTS, Entry, Registry, UnknownModel, label_words
from .thumbnails import Strip, Strips
from .worker_drag import Engine, Refusal
from .worker_session import WorkerSession
from .worker_strips import StripQueue
from .worker_words import failed, sendable

log = logging.getLogger(__name__)

REPORTS = 32  # of a model's way into memory
SPARE_MODELS = 2  # kept in memory although no session uses them


class Scheduler:
    """All sessions of one worker. An error inside one of them is that session's alone."""

    def __init__(
        self,
        engine: Engine,
        registry: Registry,
        emit: Callable[[Event], None],
        strips: Strips | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._engine, self._registry, self._emit, self._clock = engine, registry, emit, clock
        self._strips = StripQueue(engine, Strips() if strips is None else strips, emit)
        self._sessions: dict[str, WorkerSession] = {}  # in the order of their turns
        self._loaded: dict[str, Entry] = {}  # by hash, the least recently used first

    @property
    def busy(self) -> bool:
        return bool(self._strips) or any(session.due for session in self._sessions.values())

    def handle(self, requests: Sequence[Request]) -> None:
        """Everything that has come since the last step; of targets, points, masks and parameters the last counts."""
        for request in requests:
            try:
                self._one(request)
            except (Refusal, UnknownModel) as refusal:
                self._fail(request, str(refusal))
            except Exception as error:  # noqa: BLE001 (any error of one request; the worker lives on for the others)
                self._survive(error)
                self._fail(request, f"the worker could not do this ({failed(error)}); its log has the details")
        for session in list(self._sessions.values()):
            if not session.running:  # the others apply at their next step
                self._apply(session)

    def turn(self) -> None:
        """One step of the session that wants one and has waited longest; without such a session, one thumbnail."""
        for name, session in list(self._sessions.items()):
            if session.due:
                self._sessions[name] = self._sessions.pop(name)  # to the end of the queue
                try:
                    session.advance()
                except Refusal as refusal:
                    session.fail(str(refusal))
                except Exception as error:  # noqa: BLE001 (out of memory, say: this drag ends, the others go on)
                    self._survive(error)
                    session.fail(failed(error))
                return
        if self._strips:
            self._paint()

    def _paint(self) -> None:
        try:
            self._load(self._strips.entries[0])
            self._strips.turn()
        except Refusal as refusal:
            self._strips.fail(str(refusal))
        except Exception as error:  # noqa: BLE001 (as for a request: these thumbnails' alone)
            self._survive(error)
            self._strips.fail(f"the worker could not draw the thumbnails ({failed(error)}); its log has the details")
        self._spare()

    def _one(self, request: Request) -> None:
        match request:
            case OpenSeed() | OpenState() | OpenPixels():
                self._open(request)
                return
            case AskThumbnails(request=number, model=model, label=label):
                self._strips.add(Strip(self._registry.find(model), label), number)
                return
            case Hello() | ListModels() | AskStatus() | Ping():
                raise Refusal(f"{type(request).__name__} is the gateway's to answer")
        session = self._find(request.session)
        match request:
            case SetPoints() | MoveTargets() | SetMask() | SetParameters() | SetFrame():
                session.seq = request.seq
                session.take(request)
                return
            case Credit(amount=amount):
                session.allow(amount)
                return
        self._apply(session)
        match request:
            case Attach():
                session.forget_credit()
                self._emit(session.opened())
            case Run(hold=hold):
                session.seq = request.seq
                session.begin(hold)
            case Stop():
                session.seq = request.seq
                self._stop(session)
            case Seek(step=step):
                session.seq = request.seq
                session.seek(step)
                self._emit(Sought(session.name, session.drag.step_index, session.drag.history_length))
            case Render(request=number, step=step):
                image, shown = session.drag.render(step), session.drag.step_index if step is None else step
                self._emit(Rendered(number, session.name, shown, image))
            case ExportState(request=number):
                state = session.drag.export()
                self._emit(State(number, session.name, session.drag.step_index, state))
            case Close():
                self._stop(session)  # so that the drag that ran is told its end
                del self._sessions[session.name]
                self._emit(SessionClosed(session.name, "the session was closed"))
                self._spare()

    def _open(self, request: OpenSeed | OpenState | OpenPixels) -> None:
        match request:
            case OpenPixels():
                raise Refusal(
                    "a session cannot begin with a layer's pixels yet: finding their place in the model (inversion) is"
                    " not built. Open a seed of the model, or a state that was saved before, and drag that"
                )
            case OpenSeed():
                entry = self._registry.find(request.model)
                if entry.labels and request.label is None:
                    raise Refusal(
                        f"the model {entry.name!r} draws {len(entry.labels)} kinds of pictures, so it needs a label;"
                        f" choose one of {label_words(entry.labels)}"
                    )
                self._load(entry)
                drag = self._engine.from_seed(entry, request.seed, request.label, request.truncation)
            case OpenState():
                entry = self._registry.of_weights(self._engine.model_of(request.state))
                self._load(entry)
                drag = self._engine.from_state(entry, request.state)
        session = WorkerSession(request.session, entry, self._engine, drag, request.frame, self._emit, self._clock)
        opened = session.opened()
        self._sessions[session.name] = session
        self._emit(opened)

    def _load(self, entry: Entry) -> None:
        if entry.sha256 not in self._loaded:
            reading = _Reading(entry, self._emit)
            try:
                self._engine.load(entry, reading)
            except Exception:
                reading.end(Load.COLD)
                raise
            reading.end(Load.READY)
        self._loaded[entry.sha256] = self._loaded.pop(entry.sha256, entry)
        self._spare()

    def _spare(self) -> None:
        """Unload models that no session uses, but for the last few."""
        used = {session.entry.sha256 for session in self._sessions.values()}
        used |= {entry.sha256 for entry in self._strips.entries}
        idle = [entry for entry in self._loaded.values() if entry.sha256 not in used]
        for entry in idle[:-SPARE_MODELS]:
            del self._loaded[entry.sha256]
            self._engine.unload(entry)
            self._emit(ModelLoading(entry.name, entry.sha256, Load.COLD, 0, _size(entry)))

    def _stop(self, session: WorkerSession) -> None:
        try:
            session.stop()
        except Exception as error:  # noqa: BLE001 (whatever happens, the drag has ended)
            self._survive(error)
            session.fail(failed(error))

    def _apply(self, session: WorkerSession) -> None:
        try:
            session.apply()
        except Exception as error:  # noqa: BLE001 (as for a request: this session's alone)
            self._survive(error)
            self._emit(
                Failed(f"the worker could not do this ({failed(error)}); its log has the details", session=session.name)
            )

    def _find(self, name: str) -> WorkerSession:
        session = self._sessions.get(name)
        if session is None:
            raise Refusal(f"the worker has no session {name}; open one first")
        return session

    def _survive(self, error: Exception) -> None:
        """Log it and go on; raise it again when the device is lost, so that a fresh process starts."""
        log.error("an error in a session", exc_info=error)
        if self._engine.fatal(error):
            raise error
        self._engine.relieve()

    def _fail(self, request: Request, sentence: str) -> None:
        number = getattr(request, "request", None)
        seq = request.seq if isinstance(request, Command) else None
        self._emit(Failed(sendable(sentence), number, getattr(request, "session", None), seq))


class _Reading:
    """Tells how far a model has been read, now and then."""

    def __init__(self, entry: Entry, emit: Callable[[Event], None]) -> None:
        self._entry, self._emit = entry, emit
        self._said, self._size = 0, _size(entry)
        self._tell(Load.LOADING, 0)

    def __call__(self, done: int, size: int) -> None:
        self._size = size
        if done >= size or done - self._said >= size / REPORTS:
            self._said = done
            self._tell(Load.LOADING, done)

    def end(self, load: Load) -> None:
        self._tell(load, self._size if load is Load.READY else 0)

    def _tell(self, load: Load, done: int) -> None:
        self._emit(ModelLoading(self._entry.name, self._entry.sha256, load, done, self._size))


def _size(entry: Entry) -> int:
    """Bytes of its weights; 0 where they are gone."""
    try:
        return (entry.folder / WEIGHTS).stat().st_size
    except OSError:
        return 0
