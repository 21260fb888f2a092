"""The table of test cards says what happens when each one pays, and the payments obey it."""

import pytest

from local_stripe.cards import CARDS, find, fingerprint
from local_stripe.errors import StripeError
from tests.local_stripe.money import payment, plain, refusal

DECLINED = [
    # number, code, decline_code, message, further fields
    (
        "4000000000000002",
        "card_declined",
        "generic_decline",
        "Your card was declined.",
        {"network_decline_code": "01", "advice_code": "try_again_later"},
    ),
    (
        "4000000000009995",
        "card_declined",
        "insufficient_funds",
        "Your card has insufficient funds.",
        {"network_decline_code": "51", "advice_code": "try_again_later"},
    ),
    (
        "4000000000009987",
        "card_declined",
        "lost_card",
        "Your card was declined.",
        {"network_decline_code": "41", "advice_code": "do_not_try_again"},
    ),
    (
        "4000000000009979",
        "card_declined",
        "stolen_card",
        "Your card was declined.",
        {"network_decline_code": "43", "advice_code": "do_not_try_again"},
    ),
    (
        "4000000000000069",
        "expired_card",
        "expired_card",
        "Your card has expired.",
        {
            "network_decline_code": "54",
            "advice_code": "confirm_card_data",
            "network_advice_code": "03",
            "param": "exp_month",
        },
    ),
    (
        "4000000000000127",
        "incorrect_cvc",
        "incorrect_cvc",
        "Your card's security code is incorrect.",
        {"network_decline_code": "82", "advice_code": "confirm_card_data", "param": "cvc"},
    ),
    (
        "4000000000000119",
        "processing_error",
        "processing_error",
        "An error occurred while processing your card. Try again in a little bit.",
        {"network_decline_code": "96", "advice_code": "try_again_later"},
    ),
    (
        "4000000000006975",
        "card_declined",
        "card_velocity_exceeded",
        "Your card was declined for making repeated attempts too frequently or exceeding its "
        "amount limit.",
        {"network_decline_code": "65", "advice_code": "try_again_later"},
    ),
    (
        "4000000000000341",
        "card_declined",
        "generic_decline",
        "Your card was declined.",
        {"network_decline_code": "01", "advice_code": "try_again_later"},
    ),
    ("4100000000000019", "card_declined", "fraudulent", "Your card was declined.", {}),
    ("4000000000004954", "card_declined", "fraudulent", "Your card was declined.", {}),
]


@pytest.mark.parametrize("number, code, decline_code, message, more", DECLINED)
def test_a_declining_card_says_why(client, number, code, decline_code, message, more):
    name = find(number).payment_method

    error = refusal(
        lambda: client.v1.payment_intents.create(payment(payment_method=name, confirm=True))
    )

    told = {key: error[key] for key in error if not isinstance(error[key], dict)}
    charge = told.pop("charge")
    assert told == {
        "status": 402,
        "type": "card_error",
        "code": code,
        "decline_code": decline_code,
        "message": message,
        **more,
    }
    assert client.v1.charges.retrieve(charge).status == "failed"


def test_the_declining_cards_above_are_all_there_are():
    declining = {card.number for card in CARDS if card.decline and card.challenge == "never"}

    assert declining == {row[0] for row in DECLINED}


GOOD = [card for card in CARDS if not card.decline and card.challenge == "never"]


@pytest.mark.parametrize("card", [card for card in GOOD if card.name], ids=lambda card: card.name)
def test_a_good_card_pays(client, card):
    made = client.v1.payment_intents.create(
        payment(payment_method=card.payment_method, confirm=True, expand=["payment_method"])
    )

    shown = plain(made)["payment_method"]["card"]
    assert made.status == "succeeded"
    assert (shown["brand"], shown["last4"]) == (card.brand, card.last4)
    assert (shown["funding"], shown["country"]) == (card.funding, card.country)


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.number)
def test_every_name_of_a_card_leads_to_it(card):
    assert find(card.number) is card
    assert all(find(token) is card for token in card.tokens)
    assert card.payment_method is None or find(card.payment_method) is card


def test_no_two_cards_share_a_name():
    names = [name for card in CARDS for name in (card.number, card.payment_method, *card.tokens)]
    names = [name for name in names if name]

    assert len(names) == len(set(names))


def test_each_card_has_a_fingerprint_of_its_own():
    prints = {fingerprint(card) for card in CARDS}

    assert len(prints) == len(CARDS)
    assert {len(fingerprint) for fingerprint in prints} == {16}


def test_the_declining_card_has_the_name_that_stripes_cli_uses():
    assert find("pm_card_chargeDeclined") is find("tok_chargeDeclined")


def test_a_disputed_card_has_the_token_that_a_real_account_knows():
    assert find("tok_visa_createDispute") is find("tok_createDispute")


def test_a_card_that_stripe_does_not_know_is_none():
    assert find("4111111111111111") is None


@pytest.mark.parametrize(
    "name, what",
    [
        ("4000000000000101", "risk rules"),
        ("pm_card_avsFail", "risk rules"),
        ("tok_visa_cvcCheckFail", "risk rules"),
        ("tok_bypassPending", "funds that skip the pending balance"),
    ],
)
def test_a_card_whose_outcome_is_not_played_is_refused_by_name(name, what):
    with pytest.raises(StripeError) as refused:
        find(name)

    assert str(refused.value) == (
        f"The local Stripe does not implement {what}, which the test card {name} is for."
    )


@pytest.mark.parametrize(
    "number, outcome",
    [
        ("4242424242424242", "The payment succeeds."),
        ("4000000000009995", "Your card has insufficient funds. It cannot be saved."),
        ("4000000000000341", "Your card was declined."),
        ("4000002760003184", "Asks for 3D Secure; then: The payment succeeds."),
        (
            "4000003800000446",
            "Asks for 3D Secure while the customer is there; then: The payment succeeds.",
        ),
        ("4000000000000259", "The payment succeeds. Then it is disputed: fraudulent."),
        ("4000000000001976", "The payment succeeds. Then the bank inquires about it: fraudulent."),
        ("4000000404000079", "The payment succeeds. Then it is disputed in 2 parts."),
        ("4000000000005423", "The payment succeeds. Then the bank warns of fraud."),
        ("4000000000009235", "The payment succeeds. Then somebody is asked to review it."),
        (
            "4000000000005126",
            "The payment succeeds. A refund succeeds at first, then fails.",
        ),
    ],
)
def test_the_cheat_sheet_says_what_a_card_does(number, outcome):
    assert find(number).outcome == outcome
