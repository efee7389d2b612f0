"""The autoencoders of Raad 2023 against the shapes and counts of the author's public code."""

import pytest
import torch

from neolab.errors import InputError
from neolab.studies.raad2023.network import Autoencoder, LatentLayer, bottleneck_side
from neolab.studies.raad2023.parameters import ARCHITECTURES


def n_parameters(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(
    ("name", "expected"), [("vae_8x8_256", 13_045_473), ("vae_8x8_512", 25_628_897), ("std_8x8", 445_665)]
)
def test_parameter_counts_at_256_are_those_of_the_authors_code(name, expected):
    with torch.device("meta"):
        assert n_parameters(Autoencoder(name, side=256)) == expected


@pytest.mark.parametrize(("name", "expected"), [("std_16x16", 8), ("std_8x8", 10)])
def test_number_of_instance_norms_matches_the_log_of_the_2023_models(name, expected):
    model = Autoencoder(name, side=64, channels=2)
    assert sum(isinstance(module, torch.nn.InstanceNorm3d) for module in model.modules()) == expected


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_model_returns_a_volume_of_the_same_shape_through_its_bottleneck(name):
    model = Autoencoder(name, side=64, channels=4)
    sides = []
    model.encoder[-1].register_forward_hook(lambda _module, _inputs, output: sides.append(output.shape[-1]))
    reconstruction, divergence = model(torch.rand(1, 1, 64, 64, 64))
    assert reconstruction.shape == (1, 1, 64, 64, 64)
    assert sides == [bottleneck_side(name, 64)]
    assert (divergence > 0) == (ARCHITECTURES[name].latent_nodes is not None)


def test_divergence_is_that_of_torch_distributions():
    torch.manual_seed(0)
    layer = LatentLayer((2, 2, 2, 2), nodes=5)
    x = torch.rand(3, 2, 2, 2, 2)
    flat = layer.norm(x.flatten(1).unsqueeze(1)).squeeze(1)
    posterior = torch.distributions.Normal(layer.mean(flat), torch.exp(0.5 * layer.log_variance(flat)))
    prior = torch.distributions.Normal(torch.zeros(5), torch.ones(5))
    expected = torch.distributions.kl_divergence(posterior, prior).sum(1).mean()
    torch.testing.assert_close(layer(x)[1], expected)


def test_only_the_sampled_latent_layer_is_random_and_only_while_training():
    x = torch.rand(1, 2, 2, 2, 2)
    sampled, fixed = LatentLayer((2, 2, 2, 2), 4), LatentLayer((2, 2, 2, 2), 4, deterministic=True)
    assert not torch.equal(sampled(x)[0], sampled(x)[0])
    torch.testing.assert_close(fixed(x)[0], fixed(x)[0])
    sampled.eval()
    torch.testing.assert_close(sampled(x)[0], sampled(x)[0])


def test_a_latent_layer_samples_from_its_own_stream_whatever_else_is_drawn():
    x, layer = torch.rand(1, 2, 2, 2, 2), LatentLayer((2, 2, 2, 2), 4)
    samples = []
    for others in (0, 3):
        layer.reseed(5)
        torch.rand(others)
        samples.append(layer(x)[0])
    layer.reseed(6)
    torch.testing.assert_close(*samples)
    assert not torch.equal(layer(x)[0], samples[0])


def test_checkpointing_computes_every_block_but_the_last_again_and_changes_no_gradient():
    torch.manual_seed(0)
    model = Autoencoder("std_16x16", side=16 * 2, channels=4)
    volume = torch.rand(1, 1, 32, 32, 32)
    blocks, passes = [*model.encoder, *model.decoder], []
    for block in blocks:
        block.main.register_forward_hook(lambda module, *_: passes.append(module))
    gradients, counts = [], []
    for model.checkpointing in (False, True):
        passes.clear()
        model.zero_grad()
        ((model(volume)[0] - volume) ** 2).mean().backward()
        gradients.append([parameter.grad.clone() for parameter in model.parameters()])
        counts.append([passes.count(block.main) for block in blocks])
    assert counts == [[1, 1, 1, 1], [2, 2, 2, 1]]
    for plain, recomputed in zip(*gradients, strict=True):
        torch.testing.assert_close(plain, recomputed)


def test_checkpointing_keeps_less_in_memory_until_the_backward_pass():
    kept = {}
    for checkpointing in (False, True):
        model = Autoencoder("std_8x8", side=64, channels=4, checkpointing=checkpointing)
        sizes = []
        with torch.autograd.graph.saved_tensors_hooks(
            lambda t, s=sizes: s.append(t.nbytes) or t, lambda t: t
        ):
            model(torch.rand(1, 1, 64, 64, 64))
        kept[checkpointing] = sum(sizes)
    assert kept[True] < 0.8 * kept[False]


def test_a_wrong_name_and_a_side_that_does_not_divide_are_refused_in_one_sentence():
    with pytest.raises(InputError, match="model: found 'vae_4x4', expected one of"):
        Autoencoder("vae_4x4")
    with pytest.raises(InputError, match="side: found 48 voxels, expected a multiple of 32"):
        Autoencoder("std_8x8", side=48)
    with pytest.raises(InputError, match="side: found 32 voxels, expected at least 64 for std_8x8"):
        Autoencoder("std_8x8", side=32)
