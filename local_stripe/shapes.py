"""Parts that many objects share, made once: nobody changes a stored object in place.

The objects have the fields that a real account answered with at 2026-08-26.dahlia. Five of those
are unknown to the installed SDK's newer version and left out: `shared_payment_granted_token` of
PaymentIntents and PaymentMethods; `destination`, `dispute` and `order` of charges.
"""

from typing import Any

# Pages that Stripe hosts and the local Stripe has not got: a name that leads nowhere (RFC 2606).
NOWHERE = "https://stripe.invalid"

MERCHANT = "Test shop"  # the account's name, where pages say who is paid

ADDRESS: dict[str, Any] = dict.fromkeys(
    ("city", "country", "line1", "line2", "postal_code", "state")
)
BILLING_DETAILS: dict[str, Any] = {
    "address": ADDRESS,
    "email": None,
    "name": None,
    "phone": None,
    "tax_id": None,
}
_SHIPPING: dict[str, Any] = {
    "address": ADDRESS,
    "carrier": None,
    "name": None,
    "phone": None,
    "tracking_number": None,
}


def billing_details(
    sent: dict[str, Any] | None, current: dict[str, Any] = BILLING_DETAILS
) -> dict[str, Any]:
    """Billing details after a request that sent these; without any, the current ones."""
    return _with_address(sent, current) if sent else current


def shipping(sent: dict[str, Any] | None) -> dict[str, Any] | None:
    """A shipping address with every field, or None."""
    return _with_address(sent, _SHIPPING) if sent else None


def _with_address(sent: dict[str, Any], current: dict[str, Any]) -> dict[str, Any]:
    address = current["address"]
    if "address" in sent:
        address = {**address, **sent["address"]} if sent["address"] else ADDRESS
    return {**current, **sent, "address": address}
