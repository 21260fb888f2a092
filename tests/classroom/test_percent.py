"""Percent-format sources: what a learner gets and what a solution shows."""

import pytest

from classroom.percent import code_cells, definition, handed_out, solved

SOURCE = '''\
# %% [markdown]
# Words.

# %%
def share(amount):
    """Halves."""
    ### BEGIN SOLUTION
    return amount // 2
    ### END SOLUTION

# %% tags=["raises-exception"]
1 / 0
'''
BROKEN = """\
def share(amount):
    ### BEGIN SOLUTION
    return amount // 2
    ### STARTS AS
    # if amount:
    #     return amount / 2
    # # nothing to share
    ### END SOLUTION
"""


def test_a_solution_is_replaced_by_dots_for_the_learner():
    assert '"""Halves."""\n    ...\n' in handed_out(SOURCE)
    assert "SOLUTION" not in handed_out(SOURCE)


def test_a_solution_stays_without_its_markers():
    assert '"""Halves."""\n    return amount // 2\n' in solved(SOURCE)
    assert "SOLUTION" not in solved(SOURCE)


def test_an_exercise_can_start_as_code_that_is_wrong():
    assert handed_out(BROKEN) == (
        "def share(amount):\n    if amount:\n        return amount / 2\n    # nothing to share\n"
    )
    assert solved(BROKEN) == "def share(amount):\n    return amount // 2\n"


def test_text_without_solutions_is_handed_out_as_it_is():
    assert handed_out("a = 1\n") == solved("a = 1\n") == "a = 1\n"


def test_code_cells_leave_the_words_out():
    first, second = code_cells(SOURCE)
    assert first.solved.startswith("def share")
    assert second.handed_out == "1 / 0"


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("def pay(): ...", "pay"),
        ("async def pay(): ...", "pay"),
        ("class Order: ...", "Order"),
        ("total = 3", "total"),
        ("total: int = 3", "total"),
        ("one, (two, three) = values", "three"),
    ],
)
def test_a_definition_is_found_whatever_it_defines(source, name):
    assert definition(source, name) is not None
    assert definition(source, "other") is None


def test_the_last_definition_of_a_name_counts():
    found = definition("n = 1\nn = 2", "n")
    assert found is not None
    assert found.lineno == 2
