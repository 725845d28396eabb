"""Runs inside gimp-console: a drag that only ends when somebody ends it, and what is left of the image then."""

import json
from pathlib import Path

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
from gi.repository import Gegl, Gimp  # noqa: E402 (after their versions)

pdb = Gimp.get_pdb()
image = Gimp.Image.new(256, 256, Gimp.ImageBaseType.RGB)
paper = Gimp.Layer.new(image, "Background", 256, 256, Gimp.ImageType.RGB_IMAGE, 100.0, Gimp.LayerMode.NORMAL)
image.insert_layer(paper, None, 0)
paper.fill(Gimp.FillType.WHITE)
procedure = pdb.lookup_procedure("draglayer-drag")
config = procedure.create_config()
config.set_property("image", image)
config.set_core_object_array("drawables", [paper])
config.set_property("seed", 7)
config.set_property("points", "[[30, 30, 220, 220], [200, 40, 60, 200]]")
config.set_property("max-steps", 100000)
status = procedure.run(config).index(0).value_nick
layers = image.get_layers()
area = Gegl.Rectangle.new(0, 0, 256, 256)
white = bytes(paper.get_buffer().get(area, 1.0, "Y u8", Gegl.AbyssPolicy.NONE)).count(255) == 256 * 256
said = "" if status == "success" else pdb.get_last_error()
told = {"status": status, "said": said, "layers": [layer.get_name() for layer in layers], "white": white}
Path("/draglayer/told.json").write_text(json.dumps(told))
