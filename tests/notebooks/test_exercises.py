"""The exercises: fair as handed out, solvable, and strict about wrong answers."""

import contextlib
import io
import json
import linecache
from typing import Any

import nbformat
import pytest

from classroom.book import drafted, execute, notebooks
from classroom.course import Chapter, Course
from classroom.exercise import Exercise, cell_of, exercises_of
from classroom.percent import Cell, code_cells
from classroom.verdict import Outcome, Verdict, judge

CHAPTERS = Course().chapters()
WRONG = [
    pytest.param(chapter, exercise, wrong, id=f"{exercise.id}-{number}")
    for chapter in CHAPTERS
    for exercise in exercises_of(chapter)
    for number, wrong in enumerate(exercise.wrong, start=1)
]
RIGHT = [
    pytest.param(chapter, exercise, right, id=f"{exercise.id}-{number}")
    for chapter in CHAPTERS
    for exercise in exercises_of(chapter)
    for number, right in enumerate(exercise.right, start=1)
]
each_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=[c.slug for c in CHAPTERS])


def run(source: str, name: str, namespace: dict[str, Any]) -> None:
    """Run a cell; its lines can be looked up, as a notebook's can."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    exec(compile(source, name, "exec"), namespace)


def before(chapter: Chapter, exercise: Exercise) -> dict[str, Any]:
    """The names that a solver of the chapter has, up to the exercise and what stands around it.

    Nothing is judged on the way there: each test judges one answer.
    """
    namespace: dict[str, Any] = {"__name__": "__main__"}
    answer = cell_of(exercise, chapter)
    with contextlib.redirect_stdout(io.StringIO()):
        for n, cell in enumerate(code_cells(chapter.exercises.read_text(encoding="utf-8"))):
            if not is_check(cell, chapter):
                run(cell.solved, f"<cell {n}>", namespace)
            if cell == answer:
                break
    return namespace


def is_check(cell: Cell, chapter: Chapter) -> bool:
    return any(cell.checks(exercise.id) for exercise in exercises_of(chapter))


def attempt(chapter: Chapter, exercise: Exercise, source: str) -> Verdict:
    """What somebody is told who answers with this source."""
    namespace = before(chapter, exercise)
    run(source, f"<answer to {exercise.id}>", namespace)
    return judge(exercise, namespace[exercise.answer], cell_of(exercise, chapter), source)


@pytest.mark.parametrize(("chapter", "exercise", "wrong"), WRONG)
def test_a_wrong_answer_is_rejected_with_its_own_message(chapter, exercise, wrong):
    verdict = attempt(chapter, exercise, wrong.source)
    assert verdict.outcome is Outcome.WRONG
    assert wrong.message in verdict.reason


@pytest.mark.parametrize(("chapter", "exercise", "right"), RIGHT)
def test_a_right_answer_need_not_look_like_the_solution(chapter, exercise, right):
    verdict = attempt(chapter, exercise, right)
    assert verdict.outcome is Outcome.CORRECT, verdict.reason


@each_chapter
def test_every_solution_is_right(chapter):
    for exercise in exercises_of(chapter):
        verdict = attempt(chapter, exercise, cell_of(exercise, chapter).solved)
        assert verdict.outcome is Outcome.CORRECT, verdict


@each_chapter
def test_a_chapter_as_handed_out_runs_and_says_that_nothing_was_attempted(chapter, tmp_path):
    _, exercises, _ = notebooks(chapter)
    book = drafted(exercises)
    execute(book, tmp_path)
    said = json.dumps([cell.get("outputs", []) for cell in book.cells])
    attempted = [e.id for e in exercises_of(chapter) if f"{e.id} not attempted yet" not in said]
    assert attempted == []


@each_chapter
def test_every_solution_was_accepted_in_the_notebook(chapter):
    path = chapter.root / "solutions" / f"{chapter.slug}.ipynb"
    said = json.dumps([cell.get("outputs", []) for cell in nbformat.read(path, 4).cells])
    assert [e.id for e in exercises_of(chapter) if f"{e.id} correct." not in said] == []


@each_chapter
def test_a_chapter_has_three_to_seven_exercises_in_order(chapter):
    number = int(chapter.number)
    ids = [exercise.id for exercise in exercises_of(chapter)]
    assert ids == [f"{number}.{n + 1}" for n in range(len(ids))]
    assert 3 <= len(ids) <= 7
    assert set(ids) == chapter.exercise_ids()


@each_chapter
def test_an_exercise_has_graded_hints_and_two_wrong_answers(chapter):
    for exercise in exercises_of(chapter):
        assert len(exercise.hints) >= 2, exercise.id
        assert len(exercise.wrong) >= 2, exercise.id
        assert exercise.title, exercise.id
