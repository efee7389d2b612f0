"""Who was scanned stands nowhere in what a run on scans of people leaves behind."""

import io
import json
from dataclasses import replace

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
import yaml
from matplotlib import pyplot as plt

from neolab.io.cohort import Cohort
from neolab.io.pseudonymise import pseudonymise, pseudonyms_of
from neolab.io.result_class import ResultClass
from neolab.run import cli
from neolab.run.figures import is_picture
from neolab.run.overview import Overview
from neolab.run.report import write_report
from neolab.run.runner import RunFailed, execute, plan_run

PEOPLE = [f"{name}{number:03d}" for number, name in enumerate(["MUELLERanna", "okonkwoB", "Zhang", "X"] * 3)]
VISITS = ["19870314", "20011123"]
PLANTED = [*PEOPLE, *VISITS, "Leiden-ward-7", "84730921", "1987-03-14", "Grandmother", "DrFrankenstein"]

NOTEBOOK = """
# %% tags=["parameters"]
profile = "teach"
data = None
seed = 0

# %%
from neolab.run import notebook
run = notebook.start("wu2021", globals())

# %%
from matplotlib import pyplot as plt
cohort = run.cohort()
run.table(cohort.table, "people")

# %%
volume = cohort.read(0, "T1w")
print(cohort, run.params, data, cohort.path(0, "T1w"), cohort.path(1, "T1w").parent)
[volume, cohort.sidecar(0, "T1w").keys(), cohort.lookup]

# %%
run.predictions(cohort.table[["participant_id", "session_id", "label"]])
shown, axes = plt.subplots()
axes.imshow(volume.data[0])
run.figure(shown, "slice", cohort.table, caption=f"The brain of {cohort.table['participant_id'][0]}")

# %%
drawn, axes = plt.subplots()
axes.plot(cohort.table["participant_id"], cohort.table["age_days"])
run.figure(drawn, "ages", cohort.table, caption="Ages")

# %%
run.metric("mean_age", cohort.table["age_days"].mean(), unit="day")
run.limitation(f"{cohort.path(0, 'T1w')} is one file.")
run.finish()
"""


@pytest.fixture
def people(tmp_path):
    """A folder of scans of twelve newborns, two visits each, whose words would all give somebody away."""
    root = tmp_path / "Leiden-ward-7"
    rng = np.random.default_rng(0)
    rows = []
    for number, name in enumerate(PEOPLE):
        for visit in VISITS:
            place = root / f"sub-{name}" / f"ses-{visit}" / "anat"
            place.mkdir(parents=True)
            image = nib.Nifti1Image(
                rng.normal(100, 10, (12, 11, 10)).astype(np.float32), np.diag([4, 4, 4, 1])
            )
            nib.save(image, place / f"sub-{name}_ses-{visit}_T1w.nii.gz")
            (place / f"sub-{name}_ses-{visit}_T1w.json").write_text(
                json.dumps({"PatientName": "DrFrankenstein"})
            )
            rows.append((name, visit, "ABE" if number % 2 else "HB", 3.5 + number / 10))
    table = pd.DataFrame(rows, columns=["participant_id", "session_id", "diagnosis", "age_days"])
    table["record_number"] = 84730921 + np.arange(len(table))
    table["scanned_on"] = "1987-03-14"
    table["told_by"] = ["Grandmother", *(f"Uncle{number}" for number in range(1, len(table)))]
    table.to_csv(root / "participants.tsv", sep="\t", index=False)
    mapping = {"result_class": "real", "images": {"T1w": {"suffix": "T1w"}}}
    mapping["columns"] = {"label": "diagnosis", "positive": ["ABE"], "negative": ["HB"]}
    (root / "neolab.yaml").write_text(yaml.safe_dump(mapping))
    return root


@pytest.fixture
def showing(repository, monkeypatch):
    """A notebook that shows everything that it can lay its hands on; the audit of the papers is left out."""
    monkeypatch.setattr(Overview, "findings", ())
    (repository / "notebooks" / "01_wu2021_bilirubin.py").write_text(NOTEBOOK)
    return repository


