"""Pairs of notebooks: the same code twice, and outputs that can be traced to it."""

import base64
import io
import os
import shutil
from pathlib import Path

import nbformat
import numpy as np
import pytest
from jupytext.sync_contentsmanager import TextFileContentsManager
from PIL import Image
from tornado.web import HTTPError

from neolab.run import pairing
from neolab.run.slim import slim_outputs, slim_png
from neolab.run.source import read_source


@pytest.fixture
def source(repository):
    return repository / "notebooks" / "01_wu2021_bilirubin.py"


@pytest.fixture
def executed(source):
    """The notebook with an output in each code cell, as a run would leave it."""
    notebook = read_source(source)
    for count, cell in enumerate((c for c in notebook.cells if c.cell_type == "code"), start=7):
        cell.outputs = [nbformat.v4.new_output("stream", text=f"output of {cell.source[:20]}")]
        cell.execution_count = count
    return notebook


def outputs(notebook) -> list[str]:
    return [
        cell.outputs[0].text if cell.outputs else "" for cell in notebook.cells if cell.cell_type == "code"
    ]


def test_reading_twice_gives_the_same_identifiers_and_no_two_cells_share_one(source):
    identifiers = [cell.id for cell in read_source(source).cells]
    assert identifiers == [cell.id for cell in read_source(source).cells]
    assert len(set(identifiers)) == len(identifiers)


def test_editing_one_cell_leaves_the_identifiers_of_the_others(source):
    before = [cell.id for cell in read_source(source).cells]
    source.write_text(source.read_text().replace("size=1000", "size=1001"))
    after = [cell.id for cell in read_source(source).cells]
    assert sum(one != other for one, other in zip(before, after, strict=True)) == 1


def test_pairing_again_changes_no_byte(source, executed):
    pairing.write_pair(source, pairing.pair(source, executed))
    first = source.with_suffix(".ipynb").read_bytes()
    pairing.write_pair(source, pairing.pair(source))
    assert source.with_suffix(".ipynb").read_bytes() == first
    assert pairing.problems_of(source) == []


def test_prose_and_comments_can_be_edited_without_running_again(source, executed):
    pairing.write_pair(source, pairing.pair(source, executed))
    text = source.read_text().replace("# A notebook small", "# A notebook really small")
    source.write_text(text.replace("import ipywidgets", "# the controls\nimport ipywidgets"))
    assert any("its cells differ" in problem for problem in pairing.problems_of(source))
    pairing.write_pair(source, pairing.pair(source))
    assert pairing.problems_of(source) == []
    assert all(outputs(nbformat.read(source.with_suffix(".ipynb"), as_version=4)))


def test_an_edit_of_code_asks_for_a_new_execution_and_keeps_other_outputs(source, executed):
    pairing.write_pair(source, pairing.pair(source, executed))
    source.write_text(source.read_text().replace("size=1000", "size=1001"))
    pairing.write_pair(source, pairing.pair(source))
    assert pairing.is_stale(source)
    assert [problem for problem in pairing.problems_of(source) if "outputs come from other code" in problem]
    kept = outputs(nbformat.read(source.with_suffix(".ipynb"), as_version=4))
    assert kept.count("") == 1


def test_outputs_of_another_profile_are_found_out(source, executed):
    pairing.write_pair(source, pairing.pair(source, executed))
    beside = source.with_suffix(".ipynb")
    notebook = nbformat.read(beside, as_version=4)
    notebook.metadata["neolab"]["profile"] = "smoke"
    nbformat.write(notebook, beside)
    assert pairing.is_stale(source)
    assert [problem for problem in pairing.problems_of(source) if "found outputs of 'smoke'" in problem]


def test_outputs_written_by_hand_are_found_out(source, executed):
    pairing.write_pair(source, pairing.pair(source, executed))
    beside = source.with_suffix(".ipynb")
    beside.write_text(beside.read_text().replace("output of import numpy", "output of magic"))
    assert [problem for problem in pairing.problems_of(source) if "not those of the run" in problem]


def test_code_that_was_edited_only_in_the_ipynb_is_found_out(source, executed):
    pairing.write_pair(source, pairing.pair(source, executed))
    beside = source.with_suffix(".ipynb")
    beside.write_text(beside.read_text().replace("size=1000", "size=7"))
    assert [problem for problem in pairing.problems_of(source) if "its cells differ" in problem]


def test_a_missing_pair_is_found_out(source):
    assert "found none" in pairing.problems_of(source)[0]


