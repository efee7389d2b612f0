"""Sections that a folder cannot serve are skipped with a sentence, and nothing else is."""

import pytest
from IPython.core.interactiveshell import InteractiveShell

from neolab.run.sections import open_sections, section


class Notes:
    """Stands where a run stands: it keeps the sentences."""

    def __init__(self):
        self.sentences = []

    def limitation(self, sentence):
        self.sentences.append(sentence)


@pytest.fixture
def shell():
    shell = InteractiveShell()
    shell.user_ns.update(section=section, run=Notes())
    open_sections(shell)
    yield shell
    open_sections(shell)


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
    assert shell.user_ns["run"].sentences[-1] == "one more"


def test_a_skipped_cell_says_so(shell, capsys):
    shell.run_cell('section(run, "Groups", {"diagnoses": False})')
    capsys.readouterr()
    shell.run_cell("fourth = 4")
    assert capsys.readouterr().out == "(skipped with the section 'Groups')\n"


@pytest.mark.parametrize(
    "cell",
    ['before = 1\nsection(run, "Scans")', 'section(run, "Scans")\nafter = 1', 'x = section(run, "S"); y = 1'],
)
def test_a_section_beside_other_code_is_refused_before_any_of_it_runs(shell, cell):
    assert isinstance(shell.run_cell(cell).error_in_exec, RuntimeError)
    assert not {"before", "after", "x", "y"} & set(shell.user_ns)


def test_a_word_in_a_text_or_a_name_opens_no_section(shell):
    """Only a call does; a line cannot be saved from being skipped by what stands beside it."""
    shell.run_cell('section(run, "Groups", {"diagnoses": False})')
    shell.run_cell("words = 'section(run, title)'\n# section(run)\nother_section = print")
    shell.run_cell("if True:\n    nested = 1")
    assert not {"words", "other_section", "nested"} & set(shell.user_ns)


def test_a_run_that_begins_again_in_the_same_kernel_skips_nothing(shell):
    shell.run_cell('section(run, "Groups", {"diagnoses": False})')
    shell.user_ns["notebook"] = type("Notebook", (), {"start": staticmethod(lambda: open_sections(shell))})
    shell.run_cell("import json\nnotebook.start()")
    shell.run_cell("fifth = 5")
    assert shell.user_ns["fifth"] == 5
    assert shell.user_ns["json"].__name__ == "json"


def test_magics_are_skipped_like_any_code(shell, capsys):
    shell.run_cell('section(run, "Groups", {"diagnoses": False})')
    capsys.readouterr()
    shell.run_cell("%time 1 + 1")
    assert "skipped" in capsys.readouterr().out