def told(folder) -> list[str]:
    """The planted words that stand in a name or the content of a file below a folder."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    texts = {str(path.relative_to(folder)): path.read_bytes() for path in paths}
    return [
        f"{word} in {name}"
        for word in PLANTED
        for name in texts
        if word.encode() in name.encode() + texts[name]
    ]


@pytest.mark.slow
def test_a_run_its_notebook_and_its_report_name_nobody(people, showing, runs):
    folder = execute(plan_run("wu2021", {"profile": "smoke", "data": str(people)}))
    assert (folder / "figures" / "slice.png").is_file()
    assert told(folder) == []
    write_report(Overview(runs))
    write_report(Overview(runs, public=True))
    assert told(runs) == []
    made = pd.read_csv(folder / "predictions.csv", dtype=str)
    assert made["participant_id"].str.fullmatch("P[0-9a-f]{10}").all()
    assert set(made["session_id"]) == {"01", "02"}


@pytest.mark.slow
def test_a_failed_run_names_nobody_either(people, showing, runs):
    notebook = showing / "notebooks" / "01_wu2021_bilirubin.py"
    notebook.write_text(NOTEBOOK.replace("run.finish()", "raise RuntimeError(cohort.path(3, 'T1w'))"))
    with pytest.raises(RunFailed, match="Leiden-ward-7"):  # the owner is told which file
        execute(plan_run("wu2021", {"profile": "smoke", "data": str(people)}))
    assert list(runs.glob("wu2021/failed_*/error.txt"))
    write_report(Overview(runs))
    assert told(runs) == []


@pytest.mark.slow
def test_the_public_report_has_the_curve_and_not_the_picture(people, showing, runs):
    execute(plan_run("wu2021", {"profile": "smoke", "data": str(people)}))
    full = write_report(Overview(runs)).read_text()
    public = write_report(Overview(runs, public=True))
    assert public.name == "report_public.html"
    assert full.count("data:image/png") == 2
    assert public.read_text().count("data:image/png") == 1
    assert public.read_text().count("A picture of scans of people, left out") == 1


def test_pseudonyms_are_stable_lead_to_the_files_and_keep_visits_in_order(people):
    cohort = Cohort.load(people, study="wu2021")
    hidden = pseudonymise(cohort)
    assert hidden.table.equals(pseudonymise(Cohort.load(people, study="wu2021")).table)
    known = pseudonyms_of(cohort).names.set_index(["pseudonym", "visit"])
    for row in range(len(hidden)):
        who = known.loc[(hidden.table["participant_id"][row], hidden.table["session_id"][row])]
        assert f"sub-{who.participant_id}_ses-{who.session_id}_" in hidden.path(row, "T1w").name
    assert [name for name in hidden.table if name not in cohort.table] == []
    assert set(cohort.table) - set(hidden.table) == {"record_number", "scanned_on", "told_by"}
    assert hidden.data_hash() == cohort.data_hash()
    later = known.reset_index().sort_values("visit").groupby("pseudonym")["session_id"].agg(list)
    assert all(visits == sorted(visits) for visits in later)


def test_the_same_names_in_another_folder_have_other_pseudonyms(people, tmp_path):
    before = pseudonyms_of(Cohort.load(people, study="wu2021"))
    one = next(people.glob("sub-*/ses-*/anat/*.nii.gz"))
    image = nib.load(one)
    nib.save(nib.Nifti1Image(image.get_fdata()[::-1] + 1, image.affine), one)
    after = pseudonyms_of(Cohort.load(people, study="wu2021"))
    assert not set(before.participants.values()) & set(after.participants.values())


def test_the_owner_can_look_the_pseudonyms_up(people, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["neolab", "check-data", "wu2021", str(people), "--ids"])
    with pytest.raises(SystemExit, match="0|None"):
        cli.main()
    said = capsys.readouterr().out.partition("participant_id")
    table = pd.read_csv(io.StringIO(said[1] + said[2]), sep="\t", dtype=str)
    assert sorted(set(table["participant_id"])) == sorted(PEOPLE)


def test_simulated_people_need_no_pseudonyms(people):
    cohort = replace(Cohort.load(people, study="wu2021"), result_class=ResultClass.SYNTHETIC)
    assert pseudonymise(cohort) is cohort


def test_lines_points_and_their_colour_bar_are_no_picture_and_voxels_are():
    drawn, axes = plt.subplots()
    axes.plot([1, 2], label="a line")
    axes.fill_between([1, 2], [1, 2], [3, 4])
    drawn.colorbar(axes.scatter([1, 2], [1, 2], c=[1, 2]))
    axes.legend()
    assert not is_picture(drawn)
    for show in ("imshow", "pcolormesh", "contour"):
        pictured, axes = plt.subplots()
        getattr(axes, show)(np.eye(4))
        assert is_picture(pictured)
    plt.close("all")
