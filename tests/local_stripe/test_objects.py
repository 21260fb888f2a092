"""Answers that differ from the SDK's types are told apart."""

import pytest

from local_stripe.contract import check_object

CARD = {
    "brand": "visa",
    "checks": None,
    "country": "US",
    "display_brand": "visa",
    "exp_month": 12,
    "exp_year": 2030,
    "fingerprint": "a",
    "funding": "credit",
    "generated_from": None,
    "last4": "4242",
    "networks": {"available": ["visa"], "preferred": None},
    "regulated_status": "unregulated",
    "three_d_secure_usage": {"supported": True},
    "wallet": None,
}
METHOD = {
    "id": "pm_1",
    "object": "payment_method",
    "billing_details": {
        "address": None,
        "email": None,
        "name": None,
        "phone": None,
        "tax_id": None,
    },
    "card": CARD,
    "created": 1,
    "customer": None,
    "livemode": False,
    "metadata": {"order": "7"},
    "type": "card",
}


def test_an_object_that_fits_has_no_differences():
    assert check_object(METHOD) == []


@pytest.mark.parametrize(
    ("body", "difference"),
    [
        ({**METHOD, "colour": "red"}, "body.colour: unknown"),
        ({k: v for k, v in METHOD.items() if k != "created"}, "body.created: missing"),
        ({**METHOD, "created": "1"}, "body.created: '1' is no"),
        ({**METHOD, "created": True}, "body.created: True is no"),
        ({**METHOD, "type": "cash"}, "body.type: 'cash' is none of"),
        ({**METHOD, "card": {**CARD, "last4": 4242}}, "body.card.last4: 4242 is no"),
        ({**METHOD, "card": []}, "body.card: [] is no"),
        ({**METHOD, "metadata": []}, "body.metadata: [] is no map"),
        (
            {**METHOD, "card": {**CARD, "networks": {"available": {}, "preferred": None}}},
            "body.card.networks.available: {} is no list",
        ),
        ({**METHOD, "metadata": {"order": 7}}, "body.metadata.order: 7 is no"),
        ({**METHOD, "customer": {"id": "cus_1", "object": "charge"}}, "'charge' is none of"),
        ({**METHOD, "object": "payment"}, "is no kind that the SDK knows"),
        ({"object": "list", "data": [METHOD], "has_more": False}, "body.url: missing"),
        (
            {"object": "list", "data": [{**METHOD, "x": 1}], "has_more": False, "url": "/"},
            "body.data[0].x: unknown",
        ),
        ({"id": "pm_1", "object": "payment_method", "deleted": True, "x": 1}, "body.x: unknown"),
        ({"error": {"message": "no"}}, "error.type: missing"),
        ({"error": {"type": "card_error", "colour": "red"}}, "error.colour: unknown"),
        (["not", "an", "object"], "is no object"),
    ],
)
def test_a_difference_is_named(body, difference):
    assert any(difference in line for line in check_object(body))


def test_an_expanded_reference_is_checked_too():
    customer = {"id": "cus_1", "object": "customer", "created": 1, "livemode": False, "x": 1}

    assert "body.customer.x: unknown" in check_object({**METHOD, "customer": customer})
