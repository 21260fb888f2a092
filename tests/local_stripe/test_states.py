"""The tables of states are what the code obeys, and what a lesson can draw."""

import pytest

from local_stripe.states import (
    CHARGE,
    CHECKOUT_SESSION,
    DISPUTE,
    PAYMENT_INTENT,
    REFUND,
    SETUP_INTENT,
)
from tests.local_stripe.money import debited, held, paid, payment

OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")


def test_a_payment_intent_begins_without_or_with_a_payment_method():
    births = [after for action, before, after in PAYMENT_INTENT.moves() if before is None]

    assert births == ["requires_payment_method", "requires_confirmation"]


def test_the_drawing_of_a_payment_intent_shows_only_states_it_can_get_into():
    states = {after for _, _, after in PAYMENT_INTENT.moves()}
    starts = {before for _, before, _ in PAYMENT_INTENT.moves()}

    assert states == {*OPEN, "processing", "requires_capture", "succeeded", "canceled"}
    assert starts - {None} <= states


def test_money_is_captured_only_from_a_hold():
    captures = [move for move in PAYMENT_INTENT.moves() if move[0] == "capture"]

    assert captures == [("capture", "requires_capture", "succeeded")]


def test_nothing_leads_out_of_the_end():
    for machine in (PAYMENT_INTENT, SETUP_INTENT):
        starts = {before for _, before, _ in machine.moves()}
        assert not starts & {"succeeded", "canceled"}


def test_a_charge_can_be_refunded_in_parts():
    moves = set(CHARGE.moves())

    assert {("refund", "captured", "captured"), ("refund", "captured", "refunded")} <= moves
    assert not any(before == "failed" for _, before, _ in moves)


def test_a_refunded_charge_is_paid_again_if_the_refund_fails_and_never_else():
    moves = [move for move in CHARGE.moves() if move[1] == "refunded"]

    assert moves == [("refund_fails", "refunded", "captured")]


def test_a_debit_is_pending_until_it_is_paid_or_fails():
    moves = [move for move in CHARGE.moves() if "pending" in move]

    assert moves == [
        ("create", None, "pending"),
        ("settle", "pending", "captured"),
        ("settle", "pending", "failed"),
    ]


def test_a_refund_is_done_at_once_or_later_and_may_fail_even_then():
    assert list(REFUND.moves()) == [
        ("create", None, "succeeded"),
        ("create", None, "pending"),
        ("settle", "pending", "succeeded"),
        ("fail", "succeeded", "failed"),
    ]


def test_a_dispute_ends_won_or_lost_and_an_inquiry_closed_or_as_a_dispute():
    moves = set(DISPUTE.moves())
    ends = {after for _, _, after in moves} - {before for _, before, _ in moves}

    assert ends == {"won", "lost", "warning_closed"}
    assert ("decide", "warning_under_review", "needs_response") in moves
    assert {before for _, before, after in moves if after == "won"} == {"under_review"}


def test_a_checkout_session_is_closed_for_good():
    moves = [move for move in CHECKOUT_SESSION.moves() if move[1] in ("complete", "expired")]

    assert moves == [("settle", "complete", "complete")]


def test_a_move_that_the_table_does_not_have_is_an_error_of_ours():
    with pytest.raises(ValueError, match="capture: requires_capture does not lead to canceled"):
        PAYMENT_INTENT.move("capture", {"status": "requires_capture"}, status="canceled")


ACTIONS = ("confirm", "capture", "cancel")


def _in_state(client, state):
    intents = client.v1.payment_intents
    match state:
        case "requires_payment_method":
            return intents.create(payment())
        case "requires_confirmation":
            return intents.create(payment(payment_method="pm_card_visa"))
        case "requires_action":
            card = "pm_card_authenticationRequired"
            return intents.create(payment(payment_method=card, confirm=True))
        case "processing":
            return debited(client)
        case "requires_capture":
            return held(client)
        case "succeeded":
            return paid(client)
    return intents.cancel(intents.create(payment()).id)


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize(
    "state", [*OPEN, "processing", "requires_capture", "succeeded", "canceled"]
)
def test_a_payment_obeys_the_table_in_every_state(client, ask, state, action):
    intent = _in_state(client, state)
    allowed = {before for name, before, _ in PAYMENT_INTENT.moves() if name == action}
    params = {"payment_method": "pm_card_visa"} if action == "confirm" else {}

    answer = ask("POST", f"/v1/payment_intents/{intent.id}/{action}", params)

    assert intent.status == state
    assert (answer.status == 200) == (state in allowed)
    if answer.status != 200:
        assert answer.error["code"] == "payment_intent_unexpected_state"
        assert answer.error["payment_intent"]["status"] == state
        assert client.v1.payment_intents.retrieve(intent.id).status == state
