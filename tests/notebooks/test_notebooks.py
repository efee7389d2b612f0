"""Every notebook runs at smoke, and its pair carries its code and outputs."""

import json

import pytest

from neolab.run import pairing
from neolab.run.registry import notebook_names
from neolab.run.runner import execute, plan_run

SOURCES = pairing.sources()
STUDY_OF = {stem: name for name, stem in notebook_names().items()}


@pytest.mark.notebook
@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_the_notebook_runs_at_smoke(source, tmp_path):
    folder = execute(plan_run(STUDY_OF[source.stem], {"profile": "smoke", "seed": 0}, runs=tmp_path))
    results = json.loads((folder / "results.json").read_text())
    assert results["result_class"] == "synthetic"
    for name in results["figures"]:
        assert (folder / "figures" / f"{name}.png").is_file()


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_the_ipynb_has_the_code_of_the_py_and_outputs_of_that_code(source):
    assert pairing.problems_of(source) == []


def test_every_notebook_belongs_to_a_study_or_a_lesson():
    assert {path.stem for path in SOURCES} <= set(STUDY_OF)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_the_parameters_cell_names_every_parameter_of_the_study(source):
    """Plain papermill can only set what the cell tagged `parameters` names."""
    from neolab.run.registry import parameters_of
    from neolab.run.source import read_source

    cell = next(c for c in read_source(source).cells if "parameters" in c.metadata.get("tags", []))
    namespace: dict = {}
    exec(cell.source, namespace)
    namespace.pop("__builtins__")
    assert set(namespace) == set(parameters_of(STUDY_OF[source.stem]).model_fields)
