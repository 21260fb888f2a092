"""`timeline()`: what is drawn of the traffic, and what is left out."""

import pytest

from classroom.traffic import BROWSER, NOTEBOOK, SHOP, STRIPE, Arrow, Diagram, Journal, shorten
from tests.classroom.shown import shown

INTENT, OTHER = "pi_3SkaB42eZvKYlo2C0aBcDeFg", "pi_3SkaB42eZvKYlo2C1hIjKlMn"
GENERATED = "bb32eddc-d7ea-b702-2781-70f3954e2780"


def said(*texts: str) -> list[str]:
    return [arrow.text for arrow in shorten([Arrow(SHOP, STRIPE, text) for text in texts])]


def test_ids_become_numbers_in_order_of_appearance():
    assert said(f"200 {INTENT}", f"GET /v1/payment_intents/{OTHER}", f"200 {INTENT}") == [
        "200 pi_…1",
        "GET /v1/payment_intents/pi_…2",
        "200 pi_…1",
    ]


def test_test_cards_keep_their_names():
    assert said("POST /v1/payment_intents payment_method=pm_card_visa") == [
        "POST /v1/payment_intents payment_method=pm_card_visa"
    ]


@pytest.mark.parametrize("token", ["tok_visa", "tok_1SkaB42eZvKYlo2CnOpQrStU", "ctoken_1aB2cD"])
def test_no_token_is_shown(token):
    kind = token.partition("_")[0]
    assert said(f"source={token}") == [f"source={kind}_…"]


def test_a_key_of_ones_own_is_shown_by_a_number():
    assert said("POST /v1/refunds {key order-7}") == ["POST /v1/refunds (key 1)"]


def test_a_key_that_the_sdk_made_up_is_shown_only_when_it_comes_again():
    assert said(f"POST /v1/refunds {{key {GENERATED}}}") == ["POST /v1/refunds"]
    assert said(*[f"POST /v1/refunds {{key {GENERATED}}}"] * 2) == ["POST /v1/refunds (key 1)"] * 2


def test_a_diagram_names_those_who_spoke_from_left_to_right():
    diagram = Diagram(
        [
            Arrow(SHOP, STRIPE, "POST /v1/refunds"),
            Arrow(STRIPE, SHOP, "200; #1", answer=True),
            Arrow(BROWSER, SHOP, "GET /"),
        ]
    )
    assert diagram.mermaid.splitlines() == [
        "sequenceDiagram",
        "    participant browser",
        "    participant shop",
        "    participant Stripe",
        "    shop->>Stripe: POST /v1/refunds",
        "    Stripe-->>shop: 200#59; #35;1",
        "    browser->>shop: GET /",
    ]


def test_a_diagram_reads_as_text_from_who_asked_to_who_answered():
    diagram = Diagram(
        [Arrow(NOTEBOOK, STRIPE, "GET /v1/balance"), Arrow(STRIPE, NOTEBOOK, "200", answer=True)]
    )
    assert repr(diagram).splitlines() == [
        "notebook --> Stripe    GET /v1/balance",
        "notebook <-- Stripe    200",
    ]


def test_an_empty_diagram_says_so_and_draws_nothing():
    bundle = shown(Diagram([]))
    assert list(bundle) == ["text/plain"]
    assert "Nobody has said anything" in bundle["text/plain"]


def test_a_journal_gives_each_message_once():
    journal = Journal()
    journal.note(Arrow(NOTEBOOK, SHOP, "GET /"))
    assert len(journal.take()) == 1
    assert journal.take() == []
