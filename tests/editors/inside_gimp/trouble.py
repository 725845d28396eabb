"""Runs inside gimp-console: what an image, a layer or a file can have that is unusual, told as JSON."""

import json
import os
import traceback
from pathlib import Path

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
from gi.repository import Gegl, Gimp, Gio  # noqa: E402 (after their versions)

FOLDER = "/draglayer"
TOLD = {}
PDB = Gimp.get_pdb()
KIND = "draglayer"


def drag(image, drawables, **arguments):
    """Status, values, GIMP's sentence, and whether no other layer changed."""
    before = {layer.get_id(): pixels(layer) for layer in flat(image) if layer not in drawables or "seed" in arguments}
    procedure = PDB.lookup_procedure("draglayer-drag")
    config = procedure.create_config()
    config.set_property("image", image)
    config.set_core_object_array("drawables", drawables)
    for key, value in arguments.items():
        config.set_property(key.replace("_", "-"), value)
    result = procedure.run(config)
    values = [result.index(n) for n in range(1, result.length())]
    status = result.index(0)
    said = "" if status == Gimp.PDBStatusType.SUCCESS else PDB.get_last_error()
    same = all(pixels(layer) == before[layer.get_id()] for layer in flat(image) if layer.get_id() in before)
    return status.value_nick, values, said, same


def flat(image):
    return [layer for layer in image.get_layers() if not isinstance(layer, Gimp.GroupLayer)]


def pixels(layer, kind="R'G'B'A u8"):
    area = Gegl.Rectangle.new(0, 0, layer.get_width(), layer.get_height())
    return bytes(layer.get_buffer().get(area, 1.0, kind, Gegl.AbyssPolicy.NONE))


def white(width, height, kind=Gimp.ImageBaseType.RGB, precision=Gimp.Precision.U8_NON_LINEAR):
    image = Gimp.Image.new_with_precision(width, height, kind, precision)
    of_layer = Gimp.ImageType.RGB_IMAGE if kind == Gimp.ImageBaseType.RGB else Gimp.ImageType.GRAY_IMAGE
    paper = Gimp.Layer.new(image, "Background", width, height, of_layer, 100.0, Gimp.LayerMode.NORMAL)
    image.insert_layer(paper, None, 0)
    paper.fill(Gimp.FillType.WHITE)
    return image, paper


def told(name, outcome, image=None):
    status, values, said, same = outcome
    layer = values[0] if status == "success" else None
    where = None
    if layer is not None:
        _, x, y = layer.get_offsets()
        where = [x, y, layer.get_width(), layer.get_height()]
    TOLD[name] = {"status": status, "said": said, "same": same, "where": where}
    if image is not None:
        TOLD[name]["layers"] = len(image.get_layers())
    return layer


def middle(layer):
    """A pair in the middle of a layer."""
    x, y = layer.get_width() // 2, layer.get_height() // 2
    return json.dumps([[x, y, x + 4, y]])


GOOD = "[[120, 120, 130, 120]]"


def canvases():
    for name, (width, height), arguments in (
        ("wide", (16384, 1024), {"points": "[[8000, 500, 8060, 500]]"}),
        ("one pixel", (1, 1), {"points": "[[0, 0, 0.5, 0]]"}),
        ("tall", (40, 3000), {"points": "[[20, 1500, 24, 1500]]"}),
    ):
        image, paper = white(width, height)
        told(name, drag(image, [paper], seed=7, max_steps=2, **arguments), image)
        image.delete()
    image, paper = white(300, 300)
    paper.set_offsets(-100, 60)  # what is left of it in the image: 200 x 240
    told("partly outside", drag(image, [paper], seed=7, points=GOOD, max_steps=2), image)
    image.delete()
    image, paper = white(300, 300)
    paper.set_offsets(-400, -400)
    told("wholly outside", drag(image, [paper], seed=7, points=GOOD, max_steps=2), image)
    image.delete()
    image, paper = white(300, 300)
    told(
        "frame partly outside",
        drag(image, [paper], seed=7, points=GOOD, frame="[-60, -70, 256, 256]", max_steps=2),
        image,
    )
    told("infinity", drag(image, [paper], seed=7, points="[[1, 2, -Infinity, 4]]"), image)
    told("far frame", drag(image, [paper], seed=7, points=GOOD, frame="[0, 0, 1e9, 1e9]"), image)
    told("huge frame", drag(image, [paper], seed=7, points=GOOD, frame="[0, 0, 9000000, 9000000]"), image)
    image.delete()


