"""What GIMP knows of Draglayer: its procedures, their arguments, and what a run of each comes to."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")

from gi.repository import Gegl, Gimp, GLib, GObject  # noqa: E402 (after its version)

from draglayer_protocol.editor.document import Saved, Unreadable, load  # noqa: E402
from draglayer_protocol.editor.frame import box  # noqa: E402
from draglayer_protocol.editor.mask import Movable  # noqa: E402
from draglayer_protocol.editor.tool import Tool  # noqa: E402
from draglayer_protocol.editor.words import Words  # noqa: E402
from draglayer_protocol.messages import InvalidMessage, Parameters, Preset  # noqa: E402

from . import asking, host  # noqa: E402
from .asking import Refused  # noqa: E402
from .batch import Batch, Begin, Wish  # noqa: E402

DRAG, NEW = "draglayer-drag", "draglayer-new"
MENU = "<Image>/Filters/Draglayer"
READWRITE = GObject.ParamFlags.READWRITE
LARGEST_SEED = 2**31 - 1  # of GIMP's whole numbers
MOST_STEPS = 100_000
OPTIONS = ["movable", "whole", "max-steps", "preset"]  # arguments that the dialog shows as GIMP makes them
MODEL = "The model's name, as `draglayer models` lists it; empty: the first one"


class Draglayer(Gimp.PlugIn):  # type: ignore[misc]
    """Made by Gimp.main."""

    def do_set_i18n(self, _: str) -> bool:
        return False  # its texts are translated by the plug-in

    def do_query_procedures(self) -> list[str]:
        return [DRAG, NEW]

    def do_create_procedure(self, name: str) -> Any:
        return {DRAG: _drag_procedure, NEW: _new_procedure}[name](self)


def main(arguments: Sequence[str]) -> None:
    Gimp.main(Draglayer.__gtype__, list(arguments))


def _drag_procedure(plugin: Any) -> Any:
    procedure = Gimp.ImageProcedure.new(plugin, DRAG, Gimp.PDBProcType.PLUGIN, _run_drag, None)
    procedure.set_image_types("*")
    sensitive = Gimp.ProcedureSensitivityMask
    procedure.set_sensitivity_mask(sensitive.DRAWABLE | sensitive.DRAWABLES | sensitive.NO_DRAWABLES)
    procedure.set_menu_label("_Drag…")
    procedure.add_menu_path(MENU)
    procedure.set_documentation(
        "Drag points of a generated picture (DragGAN) into a new layer; the selection may move",
        "Takes hold of the picture at every handle and moves it until the handle lies on its target. The picture is a"
        " seed's of a model, or what a layer made by Draglayer carries. Needs the Draglayer daemon on this machine:"
        " `draglayer serve`.",
        DRAG,
    )
    procedure.set_attribution("The Draglayer authors", "Apache-2.0", "2026")
    add = procedure
    add.add_string_argument("points", "_Points", "JSON: [[handle x, handle y, target x, target y], …]", "", READWRITE)
    add.add_path_argument("path", "P_ath", "Every stroke is a pair: first anchor to last", True, READWRITE)
    add.add_string_argument("model", "_Model", MODEL, "", READWRITE)
    add.add_int_argument("seed", "_Seed", "-1: go on with what the layer carries", -1, LARGEST_SEED, -1, READWRITE)
    add.add_int_argument("label", "_Kind of picture", "-1: of a model without kinds", -1, 65535, -1, READWRITE)
    add.add_string_argument("state", "S_tate", "JSON of a Draglayer parasite, instead of a seed", "", READWRITE)
    choice = Gimp.Choice.new()
    for number, (movable, label) in enumerate(
        ((Movable.SELECTION, "The selection"), (Movable.INVERSE, "All but the selection"), (Movable.FRAME, "All"))
    ):
        choice.add(movable.value, number, label, "")
    add.add_choice_argument("movable", "What may mo_ve", "What may move", choice, Movable.SELECTION.value, READWRITE)
    add.add_boolean_argument("whole", "Show the _whole frame", "Not only what may move", False, READWRITE)
    add.add_string_argument("frame", "_Frame", "JSON: [x, y, width, height]; empty: fitted", "", READWRITE)
    add.add_int_argument("max-steps", "Ma_x steps", "0: as the preset says", 0, MOST_STEPS, 0, READWRITE)
    presets = Gimp.Choice.new()
    for number, preset in enumerate((Preset.DEFAULT, Preset.PAPER, Preset.REFERENCE)):
        presets.add(preset.value, number, preset.value, "")
    add.add_choice_argument("preset", "Pr_eset", "Preset", presets, Preset.DEFAULT.value, READWRITE)
    add.add_layer_return_value("layer", "Layer", "The result", True, READWRITE)
    add.add_int_return_value("steps", "Steps", "Steps of this drag", 0, GLib.MAXINT32, 0, READWRITE)
    add.add_double_return_value("distance", "Distance", "Left to go, in pixels", 0.0, 1e9, 0.0, READWRITE)
    add.add_string_return_value("sentence", "Sentence", "Why the drag ended", "", READWRITE)
    return procedure


def _new_procedure(plugin: Any) -> Any:
    procedure = Gimp.Procedure.new(plugin, NEW, Gimp.PDBProcType.PLUGIN, _run_new, None)
    procedure.set_menu_label("_New from Model…")
    procedure.add_menu_path(MENU)
    procedure.set_documentation(
        "A generated picture of a model in a new layer or image, to be dragged with Draglayer",
        "Needs the Draglayer daemon on this machine: `draglayer serve`.",
        NEW,
    )
    procedure.set_attribution("The Draglayer authors", "Apache-2.0", "2026")
    mode = Gimp.RunMode.NONINTERACTIVE
    procedure.add_enum_argument("run-mode", "Run mode", "The run mode", Gimp.RunMode, mode, READWRITE)
    procedure.add_image_argument("image", "_Image", "Where the layer comes into; none: a new one", True, READWRITE)
    procedure.add_string_argument("model", "_Model", MODEL, "", READWRITE)
    procedure.add_int_argument("seed", "_Seed", "Which picture of the model", 0, LARGEST_SEED, 0, READWRITE)
    procedure.add_int_argument("label", "_Kind of picture", "-1: of a model without kinds", -1, 65535, -1, READWRITE)
    procedure.add_image_return_value("new-image", "Image", "Where the picture is", True, READWRITE)
    procedure.add_layer_return_value("layer", "Layer", "The picture", True, READWRITE)
    return procedure


def _run_drag(procedure: Any, mode: Any, image: Any, drawables: Any, config: Any, _: Any) -> Any:
    words = Words(language())
    if mode == Gimp.RunMode.INTERACTIVE:
        return _dialog(procedure, image, drawables, config, words)

    def act(batch: Batch) -> list[Any]:
        source = _source(image, drawables, words)
        canvas = host.GimpCanvas(image, source, words)
        wish = _wish(config, words)
        begin = _begin(canvas, source, config, words)
        outcome = batch.drag(canvas, begin, wish)
        return [canvas.layer(outcome.layer), outcome.steps, outcome.distance, outcome.sentence]

    return _answered(procedure, words, act)


def _dialog(procedure: Any, image: Any, drawables: Any, config: Any, words: Words) -> Any:
    """The window, until it is closed. GTK is loaded here: a batch needs no display."""
    gi.require_version("GimpUi", "3.0")
    from gi.repository import GimpUi

    from .panel import Panel
    from .workshop import Workshop

    Gegl.init(None)
    GimpUi.init("draglayer")
    try:
        source = _source(image, drawables, words)
    except Refused as error:
        return _failed(procedure, error.sentence)
    canvas = host.GimpCanvas(image, source, words)
    begin, note = None, ""
    try:
        saved = None if source is None else canvas.saved(source)
        begin = None if saved is None else _again(canvas, source, saved)
    except Unreadable as error:
        note = error.sentence
    panels: list[Any] = []  # the workshop comes first

    def changed() -> None:
        for panel in panels:
            panel.refresh()

    workshop = Workshop(canvas, begin, words, changed)
    workshop.tool.note = note
    dialog = GimpUi.ProcedureDialog.new(procedure, config, "Draglayer")
    options = dialog.fill_box("draglayer-options", OPTIONS)
    options.set_orientation(1)  # Gtk.Orientation.VERTICAL
    panels.append(Panel(workshop, options))
    dialog.get_content_area().pack_start(panels[0].widget, True, True, 0)
    dialog.set_ok_label(words("_Close"))
    for place in panels[0].widget, options:
        place.show_all()

    cancel = dialog.get_widget_for_response(-6)  # Gtk.ResponseType.CANCEL: closing it loses nothing, so one is enough
    if cancel is not None:
        cancel.set_no_show_all(True)
        cancel.hide()
    for name in OPTIONS:
        config.connect(f"notify::{name}", lambda *_: _apply(workshop.tool, config))
    _apply(workshop.tool, config)
    panels[0].refresh()
    dialog.connect("key-press-event", panels[0].key)
    dialog.run()
    dialog.hide()  # what is under way ends without it
    panels.clear()
    result = workshop.finish()
    dialog.destroy()
    answer = procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, None)
    layer = None if result is None else canvas.layer(result)
    if layer is not None:
        _put(answer, 1, layer)
    return answer


def _apply(tool: Tool, config: Any) -> None:
    """What the dialog's own widgets say."""
    most = config.get_property("max-steps")
    tool.set_movable(Movable(config.get_property("movable")))
    tool.show_whole(config.get_property("whole"))
    preset = Preset(config.get_property("preset"))
    tool.set_parameters(replace(tool.parameters, preset=preset, max_steps=most or None))


