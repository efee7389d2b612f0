"""What a notebook's calls check and write."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from PIL import Image

from neolab.errors import InputError
from neolab.io.result_class import ResultClass
from neolab.metrics.estimate import Estimate
from neolab.run import notebook


@pytest.fixture
def run(runs):
    return notebook.start("wu2021", {"profile": "smoke", "data": None, "seed": 3, "epochs": None})


def results(run) -> dict:
    run.finish()
    return json.loads((run.folder / "results.json").read_text())


def test_a_run_by_hand_goes_to_a_folder_of_its_own(run, runs):
    assert run.folder == runs / "wu2021" / "interactive_smoke_seed3"
    assert run.params.epochs == 1


def test_the_runner_names_the_folder(runs, tmp_path, monkeypatch):
    monkeypatch.setenv(notebook.RUN_FOLDER_VARIABLE, str(tmp_path / "here"))
    assert notebook.start("wu2021", {}).folder == tmp_path / "here"


def test_a_kernel_left_alone_does_not_make_its_tidied_folder_anew(runs, tmp_path, monkeypatch):
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.setenv(notebook.RUN_FOLDER_VARIABLE, str(folder))
    orphan = notebook.start("wu2021", {})
    folder.rmdir()
    for write in (
        orphan.finish,
        lambda: orphan.predictions(pd.DataFrame({"a": [1]})),
        lambda: orphan.table(pd.DataFrame({"a": [1]}), "t"),
        lambda: orphan.figure(plt.figure(), "f"),
    ):
        with pytest.raises(RuntimeError, match="run folder: found no"):
            write()
    assert not folder.exists()


@pytest.mark.parametrize("name", ["epohcs", "Seed", "foo"])
def test_a_plain_value_that_is_no_parameter_is_refused(runs, name):
    with pytest.raises(InputError, match=f"parameter {name}: unknown"):
        notebook.start("wu2021", {"profile": "smoke", name: 3})


def test_modules_functions_and_jupyters_own_names_are_no_parameters(runs):
    names = {"np": np, "plot": plt.plot, "In": ["", "1"], "Out": {}, "_": 3, "__name__": "__main__"}
    notebook.start("wu2021", {"profile": "smoke", **names})


def test_the_cell_can_be_run_again_after_the_lesson_has_variables_of_its_own(runs):
    namespace = {"profile": "smoke", "In": ["", 'profile = "smoke"', "n_babies = 79"]}
    notebook.start("wu2021", namespace)
    namespace["n_babies"] = 79
    notebook.start("wu2021", namespace)


def test_a_misspelt_parameter_is_refused_when_its_cell_is_run_again(runs):
    namespace = {"profile": "smoke", "In": ["", 'profile = "smoke"']}
    notebook.start("wu2021", namespace)
    namespace |= {"epohcs": 2, "In": [*namespace["In"], 'profile = "smoke"\nepohcs = 2']}
    with pytest.raises(InputError, match="epohcs"):
        notebook.start("wu2021", namespace)


def test_a_table_of_results_is_recorded_in_one_call_with_a_unit_for_those_that_are_no_fractions(run):
    rows = {"detector": {"sensitivity": 0.5, "false_positives": 3.0}, "gain": 0.1}
    run.record("ablation", rows, unit={"false_positives": "per subject"}, n=13)
    units = {name: metric["unit"] for name, metric in results(run)["metrics"].items()}
    assert units == {
        "ablation.detector.sensitivity": "1",
        "ablation.detector.false_positives": "per subject",
        "ablation.gain": "1",
    }


def test_results_may_be_named_after_what_a_folder_calls_its_parts(run):
    run.record("transfer", {"Site A": {"precision": 0.5}, "site-a": 0.25})
    assert set(results(run)["metrics"]) == {"transfer.site_a.precision", "transfer.site_a_2"}


def test_results_that_could_not_be_computed_are_named_in_one_sentence(run):
    run.record("cv", {f"m{number}": math.nan for number in range(12)} | {"known": 0.5})
    run.limitation("Few scans.")
    first, sentence = results(run)["limitations"]
    assert first == "Few scans." and sentence.startswith("Not defined")
    assert "cv.m0, " in sentence and sentence.endswith("cv.m9 and 2 more.") and "known" not in sentence


def test_predictions_have_no_column_in_which_nothing_is_known(run):
    run.predictions(pd.DataFrame({"score": [0.5, None], "dice": [math.nan, math.nan]}))
    run.finish()
    assert list(pd.read_csv(run.folder / "predictions.csv")) == ["score"]
    run.predictions(pd.DataFrame({"score": []}))
    assert (run.folder / "predictions.csv").read_text().strip() == "score"


def test_a_metric_keeps_value_interval_n_method_and_folds(run):
    run.metric("gpnorm.auc", Estimate(0.75, 0.6, 0.9, 79, "95% DeLong, patients"))
    run.metric("resnet18.accuracy", np.float32(0.5), n=np.int64(190), folds=np.array([0.4, 0.6]))
    assert results(run)["metrics"] == {
        "gpnorm.auc": {
            "value": 0.75, "low": 0.6, "high": 0.9, "interval": "95% DeLong, patients", "n": 79, "unit": "1",
        },
        "resnet18.accuracy": {"value": 0.5, "n": 190, "unit": "1", "folds": [0.4, 0.6]},
    }  # fmt: skip


def test_a_value_that_is_not_finite_is_stored_as_null(run):
    run.metric("precision", math.nan)
    assert results(run)["metrics"]["precision"] == {"value": None, "unit": "1"}


@pytest.mark.parametrize(("name", "value"), [("AUC", 0.5), ("a b", 0.5), ("auc", "high"), ("auc", True)])
def test_a_metric_without_a_proper_name_or_number_is_refused(run, name, value):
    with pytest.raises(InputError, match="metric: found"):
        run.metric(name, value)


def dark_rows(picture: Image.Image) -> np.ndarray:
    """Rows of pixels with something other than white in them."""
    return np.flatnonzero((np.asarray(picture.convert("L")) < 200).any(axis=1))


@pytest.mark.parametrize("layout", ["constrained", "tight", None])
def test_a_figures_footer_is_in_the_picture_below_the_axes(run, layout):
    figure, axes = plt.subplots(layout=layout)
    axes.set_xlabel("x")
    without = run.folder / "without.png"
    run.folder.mkdir(parents=True)
    figure.savefig(without, dpi=150, bbox_inches="tight")
    run.figure(figure, "empty", {"x": [1, 2]})
    with_footer = Image.open(run.folder / "figures" / "empty.png")
    assert with_footer.height > Image.open(without).height
    assert np.ptp(dark_rows(with_footer)) > np.ptp(dark_rows(Image.open(without)))
    assert pd.read_csv(run.folder / "figures" / "empty.csv")["x"].tolist() == [1, 2]


def test_a_figure_is_closed_so_that_jupyter_shows_it_once(run):
    figure, _ = plt.subplots()
    assert run.figure(figure, "once") is figure
    assert not plt.fignum_exists(figure.number)


def test_the_footer_says_what_synthetic_results_are_worth(run):
    assert "accuracy here says nothing about patients" in run.footer
    run.result_class = ResultClass.REAL
    assert run.footer.endswith("real scans")


def test_a_table_carries_its_result_class_and_is_saved(run):
    styled = run.table(pd.DataFrame({"group": ["ABE", "HB"], "n": [47, 32]}), "table1", caption="Patients")
    assert "says nothing about patients" in styled.to_html()
    assert pd.read_csv(run.folder / "tables" / "table1.csv")["n"].tolist() == [47, 32]


def test_results_do_not_depend_on_when_they_were_computed(run):
    run.metric("gpnorm.auc", 0.5)
    run.finish()
    first = (run.folder / "results.json").read_bytes()
    run.finish()
    assert (run.folder / "results.json").read_bytes() == first
