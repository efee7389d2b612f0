"""What the command line prints, returns and leaves behind."""

import json

import pytest

from neolab.run import cli


@pytest.fixture
def neolab(monkeypatch, capsys):
    """Call the command line; return its exit status, standard output and standard error."""

    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["neolab", *map(str, words)])
        try:
            cli.main()
            status = 0
        except SystemExit as stop:
            status = stop.code or 0
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return call


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["run", "wu2020"], "study: found 'wu2020', expected one of"),
        (["run", "wu2021", "-p", "epohcs=3"], "parameter epohcs: unknown"),
        (["run", "wu2021", "-p", "epochs=many"], "parameter epochs: found 'many', expected a valid integer"),
        (["run", "wu2021", "-p", "epochs"], "option -p: found 'epochs', expected name=value"),
        (["run", "wu2021", "-p", "seed=1"], "option -p: found 'seed=1', expected the option --seed"),
        (["run", "wu2021", "--profile", "large"], "parameter profile: found 'large'"),
        (["run", "wu2021", "--data", "no/such/folder"], "data: found no folder at no/such/folder"),
        (["run", "gloresnet2026"], "study gloresnet2026: its notebook"),
        (["replicate", "wu2020"], "study: found 'wu2020'"),
        (["replicate", "--seeds", "0,x"], "option --seeds: found '0,x'"),
        (["replicate", "wu2021", "--seeds=-1"], "option --seeds: found '-1'"),
        (["replicate", "wu2021", "-p", "epochs=1,many"], "parameter epochs: found 'many'"),
        (["replicate", "wu2021", "--dask", "tcp://127.0.0.1:9"], "dask: found no scheduler at"),
        (["simulate", "wu2020", "out"], "study: found 'wu2020'"),
        (["simulate", "wu2021", "out", "--profile", "large"], "parameter profile: found 'large'"),
        (["check-data", "wu2021", "no/such/folder"], "data: found no folder at no/such/folder"),
        (["map", "no/such/folder"], "no/such/folder: found no folder, expected one with scans"),
        (["map", "."], ".: found no NIfTI file"),
        (["audit", "wu2020"], "study: found 'wu2020'"),
        (["audit", "none.yaml"], "none.yaml: No such file or directory, expected a YAML file"),
        (["audit", "."], ".: found no YAML file"),
        (["audit", "--text", "none.txt"], "none.txt: No such file or directory, expected a text file"),
        (["audit", "wu2021", "--new", "mine.yaml"], "audit: found several of PAPER, --new and --text"),
        (["audit", "--new", "no/such/mine.yaml"], "no/such/mine.yaml: No such file or directory"),
        (["report", "no/such/folder"], "runs: found no folder"),
        (["fly"], "no such command 'fly', expected what `neolab --help` lists"),
        (["run"], "missing argument"),
        (["run", "wu2021", "--sed", "3"], "no such option: --sed"),
        (["run", "wu2021", "--seed"], "option '--seed' requires an argument"),
        (["simulate", "wu2021", "out", "more"], "got unexpected extra argument"),
        (
            ["simulate", "wu2021", "out", "--n", "0"],
            "option --n: found '0', expected greater than or equal to 1",
        ),
        (["simulate", "wu2021", "out", "--n=many"], "option --n: found 'many', expected a valid integer"),
        (["simulate", "wu2021", "out", "--seed", "-1"], "parameter seed: found -1, expected greater than"),
        (["replicate", "--jobs", "0"], "option --jobs: found '0', expected greater than or equal to 1"),
        (["replicate", "--threads", "2.5"], "option --threads: found '2.5', expected a valid integer"),
    ],
)
def test_bad_input_gets_one_sentence_status_2_and_nothing_written(
    neolab, runs, words, sentence, tmp_path, monkeypatch
):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr("neolab.run.replicate._DASK_CONNECT_SECONDS", 1)
    status, out, err = neolab(*words)
    assert status == 2
    assert err.startswith(f"neolab: {sentence}")
    assert err.count("\n") == 1
    assert out == ""
    assert not runs.exists()
    assert list((tmp_path / "here").iterdir()) == []


def test_no_words_at_all_are_answered_with_the_list_of_commands(neolab):
    status, out, _ = neolab()
    assert status == 0
    for command in ("studies", "simulate", "map", "check-data", "run", "replicate", "audit", "report"):
        assert command in out


