"""Runs inside gimp-console: a white image to begin with."""

import os

import gi

gi.require_version("Gimp", "3.0")
from gi.repository import Gimp, Gio  # noqa: E402 (after its version)

width, height = map(int, os.environ.get("DRAGLAYER_SIZE", "320 300").split())
image = Gimp.Image.new(width, height, Gimp.ImageBaseType.RGB)
paper = Gimp.Layer.new(image, "Background", width, height, Gimp.ImageType.RGB_IMAGE, 100.0, Gimp.LayerMode.NORMAL)
image.insert_layer(paper, None, 0)
paper.fill(Gimp.FillType.WHITE)
Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path("/draglayer/paper.xcf"), None)
with open("/draglayer/told.json", "w") as told:  # noqa: PTH123 (a line of a script)
    told.write("{}")
