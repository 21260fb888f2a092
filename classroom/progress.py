"""Which exercises are done, kept in the learner's `work/` folder."""

from __future__ import annotations

import json
from pathlib import Path

from classroom.course import Chapter, Course


def record(exercise: str, course: Course) -> None:
    """Remember that an exercise is done, if this runs in the learner's own copy."""
    if Path.cwd().is_relative_to(course.work):
        _write(done(course) | {exercise}, course)


def forget(exercises: set[str], course: Course) -> None:
    """Take exercises off the list."""
    _write(done(course) - exercises, course)


def done(course: Course) -> set[str]:
    """The exercises that are done."""
    kept = _file(course)
    return set(json.loads(kept.read_text(encoding="utf-8"))) if kept.exists() else set()


def report(course: Course) -> str:
    """A line for each chapter: its exercises, and which of them are done."""
    finished = done(course)
    return "\n".join(_line(chapter, finished) for chapter in course.chapters())


def _line(chapter: Chapter, finished: set[str]) -> str:
    exercises = sorted(chapter.exercise_ids())
    marks = "".join("#" if exercise in finished else "." for exercise in exercises)
    left = [exercise for exercise in exercises if exercise not in finished]
    return f"{chapter.slug:32} [{marks}]  {'next: ' + left[0] if left else 'done'}"


def _write(exercises: set[str], course: Course) -> None:
    new = _file(course).with_suffix(".new")
    new.write_text(json.dumps(sorted(exercises), indent=1) + "\n", encoding="utf-8")
    new.replace(_file(course))


def _file(course: Course) -> Path:
    return course.work / ".progress.json"
