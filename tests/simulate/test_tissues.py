from neolab.simulate import tissues


def test_labels_count_up_from_air_in_the_order_of_the_names():
    assert list(tissues.TISSUES.values()) == list(range(22))
    assert tissues.TISSUES["air"] == 0


def test_inside_and_outside_of_the_skull_share_out_all_tissues():
    both = [*tissues.INTRACRANIAL, *tissues.EXTRACRANIAL]
    assert sorted(both) == sorted(tissues.TISSUES)


def test_the_lookup_table_names_every_label_once():
    rows = tissues.lookup_rows()
    assert {row["name"]: row["index"] for row in rows} == tissues.TISSUES
    assert len({row["abbreviation"] for row in rows}) == len(rows)
