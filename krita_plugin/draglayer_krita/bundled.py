"""The protocol package that lies inside the installed plugin, loaded under its own name without touching sys.path."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

NAME = "draglayer_protocol"


def load() -> None:
    """Make `import draglayer_protocol` find the bundled one; where none is bundled (a developer's link), any."""
    folder = Path(__file__).with_name(NAME)
    file = folder / "__init__.py"
    if NAME in sys.modules or not file.is_file():
        return
    spec = spec_from_file_location(NAME, file, submodule_search_locations=[str(folder)])
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[NAME] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[NAME]
        raise
