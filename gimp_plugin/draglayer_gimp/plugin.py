"""GIMP's procedures, translated: declared, called, answered. With host.py the only file that knows GIMP's API."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")

from gi.repository import Gegl, Gimp, GLib, GObject  # noqa: E402 (after its version)

from draglayer_protocol.editor.document import Saved, Unreadable, load  # noqa: E402
from draglayer_protocol.editor.words import Words  # noqa: E402
from draglayer_protocol.messages import InvalidMessage  # noqa: E402

from . import asking, host, settings  # noqa: E402
from .batch import Batch, Begin  # noqa: E402
from .procedures import DECLARED, DRAG, MENU, NEW, SETTINGS, Declared, Kind, Value  # noqa: E402
from .refusing import Refused  # noqa: E402

READWRITE = GObject.ParamFlags.READWRITE
INTERACTIVE = Gimp.RunMode.INTERACTIVE


class Draglayer(Gimp.PlugIn):  # type: ignore[misc]
    """Made by Gimp.main."""

    def do_set_i18n(self, _: str) -> bool:
        return False  # its texts are translated by the plug-in

    def do_query_procedures(self) -> list[str]:
        return [declared.name for declared in DECLARED]

    def do_create_procedure(self, name: str) -> Any:
        (declared,) = (declared for declared in DECLARED if declared.name == name)
        return _declared(self, declared, Words(settings.language()))


def main(arguments: Sequence[str]) -> None:
    Gimp.main(Draglayer.__gtype__, list(arguments))


def _declared(plugin: Any, declared: Declared, words: Words) -> Any:
    """What GIMP calls a procedure."""
    kind = Gimp.ImageProcedure if declared.on_image else Gimp.Procedure
    run = {DRAG: _run_drag, NEW: _run_new, SETTINGS: _run_settings}[declared.name]
    procedure = kind.new(plugin, declared.name, Gimp.PDBProcType.PLUGIN, run, None)
    if declared.on_image:
        procedure.set_image_types("*")
        sensitive = Gimp.ProcedureSensitivityMask
        procedure.set_sensitivity_mask(sensitive.DRAWABLE | sensitive.DRAWABLES | sensitive.NO_DRAWABLES)
    else:
        mode = Gimp.RunMode.NONINTERACTIVE
        procedure.add_enum_argument("run-mode", "Run mode", "The run mode", Gimp.RunMode, mode, READWRITE)
    procedure.set_menu_label(words(declared.menu))
    procedure.add_menu_path(MENU)
    procedure.set_documentation(words(declared.blurb), words(declared.help), declared.name)
    procedure.set_attribution("The Draglayer authors", "Apache-2.0", "2026")
    for end, values in (("argument", declared.arguments), ("return_value", declared.values)):
        for value in values:
            add = getattr(procedure, f"add_{value.kind.value}_{end}")
            add(value.name, words(value.label), words(value.blurb), *_range(value, words), READWRITE)
    return procedure


def _range(value: Value, words: Words) -> list[Any]:
    """What GIMP wants between the blurb and the flags."""
    number: Callable[[float], Any] | None = {Kind.INT: int, Kind.DOUBLE: float}.get(value.kind)
    if number is not None:
        return [number(value.low), number(value.high), number(float(value.default))]
    if value.kind in (Kind.IMAGE, Kind.LAYER, Kind.PATH):
        return [True]  # there may be none
    if value.kind is not Kind.CHOICE:
        return [value.default]
    choice = Gimp.Choice.new()
    for place, (name, label) in enumerate(value.choices):
        choice.add(name, place, words(label), "")
    return [choice, value.default]


def _run_drag(procedure: Any, mode: Any, image: Any, drawables: Any, config: Any, _: Any) -> Any:
    words = Words(settings.language())
    if mode == INTERACTIVE:
        return _drag_dialog(procedure, image, drawables, config, words)

    def act(batch: Batch) -> list[Any]:
        source = _source(image, drawables, words)
        canvas = host.GimpCanvas(image, source, words)
        path = config.get_property("path")
        pairs = None if path is None else host.pairs_of(path)
        wish = asking.wish(config.get_property, pairs, _settings(), words)
        outcome = batch.drag(canvas, _begin(canvas, source, config, words), wish)
        sentence = " ".join(part for part in (_above(drawables, words), outcome.sentence) if part)
        return [canvas.layer(outcome.layer), outcome.steps, outcome.distance, sentence]

    return _answered(procedure, words, act)


def _drag_dialog(procedure: Any, image: Any, drawables: Any, config: Any, words: Words) -> Any:
    """The window, until it is closed."""
    Gegl.init(None)
    dialog = _dialog(procedure, config)
    from .dialog import drag

    try:
        source = _source(image, drawables, words)
    except Refused as error:
        return _failed(procedure, error.sentence)
    canvas = host.GimpCanvas(image, source, words)
    begin, note = None, _above(drawables, words)
    try:
        saved = None if source is None else canvas.saved(source)
        begin = None if saved is None else _again(canvas, source, saved)
    except Unreadable as error:
        note = error.sentence
    result = drag(dialog, _fields(dialog), config, canvas, begin, note, _settings(), words)
    answer = procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, None)
    layer = None if result is None else canvas.layer(result)
    if layer is not None:
        _put(answer, 1, layer)
    return answer


def _run_new(procedure: Any, config: Any, _: Any) -> Any:
    words = Words(settings.language())
    seen = config.get_property("run-mode") == INTERACTIVE
    if seen:
        dialog = _dialog(procedure, config)
        from .dialog import new

        if not new(dialog, config, words):
            return procedure.new_return_values(Gimp.PDBStatusType.CANCEL, None)

    def act(batch: Batch) -> list[Any]:
        begin = asking.begin(config.get_property)
        model, image = batch.model(begin.model), config.get_property("image")
        made = image is None
        if made:
            image = Gimp.Image.new(model.width, model.height, Gimp.ImageBaseType.RGB)
        try:
            source = next(iter(image.get_layers()), None)
            canvas = host.GimpCanvas(image, source, words)
            layer = canvas.layer(batch.make(canvas, begin).layer)
            if seen and made:
                Gimp.Display.new(image)
            return [image, layer]
        except BaseException:
            if made:
                image.delete()
            raise

    return _answered(procedure, words, act)


def _run_settings(procedure: Any, config: Any, _: Any) -> Any:
    """Shown, or set by a script; kept by GIMP itself, in its parasiterc."""
    if config.get_property("run-mode") == INTERACTIVE:
        dialog = _dialog(procedure, config)
        from .dialog import connection

        kept = _settings()
        config.set_property("whole", kept.whole)
        config.set_property("rate", kept.rate)
        if not connection(dialog, _fields(dialog), Words(settings.language())):
            return procedure.new_return_values(Gimp.PDBStatusType.CANCEL, None)
    wanted = settings.Settings(config.get_property("whole"), config.get_property("rate"))
    text = wanted.text().encode("ascii")
    Gimp.attach_parasite(Gimp.Parasite.new(settings.PARASITE, Gimp.PARASITE_PERSISTENT, text))
    return procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, None)


def _settings() -> settings.Settings:
    kept = Gimp.get_parasite(settings.PARASITE)
    return settings.Settings() if kept is None else settings.read(bytes(kept.get_data()).decode("ascii", "replace"))


def _dialog(procedure: Any, config: Any) -> Any:
    """GIMP's own, with its last values, reset and presets. GTK is loaded here: a batch needs no display."""
    gi.require_version("GimpUi", "3.0")
    from gi.repository import GimpUi

    GimpUi.init("draglayer")
    dialog = GimpUi.ProcedureDialog.new(procedure, config, "Draglayer")
    for value in (value for declared in DECLARED for value in declared.arguments if value.digits):
        if config.find_property(value.name) is not None:
            spin = dialog.get_widget(value.name, GimpUi.LabelSpin.__gtype__)
            spin.set_digits(value.digits)
            spin.set_increments(value.step, 10 * value.step)
    return dialog


