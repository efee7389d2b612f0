"""Networks of Table 2 and their sizes, against their libraries and counts by hand."""

import pytest
import torch

from neolab.learn.compute import count_parameters
from neolab.studies.gloresnet2026.comparison import NETWORKS, TITLES, build
from neolab.studies.gloresnet2026.sizes import count_operations, layer_table, size_table


def test_operations_of_a_convolution_are_counted_by_hand():
    layer = torch.nn.Conv3d(1, 4, kernel_size=3, padding=1)
    assert count_operations(layer, side=8) == 8**3 * 4 * 27


@pytest.mark.parametrize(
    ("name", "parameters"), [("resnet18", 33_161_026), ("resnet50", 46_159_170), ("densenet121", 11_244_674)]
)
def test_table_2_networks_have_the_parameters_of_their_libraries(name, parameters):
    with torch.device("meta"):
        network = build(name)
    assert count_parameters(network) == parameters


def test_operations_of_gloresnet_at_128_are_17_8_giga():
    with torch.device("meta"):
        network = build("gloresnet")
    assert count_operations(network, side=128) / 1e9 == pytest.approx(17.8, abs=0.1)


@pytest.mark.parametrize("name", ["vit_b", "swin_unet"])
def test_transformers_give_two_logits_and_refuse_nothing_but_unknown_names(name):
    network = build(name, side=64).to("meta")
    assert network(torch.empty(2, 1, 64, 64, 64, device="meta")).shape == (2, 2)
    with pytest.raises(ValueError, match="network: found 'unet', expected one of"):
        build("unet")


def test_sizes_of_all_networks_count_two_operations_for_each_multiply_accumulate():
    table = size_table(side=64)
    assert set(table.index) == set(NETWORKS) == set(TITLES)
    assert table["gflops"].tolist() == pytest.approx((2 * table["gmacs"]).tolist())


def test_layers_have_the_sides_and_channels_of_figure_1_and_all_parameters():
    layers = layer_table(side=128).set_index("layer")
    assert layers["side"].tolist() == [128, 64, 32, 32, 16, 8, 4, 1, 1]
    assert layers["channels"].tolist() == [1, 64, 64, 64, 128, 256, 512, 512, 2]
    assert layers["parameters"].sum() == 14_356_546
    assert layers.loc["stage 2", "operation"] == "2 3³ convolutions, stride 2"
