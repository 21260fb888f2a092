"""What happens when a SetupIntent is confirmed: the card is saved, declined, or 3D Secure first.

https://docs.stripe.com/api/setup_intents/confirm
"""

from local_stripe import challenges, declines, intents, methods, payment_types
from local_stripe.bank_accounts import BankAccount
from local_stripe.call import Call
from local_stripe.cards import Card
from local_stripe.declines import Decline
from local_stripe.errors import CardError, StripeError, not_implemented
from local_stripe.states import SETUP_INTENT
from local_stripe.store import Object

_SHOWN = (
    "brand", "checks", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4",
)  # fmt: skip


def choose(call: Call, id: str, customer: str | None, known: Object | None) -> Object:
    """The PaymentMethod to save for the customer.

    `known` is the intent as it was before this call, None if this call creates it: a refusal
    shows it. Raises StripeError if the PaymentMethod is unknown or somebody else's.
    """
    method = methods.obtain(call, id, "payment_method")
    owner = method["customer"]
    if owner is None or owner == customer:
        return method
    if customer is None:
        raise StripeError(
            f"The payment method supplied ({method['id']}) belongs to the Customer {owner}. "
            "Please include the Customer in the `customer` parameter on the SetupIntent.",
            param="payment_method",
            setup_intent=known,
        )
    raise methods.somebody_elses(method, customer, setup_intent=known)


def confirm(call: Call, intent: Object, known: Object | None) -> Object:
    """Ask the bank; gives the intent as it is afterwards. `known` is as for `choose`.

    Raises StripeError for a refusal, which leaves everything as it was, and CardError for a
    decline: the intent stays, open to another try.
    """
    SETUP_INTENT.require("confirm", intent)
    if intent["payment_method"] is None:
        raise StripeError(
            "You cannot confirm this SetupIntent because it's missing a payment method. You can "
            "either update the SetupIntent with a payment method and then confirm it again, or "
            "confirm it again directly with a payment method or ConfirmationToken.",
            code="setup_intent_unexpected_state",
            setup_intent=known,
        )
    payment_types.require_return_url(call, intent, setup_intent=known)
    method = choose(call, intent["payment_method"], intent["customer"], known)
    card = methods.behind(call, method)
    if card is None:
        raise StripeError(methods.SPENT, setup_intent=known)
    if isinstance(card, BankAccount):
        raise not_implemented("bank accounts saved for later", "payment_method")
    if card.challenge == "always":
        return challenges.begin(call, SETUP_INTENT, intent, last_setup_error=None)
    return _save(call, "confirm", intent, method, card)


def authenticated(call: Call, intent: Object) -> Object:
    """Ask the bank, now that the card's owner has answered its challenge.

    Raises StripeError if the card was used up meanwhile, CardError for a decline: the intent stays.
    """
    method = choose(call, intent["payment_method"], intent["customer"], intent)
    card = methods.behind(call, method)
    if not isinstance(card, Card):
        raise StripeError(methods.SPENT, setup_intent=intent)
    return _save(call, "authenticate", intent, method, card)


def unauthenticated(call: Call, intent: Object) -> Object:
    """The intent after its owner failed the challenge: open to another card."""
    method = call.store.require("payment_method", intent["payment_method"])
    return _failed(call, "authenticate", intent, method, challenges.failure(intent, method))


def _save(call: Call, action: str, intent: Object, method: Object, card: Card) -> Object:
    decline = methods.verdict(card, method)
    if decline and not card.attaches:
        method = methods.look_at(call, method, decline)
        raise _declined(call, action, intent, method, decline)
    return _succeeded(call, action, intent, method)


def _succeeded(call: Call, action: str, intent: Object, method: Object) -> Object:
    if intent["customer"] and not method["customer"]:
        methods.save(call, method, intent["customer"])
    else:
        methods.look_at(call, method)
    done = SETUP_INTENT.move(
        action,
        intent,
        last_setup_error=None,
        latest_attempt=_attempt(call, intent, method, "succeeded"),
        next_action=None,
        status="succeeded",
    )
    return intents.moved(call, done, "succeeded")


def _declined(
    call: Call, action: str, intent: Object, method: Object, decline: Decline
) -> CardError:
    """The error to raise. The intent forgets the PaymentMethod and remembers the error."""
    error = declines.refuse(decline, payment_method=method)
    failed = _failed(call, action, intent, method, declines.remembered(error))
    error.fields["setup_intent"] = failed
    return error


def _failed(call: Call, action: str, intent: Object, method: Object, error: Object) -> Object:
    failed = SETUP_INTENT.move(
        action,
        intent,
        last_setup_error=error,
        latest_attempt=_attempt(call, intent, method, "failed", error),
        next_action=None,
        payment_method=None,
        status="requires_payment_method",
    )
    return intents.moved(call, failed, "setup_failed")


def _attempt(
    call: Call, intent: Object, method: Object, status: str, error: Object | None = None
) -> str:
    """Write the attempt down; gives its id."""
    card = {name: method["card"][name] for name in _SHOWN}
    id = call.ids.new("setatt")
    call.store.put(
        {
            "id": id,
            "object": "setup_attempt",
            "application": None,
            "created": call.clock.now(),
            "customer": intent["customer"],
            "customer_account": None,
            "flow_directions": None,
            "livemode": False,
            "on_behalf_of": None,
            "payment_method": method["id"],
            "payment_method_details": {
                "card": {**card, "network": card["brand"], "three_d_secure": None, "wallet": None},
                "type": "card",
            },
            "setup_error": error,
            "setup_intent": intent["id"],
            "status": status,
            "usage": intent["usage"],
        }
    )
    return id