def layers():
    image, paper = white(300, 300)
    font = Gimp.Font.get_by_name("DejaVu Sans") or Gimp.fonts_get_list("")[0]
    text = Gimp.TextLayer.new(image, "Draglayer", font, 40.0, Gimp.Unit.pixel())
    image.insert_layer(text, None, 0)
    written = text.get_text()
    told("text", drag(image, [text], seed=7, points=middle(text), max_steps=2), image)
    TOLD["text"]["still text"] = text.get_text() == written
    result = told("lock", drag(image, [paper], seed=7, points=GOOD, max_steps=2), image)
    result.set_lock_content(True)
    locked = pixels(result)
    told("locked", drag(image, [result], points=GOOD, max_steps=2), image)
    TOLD["locked"]["kept"] = pixels(result) == locked
    result.set_lock_content(False)
    other, _ = white(400, 300)
    moved = Gimp.Layer.new_from_drawable(result, other)
    other.insert_layer(moved, None, 0)
    kept = pixels(result)
    again = told("in another image", drag(other, [moved], points=GOOD, max_steps=2), other)
    TOLD["in another image"]["first"] = pixels(result) == kept
    TOLD["in another image"]["into it"] = again is not None and again.get_id() == moved.get_id()
    other.delete()
    for name, change in (
        ("newer", lambda own: json.dumps(json.loads(own) | {"format": 99})),
        ("damaged", lambda own: own[: len(own) // 2]),
        ("junk", lambda own: "\x7fGIF"),
        ("other crc", lambda own: json.dumps(json.loads(own) | {"crc32": 1})),
        ("model gone", lambda own: own.replace(json.loads(own)["model"]["sha256"], "0" * 64)),
        ("hollow", lambda own: json.dumps(json.loads(own) | {"state": "", "crc32": 0, "seed": None})),
    ):
        own = bytes(result.get_parasite(KIND).get_data()).decode()
        result.attach_parasite(Gimp.Parasite.new(KIND, 1, change(own).encode()))
        shown = pixels(result)
        told(name, drag(image, [result], points=GOOD, max_steps=1), image)
        TOLD[name]["kept"] = pixels(result) == shown
        result.attach_parasite(Gimp.Parasite.new(KIND, 1, own.encode()))
    told("mended", drag(image, [result], points=GOOD, max_steps=1), image)
    image.delete()


def selections():
    image, paper = white(400, 300)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 300, 0, 100, 300)
    image.crop(200, 300, 0, 0)  # nothing of the selection is left
    TOLD["crop leaves"] = Gimp.Selection.is_empty(image)
    told("cropped away", drag(image, [paper], seed=7, points=GOOD, max_steps=2), image)
    image.delete()
    image, paper = white(600, 256)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 60, 256)  # the frame lies in the middle
    told("beside", drag(image, [paper], seed=7, points="[[300, 120, 310, 120]]", max_steps=2), image)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 600, 256)
    told(
        "all, inverse",
        drag(image, [paper], seed=7, points="[[300, 120, 310, 120]]", movable="inverse", max_steps=2),
        image,
    )
    image.delete()


def profiles():
    """The same picture in images of other colours, written as PNG for somebody else to judge."""
    wide = Gimp.ColorProfile.new_from_icc_profile(Path(f"{FOLDER}/wide.icc").read_bytes())
    precisions = Gimp.Precision
    for name, base, precision, profile in (
        ("plain", Gimp.ImageBaseType.RGB, precisions.U8_NON_LINEAR, None),
        ("wide 8", Gimp.ImageBaseType.RGB, precisions.U8_NON_LINEAR, wide),
        ("wide 16 linear", Gimp.ImageBaseType.RGB, precisions.U16_LINEAR, wide),
        ("wide float", Gimp.ImageBaseType.RGB, precisions.FLOAT_LINEAR, wide),
    ):
        image, paper = white(256, 256, base, precision)
        if profile is not None:
            image.set_color_profile(profile)
        told(name, drag(image, [paper], seed=7, points=GOOD, max_steps=2), image)
        export = PDB.lookup_procedure("file-png-export")
        config = export.create_config()
        config.set_property("image", image)
        config.set_property("file", Gio.File.new_for_path(f"{FOLDER}/{name.replace(' ', '-')}.png"))
        config.set_property("format", "rgb8")
        config.set_property("include-color-profile", True)
        TOLD[name]["status"] = export.run(config).index(0).value_nick
        image.delete()


def full_disk():
    """/mnt has room for a few kilobytes only."""
    image, paper = white(256, 256)
    layer = told("before", drag(image, [paper], seed=7, points=GOOD, max_steps=2), image)
    shown = pixels(layer)
    try:
        saved = Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path("/mnt/full.xcf"), None)
    except gi.repository.GLib.Error as error:
        saved = error.message
    TOLD["saving"] = [saved, PDB.get_last_error(), pixels(layer) == shown, layer.get_parasite(KIND) is not None]
    told("after", drag(image, [layer], points="[[130, 120, 135, 120]]", max_steps=1), image)
    again = Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path(f"{FOLDER}/elsewhere.xcf"), None)
    TOLD["elsewhere"] = again
    image.delete()


def alone():
    """One drag, whatever the daemon is."""
    image, paper = white(256, 256)
    told("alone", drag(image, [paper], seed=7, points=GOOD, max_steps=2), image)


for part in os.environ["DRAGLAYER_PARTS"].split():
    try:
        {
            "canvases": canvases,
            "layers": layers,
            "selections": selections,
            "profiles": profiles,
            "full": full_disk,
            "alone": alone,
        }[part]()
    except Exception:  # noqa: BLE001 (the test is told)
        TOLD[f"mistake in {part}"] = traceback.format_exc()
Path(f"{FOLDER}/told.json").write_text(json.dumps(TOLD, indent=1))
