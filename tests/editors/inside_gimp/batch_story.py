"""Runs inside gimp-console: a whole story by procedures, told as JSON in /draglayer/told.json."""

import hashlib
import json
import os
from pathlib import Path

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
from gi.repository import Gegl, Gimp, Gio  # noqa: E402 (after their versions)

FOLDER = "/draglayer"
TOLD = {}
PDB = Gimp.get_pdb()


def call(name, **arguments):
    """Status' name, the values, and GIMP's own sentence of what went wrong."""
    procedure = PDB.lookup_procedure(name)
    config = procedure.create_config()
    for key, value in arguments.items():
        if key == "drawables":
            config.set_core_object_array(key, value)
        else:
            config.set_property(key.replace("_", "-"), value)
    result = procedure.run(config)
    status = result.index(0)
    values = [result.index(n) for n in range(1, result.length())]
    return status.value_nick, values, "" if status == Gimp.PDBStatusType.SUCCESS else PDB.get_last_error()


def drag(image, drawables, **arguments):
    return call("draglayer-drag", image=image, drawables=drawables, **arguments)


def pixels(layer, kind="R'G'B'A u8"):
    area = Gegl.Rectangle.new(0, 0, layer.get_width(), layer.get_height())
    return bytes(layer.get_buffer().get(area, 1.0, kind, Gegl.AbyssPolicy.NONE))


def digest(layer):
    return hashlib.sha256(pixels(layer)).hexdigest()


def named(layers):
    return [[layer.get_name(), [layer.get_offsets()[1], layer.get_offsets()[2]]] for layer in layers]


def opaque(layer):
    """Bounding box, in the image, of the layer's pixels that are not transparent, and how many there are."""
    alpha, width = pixels(layer)[3::4], layer.get_width()
    _, left, top = layer.get_offsets()
    seen = [n for n, value in enumerate(alpha) if value]
    columns, rows = [n % width for n in seen], [n // width for n in seen]
    return [left + min(columns), top + min(rows), left + max(columns), top + max(rows), len(seen)]


def changed(result, source):
    """Where a result layer shows something else than the layer below it: how many opaque pixels, how many not."""
    shown, below = pixels(result), pixels(source)
    alpha = shown[3::4]
    differing = [n for n in range(len(alpha)) if alpha[n] and shown[4 * n : 4 * n + 3] != below[4 * n : 4 * n + 3]]
    return len(differing)


def background(image, kind=Gimp.ImageType.RGB_IMAGE):
    layer = Gimp.Layer.new(
        image, "Background", image.get_width(), image.get_height(), kind, 100.0, Gimp.LayerMode.NORMAL
    )
    image.insert_layer(layer, None, 0)
    layer.fill(Gimp.FillType.WHITE)
    return layer


def the_story():
    image = Gimp.Image.new(320, 300, Gimp.ImageBaseType.RGB)
    paper = background(image)
    status, (_, seed), _ = call("draglayer-new", image=image, model="", seed=7)
    TOLD["new"] = [status, named(image.get_layers())]
    before = digest(seed)
    image.select_ellipse(Gimp.ChannelOps.REPLACE, 70, 60, 150, 150)
    path = Gimp.Path.new(image, "pull")
    image.insert_path(path, None, 0)
    for x, y, to_x, to_y in ((130.5, 130.5, 146.5, 130.5), (180.5, 130.5, 180.5, 140.5)):
        stroke = path.bezier_stroke_new_moveto(x, y)
        path.bezier_stroke_lineto(stroke, to_x, to_y)
    status, (layer, steps, distance, sentence), why = drag(image, [seed], path=path, max_steps=6)
    TOLD["drag"] = [status, why, steps, distance, sentence]
    TOLD["layers"] = named(image.get_layers())
    TOLD["opaque"] = opaque(layer)
    TOLD["changed"] = changed(layer, seed)
    TOLD["untouched"] = digest(seed) == before and not any(255 - value for value in pixels(paper))
    TOLD["parasites"] = [len(image.get_parasite_list()), layer.get_parasite_list(), seed.get_parasite_list()]
    own = json.loads(bytes(layer.get_parasite("draglayer").get_data()))
    TOLD["state"] = [own["step"], [point["handle"] for point in own["points"]], len(own["state"])]
    picture = Gio.File.new_for_path(f"{FOLDER}/story.xcf")
    assert Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, picture, None)
    Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path(f"{FOLDER}/story.png"), None)
    shown = digest(layer)
    image.delete()
    again = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, picture)
    result, seed = again.get_layers()[:2]
    status, (layer, steps, further, _), why = drag(again, [result], max_steps=4)
    own = json.loads(bytes(layer.get_parasite("draglayer").get_data()))
    TOLD["continued"] = [status, why, steps, own["step"], layer.get_id() == result.get_id(), further < distance]
    TOLD["continued pixels"] = [digest(layer) != shown, digest(seed) == before, opaque(layer)]
    copied = result.copy()
    again.insert_layer(copied, None, 0)
    kept = digest(result)
    status, (layer, *_), why = drag(again, [copied], max_steps=1)
    other = json.loads(bytes(layer.get_parasite("draglayer").get_data()))
    TOLD["copy"] = [status, why, layer.get_id() == copied.get_id(), digest(result) == kept, other["id"] != own["id"]]
    Gegl.Buffer.set(layer.get_buffer(), Gegl.Rectangle.new(80, 80, 2, 2), "R'G'B'A u8", bytes([255, 0, 0, 255] * 4))
    painted = digest(layer)
    status, (fresh, _, _, sentence), why = drag(again, [layer], max_steps=1)
    TOLD["painted"] = [status, why, fresh.get_id() != layer.get_id(), digest(layer) == painted, sentence]
    again.delete()


