"""Cards as the API had them before PaymentMethods: in a token, or saved as a customer's source.

https://docs.stripe.com/api/cards
"""

from dataclasses import dataclass
from typing import Any

from local_stripe import cards, declines, methods, raw_cards, shapes
from local_stripe.call import Call
from local_stripe.cards import Card
from local_stripe.declines import Decline
from local_stripe.errors import StripeError, no_such
from local_stripe.store import Object

ADDRESS = ("city", "country", "line1", "line2", "state", "zip")

_BRANDS = {written: brand for brand, written in cards.BRANDS.items()}
_SAME = ("country", "exp_month", "exp_year", "fingerprint", "funding", "last4")
_FILLED_IN = {"cvc": "123"}  # what somebody typed who made Stripe's own tokens


@dataclass(frozen=True, slots=True)
class LegacyCard:
    """A test card, and the `card` object that shows it."""

    card: Card
    shown: Object

    @property
    def verdict(self) -> Decline | None:
        """What the bank says to a charge: nobody can answer 3D Secure there."""
        if self.card.challenge != "never":
            return declines.AUTHENTICATION_REQUIRED
        return methods.verdict(self.card, self.as_method())

    @property
    def billing_details(self) -> Object:
        """The name and the address that were typed in with the card."""
        shown = self.shown
        address = {
            "city": shown["address_city"],
            "country": shown["address_country"],
            "line1": shown["address_line1"],
            "line2": shown["address_line2"],
            "postal_code": shown["address_zip"],
            "state": shown["address_state"],
        }
        return {**shapes.BILLING_DETAILS, "address": address, "name": shown["name"]}

    @property
    def checks(self) -> Object:
        """The checks as a PaymentMethod has them."""
        return {
            "address_line1_check": self.shown["address_line1_check"],
            "address_postal_code_check": self.shown["address_zip_check"],
            "cvc_check": self.shown["cvc_check"],
        }

    def as_method(self) -> Object:
        """What a charge shows of the way it was paid."""
        card = {name: self.shown[name] for name in _SAME}
        card |= {"brand": _BRANDS[self.shown["brand"]], "checks": self.checks}
        return {"id": self.shown["id"], "billing_details": self.billing_details, "card": card}

    def looked_at(self) -> "LegacyCard":
        """The card after the bank has checked what there was to check."""
        names = ("address_line1_check", "address_zip_check", "cvc_check")
        results = {name: self.shown[name] and "pass" for name in names}
        if results["cvc_check"] and self.card.decline is declines.INCORRECT_CVC:
            results["cvc_check"] = "fail"
        return LegacyCard(self.card, {**self.shown, **results})


def show(call: Call, card: Card, expiry: tuple[int, int], typed: dict[str, Any]) -> Object:
    """The `card` object for a test card that expires then, and what else was typed in."""
    address = {f"address_{part}": typed.get(f"address_{part}") for part in ADDRESS}
    return {
        "id": call.ids.new("card"),
        "object": "card",
        **address,
        "address_line1_check": "unchecked" if address["address_line1"] else None,
        "address_zip_check": "unchecked" if address["address_zip"] else None,
        "brand": cards.BRANDS[card.brand],
        "country": card.country,
        "cvc_check": "unchecked" if typed.get("cvc") else None,
        "dynamic_last4": None,
        "exp_month": expiry[0],
        "exp_year": expiry[1],
        "fingerprint": cards.fingerprint(card),
        "funding": card.funding,
        "last4": card.last4,
        "metadata": {},
        "name": typed.get("name"),
        "networks": {"preferred": None},
        "regulated_status": "unregulated",
        "tokenization_method": None,
    }


def of_token(call: Call, id: str) -> LegacyCard | None:
    """The card of one of Stripe's own tokens, such as `tok_visa`."""
    card = cards.find(id) if id.startswith("tok_") else None
    if card is None:
        return None
    return LegacyCard(card, show(call, card, raw_cards.rolling_expiry(call), _FILLED_IN))


def spend(call: Call, id: str, param: str) -> LegacyCard:
    """The card of a token, which is used up by that; Stripe's own tokens never are.

    Raises StripeError for a token that is unknown or used; `param` is blamed.
    """
    if ours := of_token(call, id):
        return ours
    token = call.store.get("token", id)
    if token is None:
        raise no_such("token", id, param)
    if token["used"]:
        raise StripeError(
            f"You cannot use a Stripe token more than once: {id}.", code="token_already_used"
        )
    call.store.put({**token, "used": True})
    return LegacyCard(call.store.secret[id], token["card"])


def spend_without_intent(call: Call, id: str) -> LegacyCard:
    """The card of a token for a charge or a customer's source.

    Raises StripeError where the account's policy has ended this use of tokens.
    """
    if not call.policies.token_charges:
        raise StripeError(
            "Card Token usage on the Customers API and Charges API has reached end of life. In "
            "order to continue processing your payments, you will need to use the Payment Intents "
            "and Payment Methods API. Read more about what you should do here: "
            "https://docs.stripe.com/payments/payment-methods/integration-options. If you need to "
            "continue to use Card Tokens on the Customers and Charges API, enable this "
            "functionality in your API policies settings: "
            "https://dashboard.stripe.com/settings/developers/api-policies"
        )
    return spend(call, id, "source").looked_at()
