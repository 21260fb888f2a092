"""A customer's sources: cards saved the way it was done before PaymentMethods.

https://docs.stripe.com/api/cards
"""

from local_stripe import declines, legacy_cards
from local_stripe.call import Call
from local_stripe.errors import CardError, StripeError, no_such, not_implemented
from local_stripe.expand import Includes
from local_stripe.implemented import only
from local_stripe.legacy_cards import LegacyCard
from local_stripe.listing import page
from local_stripe.routing import Route
from local_stripe.store import Object, Store
from local_stripe.updates import record


def create(call: Call) -> Object:
    """Save a token's card to the customer."""
    params = only(call.params, ("source",))
    customer = _customer(call)
    card = save(call, customer["id"], params["source"])
    if customer["default_source"] is None:
        record(call, "customer.updated", customer, {**customer, "default_source": card["id"]})
    return card


def retrieve(call: Call) -> Object:
    """One of the customer's cards."""
    return _card(call, _customer(call))


def update(call: Call) -> Object:
    """Change the name on one of the customer's cards, or its metadata."""
    params = only(call.params, ("metadata", "name"))
    card = _card(call, _customer(call))
    changed = {**card, "metadata": call.metadata(card["metadata"])}
    if "name" in params:
        changed["name"] = params["name"]
    return record(call, "customer.source.updated", card, changed)


def delete(call: Call) -> Object:
    """Take a card from the customer; the newest other one becomes the default."""
    only(call.params, ())
    customer = _customer(call)
    card = _card(call, customer)
    stub = call.store.delete(card)
    call.events.emit("customer.source.deleted", card)
    if customer["default_source"] == card["id"]:
        newest = next(call.store.select("card", customer=customer["id"]), None)
        default = newest and newest["id"]
        record(call, "customer.updated", customer, {**customer, "default_source": default})
    return stub


def index(call: Call) -> Object:
    """The customer's cards, newest first."""
    params = only(call.params, ("ending_before", "limit", "object", "starting_after"))
    if params.get("object") not in (None, "card"):
        raise not_implemented(f"sources that are a {params['object']}", "object")
    return page(call, "card", customer=_customer(call)["id"])


def save(call: Call, customer: str, token: str) -> Object:
    """A token's card, now the customer's. Raises CardError if the bank would not have it."""
    legacy = legacy_cards.spend_without_intent(call, token)
    if legacy.card.decline and not legacy.card.attaches:
        raise declines.refuse(legacy.card.decline, keep=False)
    card = call.store.put({**legacy.shown, "customer": customer})
    call.store.secret[card["id"]] = legacy.card
    call.events.emit("customer.source.created", card)
    return card


def of_customer(call: Call, customer: Object, id: str | None = None) -> LegacyCard:
    """One of the customer's cards; without an id the default one.

    Raises StripeError for a card that is not theirs, and CardError if they have none.
    """
    wanted = id or customer["default_source"]
    if wanted is None:
        raise _nothing_saved(call, customer)
    card = call.store.get("card", wanted)
    if card is None or card.get("customer") != customer["id"]:
        raise StripeError(
            f"Customer {customer['id']} does not have a linked source with ID {wanted}.",
            code="missing",
            param="source",
        )
    return LegacyCard(call.store.secret[wanted], card)


def _customer(call: Call) -> Object:
    return call.store.require("customer", call.path["customer"])


def _card(call: Call, customer: Object) -> Object:
    id = call.path["id"]
    card = call.store.get("card", id)
    if card is None or card.get("customer") != customer["id"]:
        raise no_such("source", id)
    return card


def _nothing_saved(call: Call, customer: Object) -> CardError:
    if next(call.store.select("payment_method", customer=customer["id"]), None):
        message = (
            "This Customer doesn't have any legacy saved payment details, but does have a Payment "
            "Method attached. Use a Payment Intent instead of creating a Charge: "
            "https://stripe.com/docs/payments/payment-intents/migration"
        )
    else:
        message = (
            "This Customer doesn't have any saved payment details. Attach a legacy Token, Card, "
            "Bank Account, or Source to this Customer and then try this request again, or use "
            "Payment Intents and Payment Methods instead."
        )
    return CardError(message, code="missing", param="card", keep=False)


def _listed(store: Store, customer: Object) -> Object:
    """The field `sources` of a customer."""
    cards = list(store.select("card", customer=customer["id"]))
    url = f"/v1/customers/{customer['id']}/sources"
    return {"object": "list", "data": cards[:10], "has_more": len(cards) > 10, "url": url}


_ALL = "/v1/customers/{customer}/sources"
_ONE = f"{_ALL}/{{id}}"

INCLUDES: Includes = {("customer", "sources"): _listed}

ROUTES = (
    Route("POST", _ALL, create, "CustomerPaymentSourceCreateParams", "card"),
    Route("GET", _ALL, index, "CustomerPaymentSourceListParams", "list"),
    Route("GET", _ONE, retrieve, "CustomerPaymentSourceRetrieveParams", "card"),
    Route("POST", _ONE, update, "CustomerPaymentSourceUpdateParams", "card"),
    Route("DELETE", _ONE, delete, "CustomerPaymentSourceDeleteParams", "card"),
)
