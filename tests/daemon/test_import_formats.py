"""Every format becomes a model that paints as the network that wrote it, and nothing in the file is executed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from draglayer_engine.models import load_model
from tests.checkpoints.formats import FORMATS, Format
from tests.checkpoints.networks import discriminator, picture
from tests.daemon.processes import draglayer


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_a_checkpoint_of_every_format_is_imported_and_paints_as_the_network_that_wrote_it(
    form: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRAGLAYER_HOME", str(tmp_path / "home"))
    canary, path = tmp_path / "canary", tmp_path / "whatever.bin"
    generator, data = form.make(canary)
    path.write_bytes(data)

    code, out, err = draglayer("models", "import", path, "--name", "mine", "--licence", "CC0-1.0", "--json")

    assert code == 0, err
    assert not canary.exists()
    said = json.loads(out)
    folder = tmp_path / "home" / "models" / said["sha256"]
    assert (said["format"], said["folder"], said["unusable"]) == (form.origin, str(folder), {})
    assert said["discriminator"] is form.has_discriminator
    model = load_model(folder, torch.device("cpu"))
    assert model.sha256 == said["sha256"]
    assert model.generator.architecture == form.architecture
    psi = 0.7 if form.has_average else 1.0
    label = 2 if form.architecture.c_dim else None
    expected = picture(generator, psi=psi, label=label)
    assert expected.std() > 0.05
    assert (picture(model.generator, psi=psi, label=label) - expected).abs().max() <= 1e-4
    if form.has_discriminator:
        own, read = discriminator(form.architecture), load_file(folder / "discriminator.safetensors")
        assert own.keys() == read.keys()
        assert all(torch.equal(own[name], read[name]) for name in own)
    visible = [p.name for p in (tmp_path / "home" / "models").iterdir() if not p.name.startswith(".")]
    assert visible == [said["sha256"]]
