"""The generator: what it computes only when asked, what it refuses, what it takes."""

from __future__ import annotations

import pytest
import torch

from draglayer_engine.architecture import Architecture, ArchitectureError, Size
from draglayer_engine.devices import DeviceError, choose_device
from draglayer_engine.generator import Generator
from draglayer_engine.layers import Noise, SynthesisLayer
from draglayer_engine.models import ModelError, load_model, save_generator
from draglayer_engine.resample import smooth, upsample
from tests.engine.golden import arrays, generator


def small(**changes: object) -> Architecture:
    values: dict[str, object] = {"z_dim": 8, "c_dim": 0, "w_dim": 16, "mapping_layers": 2, "channels": (8, 8, 4)}
    return Architecture(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["skip", "resnet"])
@pytest.mark.parametrize("base", [Size(4, 4), Size(4, 2), Size(3, 5)])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_any_base_size_and_any_number_of_image_channels_work(kind: str, base: Size, channels: int) -> None:
    a = small(kind=kind, base=base, image_channels=channels)
    g = Generator(a).freeze()
    picture = g(g.map(torch.randn(2, 8)))
    assert picture.shape == (2, channels, base.height * 4, base.width * 4)


def test_features_stop_at_their_block_and_the_picture_goes_on_from_there(monkeypatch: pytest.MonkeyPatch) -> None:
    g = Generator(small()).freeze()
    ws = g.map(torch.randn(1, 8))
    sizes: list[int] = []
    forward = SynthesisLayer.forward

    def noted(self: SynthesisLayer, *args: object) -> torch.Tensor:
        sizes.append(self.size.height)
        return forward(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(SynthesisLayer, "forward", noted)
    activations = g.features(ws, 8)
    assert sizes == [4, 8, 8]
    picture = g.image(activations, ws)
    assert sizes == [4, 8, 8, 16, 16]
    assert torch.allclose(picture, g(ws), atol=1e-6)


def test_a_block_that_does_not_exist_is_named() -> None:
    g = Generator(small()).freeze()
    with pytest.raises(ValueError, match="no block b64; it has b4, b8, b16"):
        g.features(g.map(torch.randn(1, 8)), 64)


def test_no_weight_takes_a_gradient_and_rows_that_are_fixed_take_none() -> None:
    g = Generator(small()).freeze()
    rows = list(g.map(torch.randn(1, 8)).unbind(1))
    rows[0] = rows[0].clone().requires_grad_()
    g.features(rows, 16).features.sum().backward()
    assert rows[0].grad is not None
    assert all(p.grad is None and not p.requires_grad for p in g.parameters())


def test_random_noise_comes_from_the_generator_that_is_given() -> None:
    g = generator("g64c")
    ws = arrays("g64c.synthesis")["ws_psi07"][:1]
    a, b, c = (g(ws, Noise.RANDOM, torch.Generator().manual_seed(s)) for s in (1, 1, 2))
    assert torch.equal(a, b)
    assert not torch.equal(a, c)


def test_the_filter_is_three_means_and_upsampling_is_its_closed_form() -> None:
    f = torch.tensor([1.0, 3, 3, 1])
    kernel = (f[:, None] * f / 64)[None, None]
    x = torch.randn(1, 1, 9, 9)
    assert torch.allclose(smooth(x), torch.nn.functional.conv2d(x, kernel), atol=1e-6)
    zeros = torch.zeros(1, 1, 18, 18)
    zeros[..., ::2, ::2] = x
    padded = torch.nn.functional.pad(zeros, (2, 1, 2, 1))
    assert torch.allclose(upsample(x), 4 * torch.nn.functional.conv2d(padded, kernel), atol=1e-6)


def test_weights_of_another_network_are_refused_with_numbers() -> None:
    a = small()
    tensors = dict(Generator(a).state_dict())
    shape = tensors.pop("synthesis.b4.const")
    with pytest.raises(ArchitectureError, match=r"1 tensors missing, 0 extra \(missing synthesis.b4.const\)"):
        Generator.from_tensors(a, tensors)
    tensors["synthesis.b4.const"] = shape[:1]
    with pytest.raises(ArchitectureError, match=r"synthesis.b4.const has shape \(1, 4, 4\), the architecture says"):
        Generator.from_tensors(a, tensors)


def test_another_resampling_filter_is_refused() -> None:
    a = small()
    tensors = dict(Generator(a).state_dict()) | {"synthesis.b8.conv0.resample_filter": torch.ones(4, 4) / 16}
    with pytest.raises(ArchitectureError, match=r"not StyleGAN2's \[1, 3, 3, 1\] filter"):
        Generator.from_tensors(a, tensors)


def test_a_model_folder_brings_back_the_same_pictures_and_notices_damage(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("model")
    g = Generator(small()).freeze()
    save_generator(g, folder, name="small", title="Small", licence="CC0-1.0")
    model = load_model(folder, torch.device("cpu"))
    ws = g.map(torch.randn(1, 8))
    assert torch.equal(model.generator(ws), g(ws))
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    with pytest.raises(ModelError, match="are damaged: their sha256 begins with"):
        load_model(folder, torch.device("cpu"))


def test_a_device_that_is_not_here_is_refused_in_words() -> None:
    with pytest.raises(DeviceError, match="no device 'gpu'; write cuda"):
        choose_device("gpu")
    assert choose_device("cpu") == torch.device("cpu")
