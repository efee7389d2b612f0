"""What is trained beside the full recipe, and from which weights."""

import pytest
import torch
from preterm_folders import parameters

from neolab.errors import InputError
from neolab.learn.weights import Weights, find_weights
from neolab.studies.gloresnet2026 import settings
from neolab.studies.gloresnet2026.network import GloResNet


def weights_of(network: torch.nn.Module) -> Weights:
    state = {name: value for name, value in network.state_dict().items() if not name.startswith("fc.")}
    return Weights("a.pth", "a.pth", state)


NOTHING = find_weights("none")


def test_networks_are_built_from_a_checkpoint_with_random_heads():
    source = GloResNet(0.0625)
    build = settings.full_recipe(parameters(), weights_of(source)).build
    first, second = build(), build()
    torch.testing.assert_close(first.conv1.weight, source.conv1.weight)
    torch.testing.assert_close(first.layer4.state_dict(), source.layer4.state_dict())
    assert not torch.equal(first.fc.weight, second.fc.weight)


def test_a_named_checkpoint_that_does_not_fit_stops_the_study(tmp_path):
    path = tmp_path / "narrow.pth"
    torch.save({"state_dict": weights_of(GloResNet(0.0625)).state}, path)
    with pytest.raises(InputError, match="conv1.weight in"):
        find_weights(str(path), GloResNet())


def test_ablations_grow_with_their_extent_and_a_random_start_is_one_only_beside_a_pretrained_one():
    start = weights_of(GloResNet(0.0625))
    assert settings.ablations(parameters(ablations="none"), start) == {}
    assert set(settings.ablations(parameters(ablations="short"), NOTHING)) == {"baseline"}
    everything = settings.ablations(parameters(ablations="all"), start)
    assert set(everything) == {"baseline", "random", "i", "ii", "unweighted"}
    assert not everything["unweighted"].balanced and everything["unweighted"].mixup
    bare = everything["i"]
    assert (bare.mixup, bare.mirrored, bare.variant) == (False, False, "crop")
    assert len(bare.build().layer1) == 2  # ResNet-18
    assert not torch.equal(
        everything["random"].build().conv1.weight, everything["baseline"].build().conv1.weight
    )
    torch.testing.assert_close(everything["baseline"].build().conv1.weight, start.state["conv1.weight"])


def test_a_setting_names_the_predictions_that_it_is_judged_by():
    full = settings.full_recipe(parameters(), NOTHING)
    assert full.column("paper") == "paper"
    assert settings.without_mirroring(full).column("clean") == "clean_plain"


def test_only_the_networks_asked_for_are_compared_and_large_cubes_in_parts():
    assert settings.compared(parameters()) == {}
    chosen = settings.compared(parameters(comparison="resnet18,vit_b"))
    assert [(name, one.title) for name, one in chosen.items()] == [
        ("vit_b", "ViT-B"),
        ("resnet18", "ResNet-18"),
    ]
    assert {one.micro_batch for one in chosen.values()} == {0}
    assert settings.compared(parameters(comparison="resnet18", side=128))["resnet18"].micro_batch == 4
