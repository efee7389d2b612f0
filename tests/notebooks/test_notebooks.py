"""Every notebook runs at smoke and holds the story alone; its pair carries its code and outputs."""

import ast
import io
import json
import re
import symtable
import tokenize
from collections.abc import Iterator

import pytest

from neolab.run import pairing
from neolab.run.registry import notebook_names
from neolab.run.runner import execute, plan_run
from neolab.run.sections import calls_of_statements
from neolab.run.source import code_cells, read_source

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

    cell = next(c for c in read_source(source).cells if "parameters" in c.metadata.get("tags", []))
    namespace: dict = {}
    exec(cell.source, namespace)
    namespace.pop("__builtins__")
    assert set(namespace) == set(parameters_of(STUDY_OF[source.stem]).model_fields)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_a_section_stands_alone_in_its_cell(source):
    """A cell runs whole or not at all, so what stands beside `section(...)` could be skipped by no folder."""
    cells = [cell.source for cell in code_cells(read_source(source))]
    opening = [cell for cell in cells if any(call.endswith("section") for call in calls_of_statements(cell))]
    assert [cell for cell in opening if len(ast.parse(cell).body) > 1] == []
    below = [cell for cell in cells if re.search(r"\bsection\(", cell) and cell not in opening]
    assert below == []


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_a_notebook_asks_its_reader_to_learn_few_names(source):
    """At most 25 names of the package; a module is one name."""
    names = {
        (node.module, alias.name)
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module.partition(".")[0] == "neolab"
        for alias in node.names
    }
    assert len(names) <= 25, sorted(f"{module}.{name}" for module, name in names)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_a_notebook_holds_the_story_and_no_machinery(source):
    assert n_code_lines(source.read_text(encoding="utf-8")) <= 320


def n_code_lines(text: str) -> int:
    """Lines with code on them: no comments, blank lines and docstrings."""
    layout = {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    }
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in layout:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            lines.difference_update(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return len(lines)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_no_function_of_a_notebook_reads_a_variable_of_the_notebook(source):
    """What a function needs is handed to it; a cell that is run again could change it unseen."""
    module = symtable.symtable(source.read_text(encoding="utf-8"), source.name, "exec")
    assigned = {
        symbol.get_name()
        for symbol in module.get_symbols()
        if symbol.is_assigned() and not symbol.is_imported() and not symbol.is_namespace()
    }
    found = {f"line {scope.get_lineno()}: {name}" for scope, name in globals_read(module) if name in assigned}
    assert not found


def globals_read(
    scope: symtable.SymbolTable, inside: bool = False
) -> Iterator[tuple[symtable.SymbolTable, str]]:
    """Every function or lambda and each global name that it, or a comprehension in it, reads."""
    inside = inside or (scope.get_type() == "function" and scope.get_name() not in COMPREHENSIONS)
    if inside:
        yield from ((scope, symbol.get_name()) for symbol in scope.get_symbols() if symbol.is_global())
    for child in scope.get_children():
        yield from globals_read(child, inside)


COMPREHENSIONS = {"listcomp", "setcomp", "dictcomp", "genexpr"}


def test_the_check_of_functions_sees_lambdas_and_comprehensions_and_lets_arguments_pass():
    code = """
import json
a, b = 1, 2
def f(x=a): return [x + b for _ in ()]
g = [a for _ in ()]
h = lambda: json.dumps(a) + f()
"""
    found = {name for _, name in globals_read(symtable.symtable(code, "cells", "exec"))}
    assert found & {"a", "b"} == {"a", "b"}
    assert {
        name for scope, name in globals_read(symtable.symtable("a = 1\ng = [a for _ in ()]", "c", "exec"))
    } == set()
