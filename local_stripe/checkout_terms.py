"""What a request asks of a new Checkout Session: checked, and what it leaves open filled in.

https://docs.stripe.com/api/checkout/sessions/create
"""

from local_stripe import addresses, checkout, currencies, line_items, payment_types
from local_stripe.call import Call
from local_stripe.errors import StripeError, missing, not_implemented
from local_stripe.implemented import given, only
from local_stripe.store import Object

_SHORTEST, _LONGEST = 30 * 60, 24 * 60 * 60  # seconds that a session is open
_LONGEST_REFERENCE = 200  # characters
_PAYMENT_DATA = (
    "capture_method", "description", "metadata", "receipt_email", "setup_future_usage", "shipping",
    "transfer_group",
)  # fmt: skip
# `payment_method_options` of a session, by type.
_SETUP_OPTIONS: Object = {"card": {"request_three_d_secure": "automatic"}}
_PAYMENT_OPTIONS: Object = {
    **_SETUP_OPTIONS,
    "sepa_debit": {},
    "us_bank_account": {"verification_method": "automatic"},
}
_ONLY_TO_PAY = ("line_items", "payment_intent_data", "submit_type")
_ONLY_TO_SET_UP = ("setup_intent_data",)


def mode(params: Object) -> str:
    """`payment` or `setup`. Raises StripeError for what does not go with it."""
    wanted = required(params, "mode")
    if wanted == "subscription":
        raise not_implemented("Checkout Sessions in `subscription` mode", "mode")
    for name in _ONLY_TO_SET_UP if wanted == "payment" else _ONLY_TO_PAY:
        if name in params:
            raise StripeError(f"You can not pass `{name}` in `{wanted}` mode.", param=name)
    return wanted


def required(params: Object, name: str) -> str:
    """The parameter. Raises StripeError if it was not sent, or sent empty."""
    value: str | None = given(params, name)
    if value is None:
        raise missing(name)
    return value


def items(call: Call, mode: str) -> list[Object]:
    """What is sold; nothing where a card is saved."""
    if mode == "setup":
        return []
    sent = call.params.get("line_items")
    if not sent:
        raise missing("line_items")
    currency = given(call.params, "currency")
    return line_items.build(call, sent, currency and currencies.known(currency))


def total(sold: list[Object]) -> int:
    """What is to be paid, in minor units. Raises StripeError for less or more than is charged."""
    amount: int = sum(item["amount_total"] for item in sold)
    currency = sold[0]["currency"]
    least = currencies.minimum(currency)
    if amount == 0:
        raise not_implemented("Checkout Sessions that cost nothing", "line_items")
    if amount < least:
        raise StripeError(
            "The Checkout Session's total amount due must add up to at least "
            f"{currencies.written(least, currency)} {currency}",
            code="amount_too_small",
        )
    return currencies.chargeable(amount, currency)


def currency_to_set_up(params: Object) -> str | None:
    """Ways to pay depend on the currency, unless the request names them."""
    currency = given(params, "currency")
    if currency:
        return currencies.known(currency)
    if not (params.get("allowed_payment_method_types") or params.get("payment_method_types")):
        raise missing("currency")
    return None


def ways_to_pay(params: Object, mode: str, currency: str | None) -> Object:
    """The fields that say how to pay. Raises StripeError for a way, or its currency, not taken."""
    ways = payment_types.fields(params, _PAYMENT_OPTIONS if mode == "payment" else _SETUP_OPTIONS)
    types = ways["payment_method_types"]
    if types == ["link"]:
        raise not_implemented("Checkout by Link alone", "allowed_payment_method_types")
    if currency:
        payment_types.require_currency(types, currency)
    return ways


def intent_data(params: Object, mode: str) -> Object:
    """What the session's intent is to get from the request when it is made."""
    if mode == "setup":
        return only(params.get("setup_intent_data") or {}, ("description", "metadata"))
    return only(params.get("payment_intent_data") or {}, _PAYMENT_DATA)


def customer(call: Call) -> tuple[str | None, Object | None]:
    """The customer and what is known of the payer. Raises StripeError if they contradict."""
    id, email = given(call.params, "customer"), given(call.params, "customer_email")
    if id and email:
        raise StripeError(
            "You may only specify one of these parameters: customer, customer_email.",
            param="customer",
        )
    if id:
        email = call.store.require("customer", id, "customer")["email"]
        return id, {**checkout.NO_DETAILS, "email": email}
    if email:
        return None, {**checkout.NO_DETAILS, "email": addresses.email(email, "customer_email")}
    return None, None


def customer_creation(params: Object) -> str | None:
    """Whether paying makes a customer: `always` or `if_required`; None if there is one."""
    wanted = params.get("customer_creation")
    if wanted and params.get("customer"):
        raise StripeError(
            "You may only specify one of these parameters: customer, customer_creation.",
            param="customer",
        )
    return None if params.get("customer") else wanted or "if_required"


def client_reference_id(params: Object) -> str | None:
    """What the shop calls it. Raises StripeError for more than 200 characters."""
    id: str | None = params.get("client_reference_id")
    if id is not None and len(id) > _LONGEST_REFERENCE:
        raise StripeError(
            f"Invalid string: {id[:50]}…; must be at most {_LONGEST_REFERENCE} characters",
            param="client_reference_id",
        )
    return id


def display_name(params: Object) -> Object:
    """The shop's name on the page."""
    sent = only(params.get("branding_settings") or {}, ("display_name",))
    return {name: value for name, value in sent.items() if value}


def expires_at(call: Call) -> int:
    """When the session closes (seconds since 1970): in a day, unless the request says sooner."""
    now = call.clock.now()
    at: int = call.params.get("expires_at", now + _LONGEST)
    if at < now + _SHORTEST:
        raise StripeError(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session "
            "creation.",
            param="expires_at",
        )
    if at > now + _LONGEST:
        raise StripeError(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.",
            param="expires_at",
        )
    return at