def _run_new(procedure: Any, config: Any, _: Any) -> Any:
    words = Words(language())
    seen = config.get_property("run-mode") == Gimp.RunMode.INTERACTIVE
    if seen and not _asked(procedure, config):
        return procedure.new_return_values(Gimp.PDBStatusType.CANCEL, None)

    def act(batch: Batch) -> list[Any]:
        begin = Begin(_text(config, "model"), config.get_property("seed"), _label(config))
        model, image = batch.model(begin.model), config.get_property("image")
        made = image is None
        if made:
            image = Gimp.Image.new(model.width, model.height, Gimp.ImageBaseType.RGB)
        try:
            source = None if made else _top(image)
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


def _asked(procedure: Any, config: Any) -> bool:
    """Which picture; whether it is wanted."""
    gi.require_version("GimpUi", "3.0")
    from gi.repository import GimpUi

    GimpUi.init("draglayer")
    dialog = GimpUi.ProcedureDialog.new(procedure, config, "Draglayer")
    dialog.fill(["model", "seed", "label"])
    wanted = bool(dialog.run())
    dialog.destroy()
    return wanted


def _answered(procedure: Any, words: Words, act: Callable[[Batch], list[Any]]) -> Any:
    """What GIMP is told in the end; everything that can go wrong is a sentence of its message."""
    Gegl.init(None)
    Gimp.progress_init("Draglayer")
    batch = Batch(words, _progress)
    try:
        batch.connect()
        values = act(batch)
    except Refused as error:
        return _failed(procedure, error.sentence)
    except Unreadable as error:
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
        return _top(image)
    (drawable,) = drawables
    if isinstance(drawable, Gimp.LayerMask):
        return Gimp.Layer.from_mask(drawable)
    if not isinstance(drawable, Gimp.Layer):
        raise Refused(words("A channel is active; select the layer that the result shall come above."))
    return drawable


