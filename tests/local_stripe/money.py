"""What the tests of payments share."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import stripe

# A payment by card, without a page to return to.
CARD_ONLY = {"automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}}


def payment(amount: int = 4900, currency: str = "usd", **more: Any) -> dict[str, Any]:
    """Parameters of a PaymentIntent that takes cards."""
    return {"amount": amount, "currency": currency, **CARD_ONLY, **more}


def paid(
    client: stripe.StripeClient, amount: int = 4900, card: str = "visa", **more: Any
) -> stripe.PaymentIntent:
    """A payment that went through, if the card is a good one."""
    params = payment(amount, payment_method=f"pm_card_{card}", confirm=True, **more)
    return client.v1.payment_intents.create(params)


def held(client: stripe.StripeClient, amount: int = 6500, **more: Any) -> stripe.PaymentIntent:
    """A payment whose money is held, not taken."""
    return paid(client, amount, capture_method="manual", **more)


def debited(
    client: stripe.StripeClient, amount: int = 4900, account: str = "success", **more: Any
) -> stripe.PaymentIntent:
    """A payment by bank debit, on its way."""
    return client.v1.payment_intents.create(
        {
            "amount": amount,
            "currency": "usd",
            "allowed_payment_method_types": ["us_bank_account"],
            "payment_method": f"pm_usBankAccount_{account}",
            "mandate_data": {"customer_acceptance": {"type": "offline"}},
            "confirm": True,
            **more,
        }
    )


def plain(answer: Any) -> dict[str, Any]:
    """An answer of the SDK as plain data."""
    return json.loads(str(answer))


def refusal(action: Callable[[], object]) -> dict[str, Any]:
    """The status and the error that Stripe answers with, less what points into its dashboard."""
    with pytest.raises(stripe.StripeError) as raised:
        action()
    error = json.loads(raised.value.http_body)["error"]
    hidden = ("doc_url", "request_log_url")
    return {
        "status": raised.value.http_status,
        **{key: value for key, value in error.items() if key not in hidden},
    }


def event_types(client: stripe.StripeClient) -> list[str]:
    """What has happened, oldest first."""
    return [event.type for event in reversed(client.v1.events.list({"limit": 100}).data)]