def test_studies_lists_the_five_papers(neolab, repository):
    status, out, _ = neolab("studies")
    assert status == 0
    assert [line.split()[0] for line in out.splitlines() if not line.startswith(" ")] == [
        "wu2021", "raad2023", "wada2019", "sundaresan2023", "gloresnet2026",
    ]  # fmt: skip
    assert out.count("no notebook in this copy") == 3


def test_audit_prints_the_arithmetic_and_the_same_as_json(neolab):
    status, text, _ = neolab("audit", "wu2021")
    _, printed, _ = neolab("audit", "wu2021", "--json")
    findings = json.loads(printed)["findings"]
    assert status == 0
    assert findings
    for finding in findings:
        assert finding["id"] in text
        assert all(line in text for line in finding["arithmetic"])


INVENTED = """
title: An invented trial
tables:
  - name: Table 1
    n: {treated: 40, control: 42}
    total: 83
    whole_numbers: [score]
    cells:
      age: {treated: "61.2 ± 8.1", control: "63.0 ± 7.7", p: "0.31"}
      score: {treated: "3.46 ± 1.20", control: "3.21 ± 1.14"}
      male: {treated: "22 (57.0%)", control: "25 (59.5%)", p: "0.68"}
  - name: Table 2
    positives: 40
    negatives: 42
    cells:
      our model: {sensitivity: "85.0%", specificity: "90.5%", accuracy: "84.1%"}
      baseline: {sensitivity: "75.0%", specificity: "81.0%", accuracy: "88.0%"}
statements:
  - "Our model had the highest accuracy."
  - "Age differed, t(80) = 1.03, p = .03."
"""
PLANTED = {
    *("table1.total", "table1.score.treated.whole", "table1.male.treated.share"),
    *("table2.our_model.table", "table2.baseline.table", "statement1.accuracy", "statement2.1"),
}


def test_an_invented_paper_is_audited_and_every_planted_contradiction_found(neolab, tmp_path):
    paper = tmp_path / "mine.yaml"
    paper.write_text(INVENTED, encoding="utf-8")
    status, text, _ = neolab("audit", str(paper))
    assert status == 0 and "IMPOSSIBLE  mine.audit.table2.our_model.table" in text
    findings = json.loads(neolab("audit", str(tmp_path), "--json")[1])["findings"]
    bad = {f["id"] for f in findings if f["severity"] in ("impossible", "inconsistent")}
    assert bad == {f"mine.audit.{name}" for name in PLANTED}


def test_a_paper_of_ones_own_begins_with_a_template_or_a_text(neolab, tmp_path):
    mine, text = tmp_path / "mine.yaml", tmp_path / "abstract.txt"
    assert neolab("audit", "--new", str(mine))[0] == 0
    assert neolab("audit", str(mine))[0] == 0
    assert neolab("audit", "--new", str(mine))[0] == 2  # nothing is overwritten
    text.write_text("It differed, t(28) = 2.20, p = .04.")
    status, proposal, said = neolab("audit", "--text", str(text))
    assert status == 0 and "t(28) = 2.20, p = .04" in proposal and "1 statistics" in said


@pytest.mark.slow
def test_a_run_is_made_once_and_a_failed_one_ends_with_status_1(neolab, runs):
    assert neolab("run", "wu2021", "--profile", "smoke")[0] == 0
    assert (runs / "wu2021" / "smoke_seed0" / "results.json").is_file()
    status, out, _ = neolab("run", "wu2021", "--profile", "smoke")
    assert (status, out.startswith("wu2021: nothing has changed since the run in")) == (0, True)
    status, _, err = neolab("run", "wu2021", "--profile", "smoke", "-p", "n_bootstrap=101")
    assert status == 1
    assert err.startswith("neolab: wu2021 failed in code cell 4")
    assert "RuntimeError: asked to fail" in err


@pytest.mark.slow
def test_replicate_goes_on_after_a_failure_and_keeps_what_is_there(neolab, runs):
    words = [
        "replicate",
        "wu2021",
        "--profile",
        "smoke",
        "-p",
        "n_bootstrap=101,200",
        "--seeds",
        "0,1",
        "--jobs",
        "2",
    ]
    status, out, err = neolab(*words)
    assert status == 1
    assert out.count(": done in") == 2
    assert out.count(": failed") == 2
    assert "RuntimeError: asked to fail" in err
    assert "Claim ledger" in out
    assert "accuracy here says nothing about patients" in out
    assert (runs / "report.html").is_file()
    status, out, _ = neolab(*words)
    assert status == 1
    assert out.count(": nothing has changed, kept") == 2
