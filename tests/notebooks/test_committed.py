"""The committed notebooks: run, in order, and saying nothing of the machine they ran on."""

import json
import re
from pathlib import Path

import pytest

from classroom.book import build
from classroom.course import Course

ROOT = Course().root
RUN = sorted([*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("solutions/*.ipynb")])
HANDED_OUT = sorted(ROOT.glob("exercises/*.ipynb"))

OF_A_MACHINE = {
    "an address in memory": re.compile(r"\bat 0x[0-9a-f]+"),
    "a port": re.compile(r"(?:127\.0\.0\.1|localhost|0\.0\.0\.0):\d+"),
    "a path": re.compile(r"(?:/tmp/|/home/|/root/|/Users/|[A-Z]:\\\\|site-packages|ipykernel_\d)"),
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


def test_the_committed_notebooks_equal_a_fresh_build():
    differing = [named(made.path) for made in build(Course().chapters()) if made.differs]
    assert differing == [], "run `make build`, look at what changed, and commit it"
