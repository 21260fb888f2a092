"""`check`, `hint` and `solution`: what a learner asks from a notebook."""

from __future__ import annotations

from collections import Counter

from IPython.core.getipython import get_ipython
from IPython.display import display

from classroom import progress
from classroom.course import Course
from classroom.exercise import Exercise, cell_of, find
from classroom.percent import definition
from classroom.source import Code
from classroom.verdict import Outcome, judge

_hints_given: Counter[str] = Counter()


def check(exercise: str | float, answer: object) -> None:
    """Say whether your answer is right and, if it is not, what it did instead."""
    course = Course.here()
    chapter, found = find(exercise, course)
    verdict = judge(found, answer, cell_of(found, chapter), _typed_source(found.answer))
    print(verdict)
    match verdict.outcome:
        case Outcome.CORRECT:
            progress.record(found.id, course)
        case Outcome.WRONG:
            print(_offer(found))


def hint(exercise: str | float, number: int | None = None) -> None:
    """Print the next hint, or the one you ask for; the last is nearly the answer."""
    _, found = find(exercise, Course.here())
    wanted = number or _hints_given[found.id] + 1
    shown = _hints_given[found.id] = max(1, min(wanted, len(found.hints)))
    print(f"Hint {shown} of {len(found.hints)}: {found.hints[shown - 1]}")


def solution(exercise: str | float) -> None:
    """Show the answer that the course would give."""
    chapter, found = find(exercise, Course.here())
    display(Code(f"{found.id} {found.title}", cell_of(found, chapter).solved))


def _offer(exercise: Exercise) -> str:
    given, all_of_them = _hints_given[exercise.id], len(exercise.hints)
    if given < all_of_them:
        return f'hint("{exercise.id}") shows hint {given + 1} of {all_of_them}.'
    return f'solution("{exercise.id}") shows an answer.'


def _typed_source(name: str) -> str | None:
    """The latest cell of this notebook that defines a name; None outside a notebook."""
    shell = get_ipython()
    cells = shell.user_ns.get("In", []) if shell else []
    return next((cell for cell in reversed(cells) if _defines(cell, name)), None)


def _defines(cell: str, name: str) -> bool:
    try:
        return definition(cell, name) is not None
    except SyntaxError:
        return False
