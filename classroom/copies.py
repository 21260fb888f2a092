"""The learner's own copies in `work/`: made once, never overwritten, mended only when asked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from classroom.course import Chapter, Course

Book = dict[str, Any]

# From a copy, the other copies are next door.
LINKS = (
    (re.compile(r"\]\(\.\./exercises/(\d\d)-[\w-]+\.ipynb"), r"](\1-exercises.ipynb"),
    (re.compile(r"\]\(\.\./notebooks/([\w-]+)\.ipynb"), r"](\1.ipynb"),
)


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


def reset_exercise(chapter: Chapter, exercise: str) -> None:
    """Put the cell of one exercise back as it was; the rest of the copy stays.

    Raises `LookupError` when that cell is gone from the copy.
    """
    original = _read(chapter.root / "exercises" / f"{chapter.slug}.ipynb")
    copy = _read(exercises_copy(chapter))
    fresh = next(cell for cell in original["cells"] if _belongs(cell, exercise))
    places = [n for n, cell in enumerate(copy["cells"]) if cell["id"] == fresh["id"]]
    if not places:
        raise LookupError(
            f"The cell of {exercise} is no longer in {exercises_copy(chapter).name}: "
            f"`reset {chapter.number}` makes the whole notebook anew."
        )
    copy["cells"][places[0]] = fresh
    _write(copy, exercises_copy(chapter))


def _belongs(cell: Book, exercise: str) -> bool:
    return f'check("{exercise}"' in "".join(cell["source"])


def _stripped(book: Book) -> Book:
    for cell in book["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
        else:
            cell["source"] = [_next_door(line) for line in cell["source"]]
    return book


def _next_door(line: str) -> str:
    for pattern, replacement in LINKS:
        line = pattern.sub(replacement, line)
    return line


def _read(path: Path) -> Book:
    book: Book = json.loads(path.read_text(encoding="utf-8"))
    return book


def _write(book: Book, path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(book, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