STUDENT = "answer = 42  # a student wrote this"


@pytest.fixture
def jupyter(repository):
    """The contents manager with which JupyterLab opens and saves, with the repository's own settings."""
    shutil.copy(Path(__file__).resolve().parents[2] / "jupytext.toml", repository)
    manager = TextFileContentsManager()
    manager.root_dir = str(repository)
    return manager


@pytest.fixture
def paired(source, executed):
    """Return the .ipynb of a pair that fits."""
    pairing.write_pair(source, pairing.pair(source, executed))
    return source.with_suffix(".ipynb")


def age(path, seconds: float) -> None:
    """Date a file back."""
    then = path.stat().st_mtime - seconds
    os.utime(path, (then, then))


def student_writes(paired) -> None:
    """Append a cell with an editor that knows nothing of pairs."""
    notebook = nbformat.read(paired, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(STUDENT))
    nbformat.write(notebook, paired)


@pytest.mark.parametrize("seconds", [-100_000, -3, 0, 3, 100_000])
def test_a_pair_that_fits_opens_whatever_the_times_of_a_clone(jupyter, source, paired, seconds):
    os.utime(source, (1.7e9, 1.7e9))
    os.utime(paired, (1.7e9 + seconds, 1.7e9 + seconds))
    opened = jupyter.get(f"notebooks/{paired.name}")["content"]
    assert all(outputs(opened))


def test_a_cell_that_a_student_wrote_elsewhere_is_not_overwritten(jupyter, source, paired):
    age(source, 60)
    student_writes(paired)
    with pytest.raises(HTTPError, match="is more recent than"):
        jupyter.get(f"notebooks/{paired.name}")
    assert pairing.main([]) == 1
    assert STUDENT in paired.read_text()


def test_the_student_cell_survives_when_the_sides_are_synchronised(jupyter, source, paired):
    from jupytext.cli import jupytext

    age(source, 60)
    student_writes(paired)
    jupytext(["--sync", str(paired), "--quiet"])
    model = jupyter.get(f"notebooks/{paired.name}")
    jupyter.save(model, f"notebooks/{paired.name}")
    assert STUDENT in source.read_text()
    assert STUDENT in paired.read_text()
    assert pairing.main([]) == 0
    assert STUDENT in paired.read_text()


def test_a_source_that_is_touched_counts(source, paired):
    student_writes(paired)
    source.touch()
    assert pairing.main([]) == 0
    assert STUDENT not in paired.read_text()


def png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format="png")
    return buffer.getvalue()


def test_a_large_picture_becomes_small_and_keeps_its_shape_and_look():
    ramp = np.linspace(30, 225, 2000).astype(np.uint8)
    noise = np.random.default_rng(0).integers(-20, 20, (1500, 2000))
    large = png(Image.fromarray((ramp + noise).astype(np.uint8)).convert("RGB"))
    small = slim_png(large, width_pixels=1000)
    picture = Image.open(io.BytesIO(small))
    assert picture.size == (1000, 750)
    assert len(small) < len(large) / 4
    smooth = np.asarray(picture.convert("L"), float).mean(axis=0)
    assert np.abs(smooth - ramp.reshape(1000, 2).mean(axis=1)).max() < 3


def test_slimming_never_makes_a_picture_larger():
    tiny = png(Image.new("RGB", (2, 2)))
    assert len(slim_png(tiny)) <= len(tiny)


def test_slim_outputs_have_no_live_widgets_no_standard_error_and_fresh_counts(executed):
    cell = next(cell for cell in executed.cells if cell.cell_type == "code")
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "gone"}, "text/plain": "interactive"}
    picture = {"image/png": base64.b64encode(png(Image.new("RGB", (3000, 10)))).decode()}
    cell.outputs = [
        nbformat.v4.new_output("stream", name="stderr", text="a bar"),
        nbformat.v4.new_output("display_data", view),
        nbformat.v4.new_output("execute_result", picture, execution_count=7),
    ]
    slim = slim_outputs(executed)
    nbformat.validate(slim)
    kept = next(cell for cell in slim.cells if cell.cell_type == "code")
    assert [list(output.data) for output in kept.outputs] == [["text/plain"], ["image/png"]]
    assert kept.execution_count == kept.outputs[1].execution_count == 1
    assert Image.open(io.BytesIO(base64.b64decode(kept.outputs[1].data["image/png"]))).width == 1000
    assert len(cell.outputs) == 3, "the notebook itself is left as it was"
