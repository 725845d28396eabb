"""Runs inside gimp-console: an image to begin a story with: a model's picture above white, an ellipse selected."""

import gi

gi.require_version("Gimp", "3.0")
from gi.repository import Gimp, Gio  # noqa: E402 (after its version)

image = Gimp.Image.new(320, 300, Gimp.ImageBaseType.RGB)
paper = Gimp.Layer.new(image, "Background", 320, 300, Gimp.ImageType.RGB_IMAGE, 100.0, Gimp.LayerMode.NORMAL)
image.insert_layer(paper, None, 0)
paper.fill(Gimp.FillType.WHITE)
procedure = Gimp.get_pdb().lookup_procedure("draglayer-new")
config = procedure.create_config()
config.set_property("image", image)
config.set_property("seed", 7)
status = procedure.run(config).index(0).value_nick
image.set_selected_layers([image.get_layers()[0]])
image.select_ellipse(Gimp.ChannelOps.REPLACE, 70, 60, 190, 170)
Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path("/draglayer/start.xcf"), None)
with open("/draglayer/told.json", "w") as told:  # noqa: PTH123 (a line of a script)
    told.write(f'{{"status": "{status}"}}')
