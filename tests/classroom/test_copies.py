"""The learner's copies: complete, clean, and never taken away."""

import json
from pathlib import Path

import pytest

from classroom import copies


def read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def write(path: Path, book: dict) -> None:
    path.write_text(json.dumps(book), encoding="utf-8")


def answer(path: Path, before: str, after: str) -> None:
    """Type into the copy."""
    path.write_text(path.read_text(encoding="utf-8").replace(before, after, 1), encoding="utf-8")


def test_a_learner_gets_the_lesson_and_the_exercises_of_every_chapter(learner):
    made = copies.make(learner)
    assert [path.name for path in made] == ["90-count-coins.ipynb", "90-exercises.ipynb"]


def test_a_copy_has_no_outputs_yet(learner):
    lesson, _ = copies.make(learner)
    code = [cell for cell in read(lesson)["cells"] if cell["cell_type"] == "code"]
    assert code
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in code)


def test_what_a_learner_wrote_is_never_overwritten(learner):
    lesson, exercises = copies.make(learner)
    answer(exercises, "...", "return 2 * amount")
    lesson.unlink()
    mine = exercises.read_text(encoding="utf-8")
    assert copies.make(learner) == [lesson]
    assert exercises.read_text(encoding="utf-8") == mine


def test_a_chapter_can_be_reset(learner):
    _, exercises = copies.make(learner)
    fresh = exercises.read_text(encoding="utf-8")
    answer(exercises, "...", "return 2 * amount")
    copies.reset(learner.chapter("90"))
    assert exercises.read_text(encoding="utf-8") == fresh


def test_one_exercise_can_be_reset_and_the_others_stay(learner):
    _, exercises = copies.make(learner)
    answer(exercises, "...", "return 2 * amount")
    answer(exercises, "// people", "/ people")
    answer(exercises, 'check(\\"90.2\\", share)', 'check(\\"90.2\\", None)')
    copies.reset_exercise("90.2", learner)
    text = exercises.read_text(encoding="utf-8")
    assert "return 2 * amount" in text
    assert "// people" in text
    assert 'check(\\"90.2\\", share)' in text


def test_an_exercise_whose_cell_is_gone_is_not_reset_but_explained(learner):
    _, exercises = copies.make(learner)
    write(exercises, read(exercises) | {"cells": []})
    with pytest.raises(LookupError, match="`reset 90` makes the whole notebook anew"):
        copies.reset_exercise("90.1", learner)


def test_an_exercise_that_does_not_exist_is_not_reset(learner):
    with pytest.raises(LookupError, match=r"no exercise '90\.9'"):
        copies.reset_exercise("90.9", learner)
