"""What happens when a PaymentIntent is confirmed: a charge, a decline, 3D Secure, a bank debit.

https://docs.stripe.com/api/payment_intents/confirm
"""

from local_stripe import (
    card_testing,
    challenges,
    charging,
    debiting,
    declines,
    intents,
    methods,
    payment_types,
)
from local_stripe.bank_accounts import BankAccount
from local_stripe.call import Call
from local_stripe.cards import Card
from local_stripe.declines import Decline
from local_stripe.errors import CardError, StripeError, not_implemented
from local_stripe.states import PAYMENT_INTENT
from local_stripe.store import Object


def choose(call: Call, id: str, customer: str | None, known: Object | None) -> Object:
    """The PaymentMethod that shall pay for that customer's intent.

    `known` is the intent as it was before this call, None if this call creates it: a refusal
    shows it. Raises StripeError if the PaymentMethod is unknown or somebody else's.
    """
    method = methods.obtain(call, id, "payment_method")
    owner = method["customer"]
    if owner is None or owner == customer:
        return method
    if customer is None:
        raise StripeError(
            f"The `payment_method` parameter supplied {method['id']} belongs to the Customer "
            f"{owner}. Please include the Customer in the `customer` parameter on the "
            "PaymentIntent.",
            code="parameter_missing",
            param="source",
            payment_intent=known,
        )
    raise methods.somebody_elses(method, customer, payment_intent=known)


def confirm(call: Call, intent: Object, known: Object | None) -> Object:
    """Ask the bank; gives the intent as it is afterwards. `known` is as for `choose`.

    Raises StripeError for a refusal, which leaves everything as it was, and CardError for a
    decline: the intent stays, open to another try, and so does the failed charge.
    """
    PAYMENT_INTENT.require("confirm", intent)
    payment_types.require_return_url(call, intent, payment_intent=known)
    method = _method(call, intent, known)
    payment_types.require_allowed(intent, method, known)
    card = methods.behind(call, method)
    if card is None:
        raise StripeError(methods.SPENT, payment_intent=known)
    if isinstance(card, BankAccount):
        _keep(call, method)
        return debiting.start(call, intent, known, method, card)
    if not challenges.needed(call, card):
        return _charge(call, "confirm", intent, method, card)
    if call.params.get("off_session"):
        raise _declined(call, "confirm", intent, method, declines.AUTHENTICATION_REQUIRED)
    if call.params.get("error_on_requires_action"):
        raise _declined(call, "confirm", intent, method, declines.AUTHENTICATION_NOT_HANDLED)
    if intent["confirmation_method"] == "manual":
        raise not_implemented("3D Secure for a PaymentIntent that a server confirms once more")
    return challenges.begin(call, PAYMENT_INTENT, intent, last_payment_error=None)


def authenticated(call: Call, intent: Object) -> Object:
    """Ask the bank, now that the card's owner has answered its challenge.

    Raises StripeError if the card was used up meanwhile, CardError for a decline: the intent stays.
    """
    method = _method(call, intent, intent)
    card = methods.behind(call, method)
    if not isinstance(card, Card):
        raise StripeError(methods.SPENT, payment_intent=intent)
    return _charge(call, "authenticate", intent, method, card)


def unauthenticated(call: Call, intent: Object) -> Object:
    """The intent after its owner failed the challenge: open to another way to pay."""
    method = call.store.require("payment_method", intent["payment_method"])
    failed = PAYMENT_INTENT.move(
        "authenticate",
        intent,
        last_payment_error=challenges.failure(intent, method),
        next_action=None,
        payment_method=None,
        status="requires_payment_method",
    )
    return intents.moved(call, failed, "payment_failed")


def _method(call: Call, intent: Object, known: Object | None) -> Object:
    """The PaymentMethod that the intent has by now."""
    if intent["payment_method"]:
        return choose(call, intent["payment_method"], intent["customer"], known)
    if customer := intent["customer"]:
        advice = (
            f"To confirm the PaymentIntent with {customer}, specify a payment method attached to "
            "this customer along with the customer ID."
        )
    else:
        advice = (
            "You can either update the PaymentIntent with a payment method and then confirm it "
            "again, or confirm it again directly with a payment method or ConfirmationToken."
        )
    raise StripeError(
        f"You cannot confirm this PaymentIntent because it's missing a payment method. {advice}",
        code="payment_intent_unexpected_state",
        payment_intent=known,
    )


def _charge(call: Call, action: str, intent: Object, method: Object, card: Card) -> Object:
    block = card_testing.verdict(call, method, intent["customer"], intent["receipt_email"])
    decline = block or methods.verdict(card, method)
    method = methods.look_at(call, method, decline)
    hold = intent["capture_method"] == "manual"
    charge = charging.pay(
        call,
        card,
        method,
        decline,
        capture=not hold,
        later=intent["capture_method"] == "automatic_async",
        authenticated=action == "authenticate",
        **charging.taken_from(intent),
    )
    if decline:
        _keep(call, method)
        raise _declined(call, action, intent, method, decline, charge)
    paid = _paid(call, action, intent, charge, hold)
    if intent["capture_method"] == "automatic_async":
        charging.settle(call, charge)
    _keep(call, method, paid["customer"] if paid["setup_future_usage"] else None)
    return paid


def _paid(call: Call, action: str, intent: Object, charge: Object, hold: bool) -> Object:
    paid = PAYMENT_INTENT.move(
        action,
        intent,
        amount_capturable=intent["amount"] if hold else 0,
        amount_received=0 if hold else intent["amount"],
        last_payment_error=None,
        latest_charge=charge["id"],
        next_action=None,
        review=charge["review"],
        status="requires_capture" if hold else "succeeded",
    )
    return intents.moved(call, paid, "amount_capturable_updated" if hold else "succeeded")


def _declined(
    call: Call,
    action: str,
    intent: Object,
    method: Object,
    decline: Decline,
    charge: Object | None = None,
) -> CardError:
    """The error to raise. The intent forgets the PaymentMethod and remembers the error."""
    error = declines.refuse(decline, charge=charge and charge["id"], payment_method=method)
    failed = PAYMENT_INTENT.move(
        action,
        intent,
        last_payment_error=declines.remembered(error, payment_method_type="card"),
        latest_charge=charge["id"] if charge else intent["latest_charge"],
        next_action=None,
        payment_method=None,
        status="requires_payment_method",
    )
    error.fields["payment_intent"] = intents.moved(call, failed, "payment_failed")
    return error


def _keep(call: Call, method: Object, customer: str | None = None) -> None:
    """A PaymentMethod that nobody saves is spent by the attempt."""
    if method["customer"] is not None:
        return
    if customer is None:
        methods.spend(call, method)
    else:
        methods.save(call, method, customer)
