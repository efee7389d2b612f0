from neolab.simulate import tissues


def test_labels_count_up_from_air_in_the_order_of_the_names():
    assert list(tissues.TISSUES.values()) == list(range(22))
    assert tissues.TISSUES["air"] == 0


def test_inside_and_outside_of_the_skull_share_out_all_tissues():
    both = [*tissues.INTRACRANIAL, *tissues.EXTRACRANIAL]
    assert sorted(both) == sorted(tissues.TISSUES)
