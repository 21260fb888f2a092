"""The learner's own copies in `work/`: made once, never overwritten, mended only when asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from classroom.course import Chapter, Course
from classroom.exercise import cell_of, find

Book = dict[str, Any]


def copies(chapter: Chapter) -> Iterator[tuple[Path, Path]]:
    """What a learner gets of a chapter: pairs of the original and the copy."""
    work, name = chapter.root / "work", f"{chapter.slug}.ipynb"
    yield chapter.root / "notebooks" / name, work / name
    if chapter.exercises.exists():
        yield chapter.root / "exercises" / name, exercises_copy(chapter)


def exercises_copy(chapter: Chapter) -> Path:
    """The learner's copy of a chapter's exercises."""
    return chapter.root / "work" / f"{chapter.number}-exercises.ipynb"


def make(course: Course) -> list[Path]:
    """Make the copies that are missing; returns those."""
    course.work.mkdir(exist_ok=True)
    pairs = [pair for chapter in course.chapters() for pair in copies(chapter)]
    missing = [(original, copy) for original, copy in pairs if not copy.exists()]
    for original, copy in missing:
        _write(_stripped(_read(original)), copy)
    return [copy for _, copy in missing]


def reset(chapter: Chapter) -> None:
    """Make both copies of a chapter anew."""
    for original, copy in copies(chapter):
        _write(_stripped(_read(original)), copy)


def reset_exercise(name: str, course: Course) -> None:
    """Put the cells of one exercise back as they were: its answer and its check.

    Raises `LookupError` when there is no such exercise, or they are gone from the copy.
    """
    chapter, exercise = find(name, course)
    answer = cell_of(exercise, chapter).handed_out
    original = _read(chapter.root / "exercises" / f"{chapter.slug}.ipynb")
    fresh = {
        cell["id"]: cell
        for cell in original["cells"]
        if (text := "".join(cell["source"])) == answer or f'check("{name}"' in text
    }
    copy = _read(exercises_copy(chapter))
    if not fresh.keys() <= {cell["id"] for cell in copy["cells"]}:
        raise LookupError(
            f"A cell of {name} is no longer in {exercises_copy(chapter).name}: "
            f"`reset {chapter.number}` makes the whole notebook anew."
        )
    copy["cells"] = [fresh.get(cell["id"], cell) for cell in copy["cells"]]
    _write(copy, exercises_copy(chapter))


def _stripped(book: Book) -> Book:
    for cell in book["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    return book


def _read(path: Path) -> Book:
    book: Book = json.loads(path.read_text(encoding="utf-8"))
    return book


def _write(book: Book, path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(book, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
