"""Judging answers: what a learner is told."""

import linecache

import pytest

from classroom.exercise import Exercise, Mistake, expect
from classroom.percent import Cell
from classroom.verdict import Outcome, judge

HANDED_OUT = '''\
def double(amount):
    """Twice the amount."""
    ### BEGIN SOLUTION
    return 2 * amount
    ### STARTS AS
    # return amount
    ### END SOLUTION
'''


def check_double(answer) -> None:
    expect(answer(2) == 4, f"Called double(2), returned {answer(2)!r}, expected 4.")


DOUBLE = Exercise("90.1", "Double", "double", check_double, hints=("Twice.",), wrong=())


def verdict(source: str, exercise: Exercise = DOUBLE):
    """As a notebook's cell would define it: its lines are known, but it is no file."""
    namespace: dict[str, object] = {}
    linecache.cache["<a cell>"] = (len(source), None, source.splitlines(), "<a cell>")
    exec(compile(source, "<a cell>", "exec"), namespace)
    return judge(exercise, namespace["double"], Cell(HANDED_OUT), source)


def test_a_right_answer_is_correct():
    assert str(verdict("def double(amount): return amount * 2")) == "90.1 correct."


def test_a_wrong_answer_is_told_what_came_back_and_what_should_have():
    assert str(verdict("def double(amount): return amount + 3")) == (
        "90.1 not yet: Double.\nCalled double(2), returned 5, expected 4."
    )


@pytest.mark.parametrize(
    "source",
    [
        "double = ...",
        "def double(amount):\n    'Twice the amount.'\n    return amount",
        "def double(amount):\n    '''Twice the amount.'''\n    # I think\n    return (amount)",
    ],
)
def test_what_was_handed_out_is_no_attempt(source):
    found = verdict(source)
    assert found.outcome is Outcome.NOT_ATTEMPTED
    assert str(found).startswith("90.1 not attempted yet. Mend `double`")


WHOLE_CELL = """\
RATE = 2


def double(amount):
    return times(amount)


def times(amount):
    ### BEGIN SOLUTION
    return RATE * amount
    ### STARTS AS
    # return RATE + amount + 1
    ### END SOLUTION
"""


def test_an_answer_that_leans_on_its_cell_is_attempted_when_anything_there_is_changed():
    cell = Cell(WHOLE_CELL)
    handed_out, mended = cell.handed_out, cell.solved
    tripled = cell.handed_out.replace("RATE = 2", "RATE = 3")
    outcomes = []
    for source in (handed_out, tripled, mended):
        namespace: dict[str, object] = {}
        exec(source, namespace)
        outcomes.append(judge(DOUBLE, namespace["double"], cell, source).outcome)
    assert outcomes == [Outcome.NOT_ATTEMPTED, Outcome.WRONG, Outcome.CORRECT]


def test_a_blank_is_to_be_written():
    blank = Cell("### BEGIN SOLUTION\ndouble = 2\n### END SOLUTION\n")
    assert str(judge(DOUBLE, ..., blank, None)).startswith("90.1 not attempted yet. Write `double`")


def test_an_error_in_the_learners_code_is_shown_as_theirs_with_its_line():
    source = "def double(amount):\n    half = amount / 0\n    return half"
    assert verdict(source).reason == (
        "Your code raised ZeroDivisionError: division by zero\n"
        "  in double, line 2 of the cell: half = amount / 0"
    )


def test_an_answer_of_another_kind_is_a_wrong_answer_too():
    assert verdict("double = 7").reason == (
        "The check could not use `double`: TypeError: 'int' object is not callable"
    )


def test_nothing_the_learner_is_told_differs_from_run_to_run():
    def check_repr(answer) -> None:
        raise Mistake(f"Called double(2), returned {object()!r}.")

    exercise = Exercise("90.1", "Double", "double", check_repr, hints=(), wrong=())
    told = verdict("def double(amount): return object()", exercise)
    assert told.reason == "Called double(2), returned <object object>."


@pytest.mark.parametrize("condition", [False, 0, "", None])
def test_expect_raises_its_message_when_the_condition_fails(condition):
    with pytest.raises(Mistake, match="an odd thing"):
        expect(condition, "an odd thing")


def test_expect_lets_what_holds_pass():
    expect([1], "nothing")