def _fields(dialog: Any) -> Callable[[str, Sequence[str]], Any]:
    """A box with what GIMP makes of some of the procedure's arguments."""

    def fields(name: str, arguments: Sequence[str]) -> Any:
        found = dialog.fill_box(name, list(arguments))
        found.set_orientation(1)  # Gtk.Orientation.VERTICAL
        return found

    return fields


def _answered(procedure: Any, words: Words, act: Callable[[Batch], list[Any]]) -> Any:
    """What GIMP is told in the end; everything that can go wrong is a sentence of its message."""
    Gegl.init(None)
    Gimp.progress_init("Draglayer")
    batch = Batch(words, _progress)
    try:
        batch.connect()
        values = act(batch)
    except (Refused, Unreadable) as error:
        return _failed(procedure, error.sentence)
    except InvalidMessage as error:
        return _failed(procedure, str(error))
    except Exception as error:  # noqa: BLE001 (the boundary: GIMP would show a traceback and no sentence)
        traceback.print_exc()
        return _failed(procedure, words("Draglayer made a mistake ({what}); the image is as it was.", what=repr(error)))
    finally:
        batch.close()
        Gimp.progress_end()
    answer = procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, None)
    for place, value in enumerate(values, 1):
        _put(answer, place, value)
    return answer


