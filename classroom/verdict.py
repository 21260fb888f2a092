"""Judging one answer: right, wrong (and why), or not attempted yet."""

from __future__ import annotations

import ast
import re
import traceback
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from classroom.exercise import Exercise, Mistake
from classroom.percent import Cell, bound_names, definition

ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


class Outcome(Enum):
    """How an answer did."""

    CORRECT = "correct"
    WRONG = "not yet"
    NOT_ATTEMPTED = "not attempted yet"


@dataclass(frozen=True)
class Verdict:
    """An outcome, and for one that is not correct the reason, or what to do."""

    exercise: Exercise
    outcome: Outcome
    reason: str = ""

    def __str__(self) -> str:
        match self.outcome:
            case Outcome.CORRECT:
                return f"{self.exercise.id} correct."
            case Outcome.NOT_ATTEMPTED:
                return (
                    f"{self.exercise.id} not attempted yet. {self.reason}, then "
                    f'run this check again. hint("{self.exercise.id}") gives a nudge.'
                )
            case Outcome.WRONG:
                return f"{self.exercise.id} not yet: {self.exercise.title}.\n{self.reason}"


def judge(exercise: Exercise, answer: object, cell: Cell, source: str | None) -> Verdict:
    """Check an answer. `cell` is the one handed out; `source` is the learner's, if it is known."""
    if answer is ... or _unchanged(cell, source):
        return Verdict(exercise, Outcome.NOT_ATTEMPTED, _to_do(exercise, cell))
    try:
        exercise.check(answer)
    except Mistake as mistake:
        return Verdict(exercise, Outcome.WRONG, _steady(str(mistake)))
    except Exception as error:
        return Verdict(exercise, Outcome.WRONG, _steady(_told(exercise, error)))
    return Verdict(exercise, Outcome.CORRECT)


def _to_do(exercise: Exercise, cell: Cell) -> str:
    """What was handed out is a blank to fill, or code that is broken."""
    verb = "Write" if "..." in cell.handed_out.split() else "Mend"
    return f"{verb} `{exercise.answer}`"


def _unchanged(cell: Cell, source: str | None) -> bool:
    """Whether all that the cell defines is still as handed out, whatever its comments say."""
    if source is None:
        return False
    names = bound_names(cell.handed_out)
    return all(_dumped(definition(source, name)) == _dumped(cell.defines(name)) for name in names)


def _dumped(statement: ast.stmt | None) -> str | None:
    return None if statement is None else ast.dump(statement)


def _told(exercise: Exercise, error: Exception) -> str:
    said = "".join(traceback.format_exception_only(error)).strip()
    typed = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_typed(frame)]
    if not typed:
        return f"The check could not use `{exercise.answer}`: {said}"
    last = typed[-1]
    return f"Your code raised {said}\n  in {last.name}, line {last.lineno} of the cell: {last.line}"


def _is_typed(frame: traceback.FrameSummary) -> bool:
    """Whether code was typed into a notebook: its lines are known, but it is no file."""
    return bool(frame.line) and not Path(frame.filename).exists()


def _steady(text: str) -> str:
    """The text without addresses, which differ on every run."""
    return ADDRESS.sub("", text)
