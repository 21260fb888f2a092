"""`states()`: the tables that the code runs on, drawn."""

from itertools import groupby

import pytest

from classroom import states
from classroom.lifecycle import MACHINES, Life
from sample_app.order_status import TRANSITIONS
from tests.classroom.shown import shown


def test_a_life_reads_from_its_beginning_and_names_what_leads_on(capsys):
    states("setup_intent")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "(new)                   --> requires_payment_method  create"
    assert "requires_payment_method --> requires_payment_method  update, confirm" in lines
    assert "requires_action         --> canceled                 cancel" in lines


def test_what_leads_out_of_a_state_stands_together(capsys):
    states("payment_intent")
    starts = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    together = [start for start, _ in groupby(starts)]
    assert len(together) == len(set(starts))


@pytest.mark.parametrize("name", MACHINES)
def test_every_move_of_every_table_is_in_its_drawing(name, capsys):
    states(name)
    drawn = [line.split() for line in capsys.readouterr().out.splitlines()]
    known = {(a if a != "(new)" else None, b) for a, _, b, *_ in drawn}
    assert known == {(before, after) for _, before, after in MACHINES[name].moves()}


def test_the_shops_own_table_is_drawn_in_the_order_of_its_rows(capsys):
    states(TRANSITIONS)
    assert capsys.readouterr().out == (
        "(new)    --> pending\n"
        "pending  --> paid\n"
        "pending  --> canceled\n"
        "paid     --> refunded\n"
        "refunded --> paid\n"
    )


def test_a_drawing_in_mermaid_ends_where_nothing_leads_on():
    life = Life({(None, "open"): ["create"], ("open", "open"): ["a", "b"], ("open", "shut"): ()})
    bundle = shown(life)
    assert bundle["text/vnd.mermaid"].splitlines() == [
        "stateDiagram-v2",
        "    [*] --> open: create",
        "    open --> open: a, b",
        "    open --> shut",
        "    shut --> [*]",
    ]
    assert bundle["text/plain"].startswith("(new) --> open  create\n")


def test_a_sketch_leaves_out_one_action_and_the_moves_that_stay_where_they_are(capsys):
    states("payment_intent", without="update")
    lines = capsys.readouterr().out.splitlines()
    assert "requires_action         --> requires_payment_method  confirm, authenticate" in lines
    moves = [tuple(line.split()[:3:2]) for line in lines]
    assert not [before for before, after in moves if before == after]
    assert ("requires_payment_method", "requires_confirmation") not in moves


def test_what_has_no_table_is_named_with_those_that_have():
    with pytest.raises(LookupError, match=r"payment_intent.* none for invoice"):
        states("invoice")