def _failed(procedure: Any, sentence: str) -> Any:
    error = GLib.Error.new_literal(Gimp.PlugIn.error_quark(), sentence, 0)
    return procedure.new_return_values(Gimp.PDBStatusType.EXECUTION_ERROR, error)


def _put(answer: Any, place: int, value: Any) -> None:
    """A Python float or int does not say which of GIMP's kinds it is; the place that it goes to does."""
    typed = answer.index(place)
    if isinstance(typed, GObject.Value):
        typed.set_value(value)
        return
    kind = {int: GObject.TYPE_INT, float: GObject.TYPE_DOUBLE, str: GObject.TYPE_STRING}.get(type(value))
    wrapped = GObject.Value(type(value).__gtype__ if kind is None else kind, value)
    answer.remove(place)
    answer.insert(place, wrapped)


def _progress(sentence: str, part: float) -> None:
    Gimp.progress_set_text(sentence or "Draglayer")
    Gimp.progress_update(part)


def _source(image: Any, drawables: Sequence[Any], words: Words) -> Any:
    """The layer that the result comes above; None in an image without layers. Raises Refused."""
    if image.get_base_type() == Gimp.ImageBaseType.INDEXED:
        raise Refused(host.refusal(words))
    if len(drawables) > 1:
        raise Refused(words("Several layers are selected; select the one that the result shall come above."))
    if not drawables:
        return next(iter(image.get_layers()), None)
    (drawable,) = drawables
    if isinstance(drawable, Gimp.LayerMask):
        return Gimp.Layer.from_mask(drawable)
    if not isinstance(drawable, Gimp.Layer):
        raise Refused(words("A channel is active; select the layer that the result shall come above."))
    return drawable


def _above(drawables: Sequence[Any], words: Words) -> str:
    """Where the result comes, if what is active is no plain layer."""
    if any(isinstance(drawable, Gimp.LayerMask) for drawable in drawables):
        return words("A layer mask is active: the result comes above its layer, and both stay as they are.")
    if any(isinstance(drawable, Gimp.Layer) and drawable.is_group() for drawable in drawables):
        return words("A layer group is active: the result comes above it, and the layers in it stay as they are.")
    return ""


def _begin(canvas: host.GimpCanvas, source: Any, config: Any, words: Words) -> Begin:
    """Raises Refused, Unreadable."""
    asked = asking.begin(config.get_property)
    text, title = config.get_property("state"), "" if source is None else source.get_name()
    if text:
        return Begin(saved=load(text.encode("utf-8", "replace"), words), title=title)
    if asked.seed >= 0:
        return Begin(asked.model, asked.seed, asked.label, title=title)
    saved = None if source is None else canvas.saved(source)
    if saved is None:
        raise Refused(
            words("This layer was not made by Draglayer, so there is no picture to go on with; give a seed of a model.")
        )
    return _again(canvas, source, saved)


def _again(canvas: host.GimpCanvas, source: Any, saved: Saved) -> Begin:
    """What a layer carries, taken up again."""
    title = source.get_name()
    if saved.step == 0:  # as it came from the model: it stays, and what is dragged out of it lies above
        return Begin(saved=saved, title=title)
    name = host.layer_name(source)
    return Begin(saved=saved, layer=name, opacity=partial(canvas.opacity, name), title=title)
