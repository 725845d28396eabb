"""Runs inside gimp-console: what a saved image has in its layers and paths, and what the topmost one carries."""

import json
from pathlib import Path

import gi

gi.require_version("Gimp", "3.0")
from gi.repository import Gimp, Gio  # noqa: E402 (after its version)

image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path("/draglayer/start.xcf"))
told = {"layers": [[layer.get_name(), list(layer.get_offsets())[1:]] for layer in image.get_layers()]}
own = image.get_layers()[0].get_parasite("draglayer")
strokes = [(path, stroke) for path in image.get_paths() for stroke in path.get_strokes()]
ends = [(path.stroke_get_points(stroke)[1][2:4], path.stroke_get_points(stroke)[1][-4:-2]) for path, stroke in strokes]
told["paths"] = [[*start, *end] for start, end in ends]
told["carries"] = None if own is None else json.loads(bytes(own.get_data()))
Path("/draglayer/told.json").write_text(json.dumps(told))
