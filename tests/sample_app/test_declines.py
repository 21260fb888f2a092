"""What a customer reads when the bank says no."""

import pytest

from sample_app.declines import MESSAGES, UNSAID, message_for

# https://docs.stripe.com/declines/codes: to be told like any other decline.
NOT_TO_BE_TOLD = ["lost_card", "stolen_card", "fraudulent", "merchant_blacklist", "pickup_card"]


@pytest.mark.parametrize("code", NOT_TO_BE_TOLD)
def test_nobody_is_told_that_the_card_was_stolen(code):
    assert message_for("card_declined", code) == UNSAID


def test_no_message_speaks_of_lost_stolen_or_fraud():
    said = " ".join([*MESSAGES.values(), UNSAID]).lower()
    assert not [word for word in ("stolen", "lost", "fraud", "suspect") if word in said]


def test_the_banks_reason_counts_more_than_the_general_code():
    told = message_for("card_declined", "insufficient_funds")
    assert told == "There is not enough money on this card. Please try another card."


@pytest.mark.parametrize("decline_code", [None, "a_code_of_tomorrow"])
def test_a_code_without_a_message_gets_the_general_one(decline_code):
    assert message_for("card_declined", decline_code) == UNSAID


def test_a_code_alone_is_enough():
    assert message_for("expired_card", None).startswith("This card has expired.")


def test_every_message_says_what_to_do():
    assert all("try" in message for message in [*MESSAGES.values(), UNSAID])