def other_kinds():
    """A drag of two steps in images of other precisions and colours, below a layer with offsets."""
    base, kind = Gimp.ImageBaseType, Gimp.ImageType
    for name, colours, of_layer, precision in (
        ("rgb 16 linear", base.RGB, kind.RGB_IMAGE, Gimp.Precision.U16_LINEAR),
        ("rgb float", base.RGB, kind.RGB_IMAGE, Gimp.Precision.FLOAT_LINEAR),
        ("gray 8", base.GRAY, kind.GRAY_IMAGE, Gimp.Precision.U8_NON_LINEAR),
        ("gray 16 linear", base.GRAY, kind.GRAY_IMAGE, Gimp.Precision.U16_LINEAR),
        ("plain", base.RGB, kind.RGB_IMAGE, Gimp.Precision.U8_NON_LINEAR),
    ):
        image = Gimp.Image.new_with_precision(400, 380, colours, precision)
        paper = background(image, of_layer)
        paper.scale(256, 256, False)
        paper.set_offsets(100, 90)
        status, (layer, *_), why = drag(image, [paper], seed=7, points="[[220, 200, 230, 200]]", max_steps=2)
        luminance = pixels(layer, "Y' u8")
        TOLD[name] = [
            status,
            why,
            named([layer])[0][1],
            [layer.get_width(), layer.get_height()],
            list(luminance[::997]),
        ]
        image.delete()
    image = Gimp.Image.new(300, 300, base.RGB)
    paper = background(image)
    image.convert_indexed(Gimp.ConvertDitherType.NONE, Gimp.ConvertPaletteType.MONO, 2, False, False, "")
    TOLD["indexed"] = drag(image, [paper], seed=7, points="[[120, 120, 130, 120]]")[::2]
    image.delete()


def mistakes():
    image = Gimp.Image.new(256, 256, Gimp.ImageBaseType.RGB)
    empty = drag(image, [], seed=7, points="[[120, 120, 130, 120]]", max_steps=1)
    TOLD["no layer at all"] = [empty[0], empty[2], len(image.get_layers())]
    paper = background(image)
    other = background(image)
    good = "[[120, 120, 130, 120]]"
    many = json.dumps([[n / 1000, 5, 9, 9] for n in range(100_000)])
    mask = other.create_mask(Gimp.AddMaskType.WHITE)
    other.add_mask(mask)
    channel = Gimp.Channel.new(image, "channel", 256, 256, 100.0, Gegl.Color.new("red"))
    image.insert_channel(channel, None, 0)
    count = len(image.get_layers())
    for name, drawables, arguments in (
        ("several", [paper, other], {"seed": 7, "points": good}),
        ("channel", [channel], {"seed": 7, "points": good}),
        ("not ours", [paper], {"points": good}),
        ("malformed", [paper], {"seed": 7, "points": "[[1, 2"}),
        ("nan", [paper], {"seed": 7, "points": "[[1, 2, NaN, 4]]"}),
        ("huge", [paper], {"seed": 7, "points": "[[1, 2, 1e300, 4]]"}),
        ("three", [paper], {"seed": 7, "points": "[[1, 2, 3]]"}),
        ("nested", [paper], {"seed": 7, "points": "[" * 200_000}),
        ("many", [paper], {"seed": 7, "points": many}),
        ("none", [paper], {"seed": 7, "points": ""}),
        ("outside", [paper], {"seed": 7, "points": "[[1000, 5, 9, 9]]"}),
        ("frame", [paper], {"seed": 7, "points": good, "frame": "[0, 0, 0, 10]"}),
        ("model", [paper], {"seed": 7, "points": good, "model": "no such"}),
        ("no state", [paper], {"points": good, "state": "{}"}),
    ):
        status, _, why = drag(image, drawables, **arguments)
        TOLD[name] = [status, why]
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 20, 20)
    status, _, why = drag(image, [paper], seed=7, points="[[120, 120, 130, 120]]", frame="[100, 100, 128, 128]")
    TOLD["selection beside"] = [status, why]
    TOLD["image intact"] = len(image.get_layers()) == count
    Gimp.Selection.none(image)
    status, (*_, sentence), _ = drag(image, [mask], seed=7, points=good, max_steps=1)
    TOLD["mask"] = [status, sentence]
    group = Gimp.GroupLayer.new(image, "group")
    image.insert_layer(group, None, 0)
    status, (layer, *_, sentence), _ = drag(image, [group], seed=7, points=good, max_steps=1)
    TOLD["group"] = [status, sentence, image.get_item_position(layer), image.get_item_position(group)]


for part in os.environ["DRAGLAYER_PARTS"].split():
    {"story": the_story, "kinds": other_kinds, "mistakes": mistakes}[part]()
Path(f"{FOLDER}/told.json").write_text(json.dumps(TOLD, indent=1))
