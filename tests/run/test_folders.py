"""Run folders have names, and complete runs are told from others."""

from neolab.parameters import check_parameters
from neolab.run import folders
from neolab.studies.wu2021.parameters import Wu2021Parameters


def name(**given) -> str:
    return folders.run_name(check_parameters(Wu2021Parameters, given))


def test_a_usual_run_is_named_by_profile_and_seed():
    assert name(profile="smoke", seed=2) == "smoke_seed2"
    assert name(profile="smoke", seed=2, epochs=1) == "smoke_seed2"


def test_any_other_parameter_gives_a_name_of_its_own():
    names = {name(), name(epochs=77), name(epochs=78), name(n_folds=7), name(data="a"), name(data="b")}
    assert len(names) == 6
    assert all(item.startswith("teach_seed0") for item in names)


def fill(folder, text) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(text)
    (folder / "run.json").write_text(text)


def test_only_complete_runs_are_listed(tmp_path):
    for folder in ("wu2021/smoke_seed0", "wada2019/teach_seed1", "wu2021/failed_smoke_seed1",
                   "wu2021/interactive_smoke_seed0", "wu2021/.partial-smoke_seed2-abc"):  # fmt: skip
        fill(tmp_path / folder, "{}")
    (tmp_path / "wu2021" / "teach_seed0").mkdir()
    (tmp_path / "wu2021" / "teach_seed0" / "run.json").write_text("{}")
    listed = [folder.relative_to(tmp_path).as_posix() for folder in folders.list_runs(tmp_path)]
    assert listed == ["wada2019/teach_seed1", "wu2021/smoke_seed0"]
