"""Exercises: what `lessons/*/checks.py` is written with."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from classroom.course import Chapter, Course
from classroom.percent import Cell, code_cells


class Mistake(Exception):
    """An answer is wrong; the message says what was called, what came back and what should have."""


class Source(str):
    """An answer as somebody would type it."""

    def but(self, old: str, new: str) -> Source:
        """The same, but for one place. Raises `LookupError` unless `old` is there, once."""
        if self.count(old) != 1:
            raise LookupError(f"{self.count(old)} times in the answer: {old}")
        return Source(self.replace(old, new))


@dataclass(frozen=True)
class Wrong:
    """A wrong answer that a check must reject, with a fragment of the message it must give.

    `source` defines the same name as the right answer, and runs where that would.
    """

    source: str
    message: str


@dataclass(frozen=True)
class Exercise:
    """One exercise. `answer` is the name it defines; `check` raises `Mistake` for a wrong one.

    right: answers beside the solution that the check must accept, as sources
    """

    id: str
    title: str
    answer: str
    check: Callable[[Any], None]
    hints: Sequence[str]
    wrong: Sequence[Wrong]
    right: Sequence[str] = ()


def expect(condition: object, message: str) -> None:
    """Raise `Mistake(message)` unless the condition holds."""
    if not condition:
        raise Mistake(message)


def solution_of(name: str, checks: str) -> Source:
    """The solved cell that defines a name, in the `exercises.py` beside this `checks.py`.

    Raises `LookupError` when there is none.
    """
    path = Path(checks).with_name("exercises.py")
    for cell in code_cells(path.read_text(encoding="utf-8")):
        if cell.defines(name):
            return Source(cell.solved)
    raise LookupError(f"No cell of {path} defines {name}.")


def find(name: str | float, course: Course) -> tuple[Chapter, Exercise]:
    """The exercise "4.2", or 4.2, and its chapter. Raises `LookupError` when there is none."""
    name = str(name)  # quotes are easily forgotten
    chapter = course.chapter(name.partition(".")[0])
    exercises = exercises_of(chapter)
    for exercise in exercises:
        if exercise.id == name:
            return chapter, exercise
    known = ", ".join(exercise.id for exercise in exercises) or "none"
    raise LookupError(f"There is no exercise {name!r}. Chapter {chapter.number} has: {known}.")


def exercises_of(chapter: Chapter) -> tuple[Exercise, ...]:
    """The exercises of a chapter, in order; a chapter without `checks.py` has none."""
    return _load(chapter.checks) if chapter.checks.exists() else ()


def cell_of(exercise: Exercise, chapter: Chapter) -> Cell:
    """The cell of `exercises.py` that defines the answer, the last one before its check."""
    cells = code_cells(chapter.exercises.read_text(encoding="utf-8"))
    place = next(n for n, cell in enumerate(cells) if cell.checks(exercise.id))
    return next(cell for cell in reversed(cells[: place + 1]) if cell.defines(exercise.answer))


@cache
def _load(checks: Path) -> tuple[Exercise, ...]:
    spec = importlib.util.spec_from_file_location(f"checks_{checks.parent.name[:2]}", checks)
    if spec is None or spec.loader is None:
        raise ImportError(f"{checks} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return tuple(module.EXERCISES)
