"""Every block is counted, and what passes through the narrowest place."""

import pytest

from neolab.studies.raad2023.model_tables import layer_table, model_table
from neolab.studies.raad2023.network import Autoencoder, bottleneck_side
from neolab.studies.raad2023.parameters import ARCHITECTURES


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_layer_table_counts_every_parameter_and_ends_at_the_size_it_began_with(name):
    rows = layer_table(name, side=64, channels=4)
    counted = sum(parameter.numel() for parameter in Autoencoder(name, 64, 4).parameters())
    assert rows["parameters"].sum() == counted == model_table(64, 4).loc[name, "parameters"]
    assert rows["out"].iloc[0] == rows["out"].iloc[-1] == "1 x 64³"
    assert f"4 x {bottleneck_side(name, 64)}³" in rows["out"].tolist()


def test_the_names_of_the_models_say_how_large_the_bottleneck_is_and_how_much_passes():
    table = model_table()
    for name, row in table.iterrows():
        _, side, *nodes = name.split("_")
        assert row["bottleneck"] == int(side.split("x")[0])
        assert row["numbers that pass"] == (int(nodes[0]) if nodes else 32 * row["bottleneck"] ** 3)
