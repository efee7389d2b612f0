"""A network is drawn with a block for every part."""

import matplotlib
import pandas as pd

matplotlib.use("Agg")

from matplotlib.patches import Rectangle

from neolab.viz.architecture import network_figure


def test_every_part_has_a_block_with_its_side_channels_and_parameters():
    rows = [
        ("input", 1, 128, 0),
        ("stem", 64, 64, 21_952),
        ("layer 4", 512, 4, 10_750_000),
        ("head", 2, 1, 1026),
    ]
    layers = pd.DataFrame(rows, columns=["layer", "channels", "side", "parameters"])
    (ax,) = network_figure(layers).axes
    assert len([patch for patch in ax.patches if isinstance(patch, Rectangle)]) == 4
    words = {text.get_text() for text in ax.texts}
    assert {"128³", "64³", "4³", "512", "10.75 M", "22.0 k", "1.0 k", "layer\n4"} <= words
    (flat,) = network_figure(layers, dimensions=2).axes
    assert "128²" in {text.get_text() for text in flat.texts}
