"""What Stripe's objects name of the shop's."""

import pytest

from sample_app import metadata

BOTH = {"order_id": "ord_1", "refund_id": "7d0c"}


@pytest.fixture
def noted(stripe_client):
    """Make an object at Stripe with these notes."""

    def make(notes):
        params = {"amount": 1000, "currency": "usd", "metadata": notes}
        return stripe_client.v1.payment_intents.create(params)

    return make


def test_an_order_and_a_refund_are_named_by_their_ids(noted):
    thing = noted(BOTH)
    assert (metadata.order_id(thing), metadata.refund_id(thing)) == ("ord_1", "7d0c")


def test_what_others_noted_names_nothing(noted):
    assert metadata.order_id(noted({"order": "17"})) == ""


def test_what_has_no_notes_names_nothing(noted, stripe_client):
    """A payment whose metadata Stripe states as null; the balance, which never has any."""
    bare = noted({})
    bare.metadata = None
    assert metadata.order_id(bare) == ""
    assert metadata.order_id(stripe_client.v1.balance.retrieve()) == ""
