"""`python -m classroom check 4.2`: the learner's own answer, once more from the top."""

from __future__ import annotations

import nbformat
from nbformat import NotebookNode

from classroom.book import execute
from classroom.copies import exercises_copy
from classroom.course import Course
from classroom.exercise import find


def rerun(name: str, course: Course) -> str:
    """Run the learner's copy in a fresh kernel, up to the check of one exercise; what that said.

    Earlier cells may fail: they are other exercises. Raises `LookupError` if there is no such
    exercise, or no copy with its check.
    """
    chapter, exercise = find(name, course)
    copy = exercises_copy(chapter)
    if not copy.exists():
        raise LookupError(f"There is no {copy}: `python -m classroom lab` makes your copies.")
    book = nbformat.read(copy, as_version=4)
    calls = [n for n, cell in enumerate(book.cells) if f'check("{exercise.id}"' in cell.source]
    if not calls:
        raise LookupError(f'{copy} has no cell with check("{exercise.id}", …).')
    book.cells = book.cells[: calls[-1] + 1]
    execute(book, copy.parent, errors=True)
    return "\n".join(_said(output) for output in book.cells[-1].outputs)


def _said(output: NotebookNode) -> str:
    if output.output_type == "error":
        return f"{output.ename}: {output.evalue}"
    text = output.get("text") or output.get("data", {}).get("text/plain", "")
    return str(text).rstrip()
