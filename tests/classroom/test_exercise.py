"""What `checks.py` is written with: a solution, and answers that differ from it in a few places."""

import pytest

from classroom.exercise import Source, solution_of

TWICE = Source("def double(n):\n    return n + n")


def test_an_answer_is_the_solution_but_for_a_few_places():
    wrong = TWICE.but("def double(n)", "def double(n, m=0)").but("n + n", "n + m")
    assert wrong == "def double(n, m=0):\n    return n + m"


@pytest.mark.parametrize(("old", "times"), [("m + m", 0), ("n", 4)])
def test_a_place_that_is_not_there_once_is_refused(old, times):
    with pytest.raises(LookupError, match=f"{times} times in the answer"):
        TWICE.but(old, "m")


def test_the_solution_comes_from_the_exercises_beside_the_checks(chapter):
    solution = solution_of("double", str(chapter.checks))
    assert solution.startswith("def double(amount):\n")
    assert "    return 2 * amount\n" in solution


def test_a_name_that_no_exercise_defines_is_named(chapter):
    with pytest.raises(LookupError, match=r"exercises\.py defines treble"):
        solution_of("treble", str(chapter.checks))
