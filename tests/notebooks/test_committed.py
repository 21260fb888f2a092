"""The committed notebooks: run, in order, and saying nothing of the machine they ran on."""

import json
import re
from pathlib import Path

import nbformat
import pytest

from classroom.book import drafted, notebooks, written
from classroom.course import Course

ROOT = Course().root
BUILT = [made for chapter in Course().chapters() for made in notebooks(chapter)]
RUN = sorted([*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("solutions/*.ipynb")])
HANDED_OUT = sorted(ROOT.glob("exercises/*.ipynb"))

OF_A_MACHINE = {
    "an address in memory": re.compile(r"\bat 0x[0-9a-f]+"),
    "a port": re.compile(r"(?:127\.0\.0\.1|localhost|0\.0\.0\.0):\d+"),
    "a path": re.compile(
        r"(?:/tmp/|/home/|[/]root/|/Users/|[A-Z]:\\\\|site-packages|ipykernel_\d)"
    ),
    "a key that is not visibly fake": re.compile(
        r"\b[spr]k_(?:live|test)_(?!local|…|\*|visiblyFake)\w"
    ),
}


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def code_cells(path: Path) -> list[dict]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


@pytest.mark.parametrize("path", RUN, ids=named)
def test_every_code_cell_was_run_in_order(path):
    counts = [cell["execution_count"] for cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1))


@pytest.mark.parametrize("path", HANDED_OUT, ids=named)
def test_an_exercise_notebook_is_handed_out_clean(path):
    assert all(not cell["outputs"] and not cell["execution_count"] for cell in code_cells(path))


@pytest.mark.parametrize("path", RUN, ids=named)
def test_a_cell_fails_exactly_where_it_says_so(path):
    for cell in code_cells(path):
        fails = any(output["output_type"] == "error" for output in cell["outputs"])
        assert fails == ("raises-exception" in cell["metadata"].get("tags", [])), cell["source"]


@pytest.mark.parametrize("path", RUN, ids=named)
@pytest.mark.parametrize("what", OF_A_MACHINE)
def test_no_output_tells_of_the_machine_it_ran_on(path, what):
    outputs = [json.dumps(output) for cell in code_cells(path) for output in cell["outputs"]]
    assert [output for output in outputs if OF_A_MACHINE[what].search(output)] == []


@pytest.mark.parametrize("path", RUN, ids=named)
def test_no_cell_warns(path):
    outputs = [output for cell in code_cells(path) for output in cell["outputs"]]
    assert [output["text"] for output in outputs if output.get("name") == "stderr"] == []


def test_every_notebook_belongs_to_a_chapter():
    slugs = {chapter.slug for chapter in Course().chapters()}
    assert {path.stem for path in [*RUN, *HANDED_OUT]} == slugs


@pytest.mark.parametrize("made", BUILT, ids=lambda made: named(made.path))
def test_a_committed_notebook_has_the_cells_of_its_source(made):
    """Its outputs are compared by nbval, which runs it; `classroom build --check` does both."""
    committed = nbformat.read(made.path, as_version=4)
    for cell in committed.cells:
        if made.run and cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    assert written(committed) == written(drafted(made)), "run `make build` and commit what changed"


@pytest.mark.parametrize("path", RUN, ids=named)
def test_nbval_compares_every_output(path):
    kinds = {
        kind for cell in code_cells(path) for out in cell["outputs"] for kind in out.get("data", ())
    }
    assert kinds <= {"text/plain", "text/html", "text/markdown", "text/vnd.mermaid"}
