"""Sections that a folder cannot serve are skipped with a sentence, and nothing else is."""

import pytest
from IPython.core.interactiveshell import InteractiveShell

from neolab.run import sections
from neolab.run.sections import section


class Notes:
    """Stands where a run stands: it keeps the sentences."""

    def __init__(self):
        self.sentences = []

    def limitation(self, sentence):
        self.sentences.append(sentence)


@pytest.fixture
def shell(monkeypatch):
    shell = InteractiveShell()
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    shell.user_ns.update(section=section, run=Notes())
    yield shell
    sections._gate.closed = False


def test_cells_of_a_skipped_section_do_nothing_and_the_next_section_runs(shell, capsys):
    shell.run_cell('section(run, "Groups", {"column of diagnoses": False, "label map": True, "mask": False})')
    shell.run_cell("first = 1")
    shell.run_cell("raise RuntimeError('never')")
    shell.run_cell('section(run, "Scans")')
    shell.run_cell("second = 2")
    assert "first" not in shell.user_ns and shell.user_ns["second"] == 2
    sentence = "Groups: skipped, because this folder has no column of diagnoses and no mask."
    assert shell.user_ns["run"].sentences == [sentence]
    assert sentence in capsys.readouterr().out


def test_a_section_with_all_it_needs_runs(shell):
    shell.run_cell('section(run, "Groups", {"column of diagnoses": True})')
    shell.run_cell("third = 3")
    assert shell.user_ns["third"] == 3
    assert shell.user_ns["run"].sentences == []


def test_the_run_is_finished_even_after_a_skipped_section(shell):
    shell.user_ns["run"].finish = lambda: shell.user_ns.update(finished=True)
    shell.run_cell('section(run, "Groups", {"diagnoses": False})')
    shell.run_cell("run.limitation('one more')\nrun.finish()")
    assert shell.user_ns["finished"]
