"""Tokens: card details exchanged for a word that a server may see, once.

https://docs.stripe.com/api/tokens
"""

from local_stripe import legacy_cards, raw_cards
from local_stripe.call import Call
from local_stripe.errors import missing
from local_stripe.implemented import only
from local_stripe.legacy_cards import LegacyCard
from local_stripe.routing import Route
from local_stripe.store import Object

_CARD = frozenset(
    ["number", "exp_month", "exp_year", "cvc", "name"]
    + [f"address_{part}" for part in legacy_cards.ADDRESS]
)


def create(call: Call) -> Object:
    """A token for the card that somebody typed in: what Stripe.js calls."""
    typed = only(call.params, ("card",)).get("card")
    if not isinstance(typed, dict):
        raise missing("card")
    raw_cards.allowed(call)
    card, expiry = raw_cards.read(call, only(typed, _CARD))
    return _token(call, LegacyCard(card, legacy_cards.show(call, card, expiry, typed)))


def retrieve(call: Call) -> Object:
    """A token. One of Stripe's own, such as `tok_visa`, comes out as a fresh one."""
    id = call.path["token"]
    ours = legacy_cards.of_token(call, id)
    return _token(call, ours) if ours else call.store.require("token", id)


def _token(call: Call, legacy: LegacyCard) -> Object:
    id = call.ids.new("tok")
    call.store.secret[id] = legacy.card
    token = {
        "id": id,
        "object": "token",
        "card": legacy.shown,
        "client_ip": None,
        "created": call.clock.now(),
        "livemode": False,
        "type": "card",
        "used": False,
    }
    return call.store.put(token)


ROUTES = (
    Route("POST", "/v1/tokens", create, "TokenCreateParams", "token", publishable=True),
    Route("GET", "/v1/tokens/{token}", retrieve, "TokenRetrieveParams", "token"),
)
