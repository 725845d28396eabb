"""Runs inside gimp-console: what is kept of Draglayer's settings, then others kept; what GIMP calls its procedures."""

import json
import os
from pathlib import Path

import gi

gi.require_version("Gimp", "3.0")
from gi.repository import Gimp  # noqa: E402 (after its version)

pdb = Gimp.get_pdb()
kept = Gimp.get_parasite("draglayer-settings")
told = {"before": None if kept is None else json.loads(bytes(kept.get_data()))}
if "DRAGLAYER_RATE" in os.environ:
    procedure = pdb.lookup_procedure("draglayer-settings")
    config = procedure.create_config()
    config.set_property("whole", "whole")
    config.set_property("rate", int(os.environ["DRAGLAYER_RATE"]))
    told["status"] = procedure.run(config).index(0).value_nick
found = [pdb.lookup_procedure(f"draglayer-{name}") for name in ("drag", "new", "settings")]
told["menu"] = [procedure.get_menu_label() for procedure in found]
told["blurb"] = [procedure.get_blurb() for procedure in found]
Path("/draglayer/told.json").write_text(json.dumps(told))