def _top(image: Any) -> Any:
    layers = image.get_layers()
    return layers[0] if layers else None


def _begin(canvas: host.GimpCanvas, source: Any, config: Any, words: Words) -> Begin:
    """Raises Refused, Unreadable."""
    seed, text = config.get_property("seed"), _text(config, "state")
    title = "" if source is None else source.get_name()
    if text:
        return Begin(saved=load(text.encode("utf-8", "replace"), words), title=title)
    if seed >= 0:
        return Begin(_text(config, "model"), seed, _label(config), title=title)
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
    return Begin(
        saved=saved, layer=host.layer_name(source), inside=canvas.opaque(source, box(saved.frame)), title=title
    )


def _wish(config: Any, words: Words) -> Wish:
    """Raises Refused, InvalidMessage."""
    text, path = _text(config, "points"), config.get_property("path")
    pairs = asking.pairs(text, words) if text.strip() else []
    if path is not None:
        pairs += host.pairs_of(path)
        if not pairs:
            raise Refused(words("The path has no stroke with two anchors; draw one from each handle to its target."))
    most = config.get_property("max-steps")
    parameters = Parameters(Preset(config.get_property("preset")))
    return Wish(
        pairs=tuple(pairs),
        frame=asking.frame(_text(config, "frame"), words),
        movable=Movable(config.get_property("movable")),
        whole=config.get_property("whole"),
        parameters=replace(parameters, max_steps=most) if most else parameters,
    )


def _text(config: Any, name: str) -> str:
    return config.get_property(name) or ""  # an empty one comes as None


def _label(config: Any) -> int | None:
    label = config.get_property("label")
    return None if label < 0 else int(label)


def language() -> str:
    """As GIMP's own texts are."""
    names = [os.environ.get(name, "") for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")]
    return next((name.split(":")[0] for name in names if name), "en")
