"""A bank debit: on its way for days, then paid or failed.

https://docs.stripe.com/payments/payment-methods#payment-notification
"""

from functools import partial

from local_stripe import charging, declines, intents, ledger
from local_stripe.bank_accounts import BankAccount, Failure
from local_stripe.call import Call
from local_stripe.errors import StripeError, not_implemented
from local_stripe.states import CHARGE, PAYMENT_INTENT
from local_stripe.store import Object

DAYS = {"us_bank_account": 4, "sepa_debit": 5}  # until the bank has paid, or says why not
_DAY = 86_400

_MANDATE = (
    "This PaymentIntent requires a mandate, but no existing mandate was found. Collect mandate "
    "acceptance from the customer and try again, providing acceptance data in the mandate_data "
    "parameter."
)
_SHOWN = {
    "us_bank_account": (
        "account_holder_type", "account_type", "bank_name", "fingerprint", "last4",
        "routing_number",
    ),
    "sepa_debit": ("bank_code", "branch_code", "country", "fingerprint", "last4"),
}  # fmt: skip


def start(
    call: Call, intent: Object, known: Object | None, method: Object, account: BankAccount
) -> Object:
    """Send the debit on its way; gives the intent, processing. `known` is as for `paying.choose`.

    Raises StripeError where nobody allowed the debit: a page asks for that itself.
    """
    if not (call.publishable or call.params.get("mandate_data")):
        raise StripeError(_MANDATE, payment_intent=known)
    if intent["capture_method"] == "manual":
        raise StripeError(
            f"The PaymentMethod type {account.type} does not support manual capture.",
            param="capture_method",
            payment_intent=known,
        )
    if intent["customer"] and intent["setup_future_usage"]:
        raise not_implemented("bank accounts saved for later", "setup_future_usage")
    shown = {name: method[account.type][name] for name in _SHOWN[account.type]}
    charge = charging.new(
        call,
        "py",
        method,
        {account.type: shown, "type": account.type},
        **charging.taken_from(intent),
    )
    call.store.put(charge)
    call.events.emit("charge.pending", charge)
    if account.settles:
        end = partial(_fail, failure=account.failure) if account.failure else _succeed
        call.agenda.add(call.clock.now() + DAYS[account.type] * _DAY, end, charge["id"])
    processing = PAYMENT_INTENT.move(
        "confirm",
        intent,
        last_payment_error=None,
        latest_charge=charge["id"],
        next_action=None,
        status="processing",
    )
    return intents.moved(call, processing, "processing")


def stop(call: Call, id: str) -> None:
    """Call the debit back: its charge fails."""
    charge = call.store.require("charge", id)
    _failed(call, charge, Failure("canceled", "The payment was canceled."))


def _succeed(call: Call, id: str) -> None:
    """The bank has paid."""
    charge = call.store.require("charge", id)
    if not CHARGE.allows("settle", charge):
        return
    amount = charge["amount"]
    paid = CHARGE.move(
        "settle",
        charge,
        amount_captured=amount,
        captured=True,
        outcome={**charging.AUTHORIZED, "risk_level": "not_assessed", "risk_score": None},
        paid=True,
        receipt_url=charging.receipt(id),
        status="succeeded",
    )
    paid["balance_transaction"] = ledger.charged(call, paid)["id"]
    call.store.put(paid)
    call.events.emit("charge.succeeded", paid)
    intent = call.store.require("payment_intent", charge["payment_intent"])
    done = PAYMENT_INTENT.move("settle", intent, amount_received=amount, status="succeeded")
    intents.moved(call, done, "succeeded")


def _fail(call: Call, id: str, failure: Failure) -> None:
    """The bank has not paid, and says why: the intent is open to another way."""
    charge = call.store.require("charge", id)
    if not CHARGE.allows("settle", charge):
        return
    _failed(call, charge, failure)
    intent = call.store.require("payment_intent", charge["payment_intent"])
    method = call.store.require("payment_method", charge["payment_method"])
    error = StripeError(failure.message, code=failure.code, charge=id, payment_method=method)
    failed = PAYMENT_INTENT.move(
        "settle",
        intent,
        last_payment_error=declines.remembered(error, payment_method_type=method["type"]),
        payment_method=None,
        status="requires_payment_method",
    )
    intents.moved(call, failed, "payment_failed")


def _failed(call: Call, charge: Object, failure: Failure) -> None:
    failed = CHARGE.move(
        "settle",
        charge,
        failure_code=failure.code,
        failure_message=failure.message,
        status="failed",
    )
    call.store.put(failed)
    call.events.emit("charge.failed", failed)
