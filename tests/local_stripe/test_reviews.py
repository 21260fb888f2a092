"""Reviews: a payment that looks risky is made, and somebody is asked to look at it."""

import pytest

from local_stripe.holds import LENGTH
from tests.local_stripe.money import event_types, held, paid, plain, refusal

RISKY = "riskLevelElevated"


@pytest.fixture
def charge(client):
    """A payment that Stripe holds to be risky."""
    return paid(client, card=RISKY, expand=["latest_charge"]).latest_charge


@pytest.fixture
def review(client, charge):
    return client.v1.reviews.retrieve(charge.review)


def test_a_risky_payment_is_made_and_put_up_for_review(client, charge, local):
    intent = client.v1.payment_intents.retrieve(charge.payment_intent, {"expand": ["review"]})

    assert (intent.status, charge.captured) == ("succeeded", True)
    assert (charge.outcome.type, charge.outcome.reason, charge.outcome.risk_level) == (
        "manual_review",
        "elevated_risk_level",
        "elevated",
    )
    assert plain(intent.review) == {
        "id": charge.review,
        "object": "review",
        "billing_zip": None,
        "charge": None,
        "closed_reason": None,
        "created": local.clock.now(),
        "ip_address": None,
        "ip_address_location": None,
        "livemode": False,
        "open": True,
        "opened_reason": "rule",
        "payment_intent": intent.id,
        "reason": "rule",
        "session": None,
    }
    assert charge.review.startswith("prv_1")
    assert "review.opened" in event_types(client)


def test_any_other_payment_is_not_reviewed(client):
    intent = paid(client, expand=["latest_charge"])

    assert (intent.review, intent.latest_charge.review) == (None, None)
    assert client.v1.reviews.list().data == []


def test_a_review_is_approved_once(client, review):
    approved = client.v1.reviews.approve(review.id)

    assert (approved.open, approved.closed_reason, approved.reason) == (
        False,
        "approved",
        "approved",
    )
    assert event_types(client)[-1] == "review.closed"
    assert refusal(lambda: client.v1.reviews.approve(review.id))["status"] == 400


def test_only_open_reviews_are_listed(client, review):
    assert client.v1.reviews.list().data == [review]
    client.v1.reviews.approve(review.id)
    assert client.v1.reviews.list().data == []
    assert client.v1.reviews.retrieve(review.id).closed_reason == "approved"


@pytest.mark.parametrize(
    ("why", "closed_reason"),
    [({}, "refunded"), ({"reason": "fraudulent"}, "refunded_as_fraud")],
)
def test_a_refund_of_all_of_it_closes_its_review(client, charge, review, why, closed_reason):
    client.v1.refunds.create({"charge": charge.id, "amount": 100})
    assert client.v1.reviews.retrieve(review.id).open
    client.v1.refunds.create({"charge": charge.id, **why})
    assert client.v1.reviews.retrieve(review.id).closed_reason == closed_reason


def test_a_refund_leaves_a_review_as_it_was_approved(client, charge, review):
    client.v1.reviews.approve(review.id)

    client.v1.refunds.create({"charge": charge.id})

    assert client.v1.reviews.retrieve(review.id).closed_reason == "approved"


def test_a_hold_that_is_let_go_needs_no_review(client):
    intent = held(client, card=RISKY)

    client.v1.payment_intents.cancel(intent.id)

    assert client.v1.reviews.retrieve(intent.review).closed_reason == "canceled"


def test_a_hold_that_expires_needs_no_review(client, local):
    intent = held(client, card=RISKY)

    local.clock.advance(LENGTH)

    assert client.v1.reviews.retrieve(intent.review).closed_reason == "canceled"


def test_a_charge_without_an_intent_is_named_by_its_review(client, local):
    local.policies.token_charges = True
    charge = client.v1.charges.create({"amount": 4900, "currency": "usd", "source": f"tok_{RISKY}"})

    review = client.v1.reviews.retrieve(charge.review)

    assert (review.charge, review.payment_intent) == (charge.id, None)


def test_the_riskiest_payment_is_blocked_and_never_gets_to_the_bank(client):
    charge = refusal(lambda: paid(client, card="riskLevelHighest"))["charge"]

    outcome = client.v1.charges.retrieve(charge).outcome
    assert (outcome.type, outcome.risk_level, outcome.network_status) == (
        "blocked",
        "highest",
        "not_sent_to_network",
    )


def test_an_unknown_review_is_not_found(client):
    refused = refusal(lambda: client.v1.reviews.retrieve("prv_nope"))

    assert (refused["status"], refused["param"]) == (404, "review")
