"""`check`, `hint`, `solution` and progress, as a notebook uses them."""

import pytest

from classroom import check, hint, solution
from classroom.progress import done, forget, report


@pytest.fixture(autouse=True)
def in_work(course, monkeypatch):
    """A learner's notebook runs in their `work/`."""
    course.work.mkdir()
    monkeypatch.chdir(course.work)


def double(amount):
    return 2 * amount


def test_a_right_answer_is_praised_and_remembered(course, capsys):
    check("90.1", double)
    assert capsys.readouterr().out == "90.1 correct.\n"
    assert done(course) == {"90.1"}


def test_forgotten_quotes_around_an_exercise_are_forgiven(capsys):
    check(90.1, double)
    assert capsys.readouterr().out == "90.1 correct.\n"


def test_outside_work_nothing_is_remembered(course, monkeypatch):
    monkeypatch.chdir(course.root)
    check("90.1", double)
    assert done(course) == set()


def test_a_wrong_answer_is_offered_the_next_hint_and_at_last_the_solution(capsys):
    def told() -> str:
        return capsys.readouterr().out.splitlines()[-1]

    check("90.2", [2, 2].copy)
    assert told() == 'hint("90.2") shows hint 1 of 2.'
    hint("90.2")
    assert told() == "Hint 1 of 2: What does 5 // 2 lose?"
    check("90.2", [2, 2].copy)
    assert told() == 'hint("90.2") shows hint 2 of 2.'
    hint("90.2")
    hint("90.2")
    assert told() == "Hint 2 of 2: divmod gives both."
    check("90.2", [2, 2].copy)
    assert told() == 'solution("90.2") shows an answer.'


def test_a_hint_can_be_asked_for_by_number(capsys):
    hint("90.1", 3)
    assert capsys.readouterr().out == "Hint 3 of 3: return 2 * amount\n"


def test_the_solution_is_the_cell_of_the_course(capsys):
    solution("90.1")
    shown = capsys.readouterr().out
    assert shown.startswith("# 90.1 Double an amount\ndef double(amount):")
    assert "return 2 * amount" in shown
    assert "SOLUTION" not in shown


def test_an_unknown_exercise_says_which_there_are():
    with pytest.raises(LookupError, match=r"no exercise '90\.9'\. Chapter 90 has: 90\.1, 90\.2"):
        check("90.9", ...)


def test_progress_shows_what_is_done_and_what_is_next(course):
    assert report(course).endswith("[...]  next: 90.1")
    check("90.1", double)
    assert report(course).endswith("[#..]  next: 90.2")
    forget({"90.1"}, course)
    assert report(course).endswith("[...]  next: 90.1")
