"""An order is paid in one way at a time: by card on the shop's page, or on Stripe's, by Checkout.

Who takes one way leaves the other first, and may take it once Stripe has confirmed that nothing
can be paid there any more. Two that leave in opposite directions at one moment meet at the order's
row: each commits its own payment's id under the row's lock, and sees there the other's.

    by card        leave Checkout: expire the session, cancel its payment and what a crash left,
                       forget both ids
                   commit the id of a PaymentIntent
                   confirm it, unless a session came meanwhile
    by Checkout    commit the id of a session
                   leave the card: cancel the PaymentIntent, forget its id
                   show the session's page
"""

from collections.abc import Iterator
from contextlib import contextmanager

import stripe
from sqlalchemy.orm import Session

from sample_app.models import Order, new_idempotency_key
from sample_app.order_status import OrderStatus
from sample_app.orders import lock
from sample_app.settlement import settle, settle_checkout

# A PaymentIntent in these takes no money, if nobody is left to confirm it.
IDLE = {"requires_payment_method", "requires_confirmation"}
OVER = {"succeeded", "canceled"}

# Characters, at Stripe: https://docs.stripe.com/api/payment_intents/create
MAX_DESCRIPTION = 1000


class OrderNotPayable(Exception):
    """The order was canceled or refunded, or its payment is still under way."""

    def __init__(self, order: Order) -> None:
        reason = (
            "another payment for it is under way"
            if order.status is OrderStatus.PENDING
            else f"it is {order.status}"
        )
        super().__init__(f"This order cannot be paid: {reason}.")


def describe(order: Order) -> str:
    """What was bought, as the payment tells it in Stripe's dashboard."""
    return order.description[:MAX_DESCRIPTION]


def leave_checkout(session: Session, client: stripe.StripeClient, order: Order) -> None:
    """Let nothing be paid by Checkout any more; the order may turn out to be paid already.

    Raises `OrderNotPayable` while a payment from there is under way.
    """
    session_id = order.checkout_session_id
    if session_id is None or order.status is not OrderStatus.PENDING:
        return
    session.commit()  # no transaction stays open while Stripe is asked
    intent = settle_checkout(session, client, order, _closed(client, session_id))
    if intent and intent.status in IDLE:
        # Its debit bounced: whoever saw the page has the secret to pay it in another way.
        intent = _canceled(client, intent.id)
        settle(session, order, intent)
    if intent and intent.status not in IDLE | OVER:
        raise OrderNotPayable(order)
    # A crash may have come between the session and the end of the payment before it.
    _end_payment(session, client, order)
    lock(session, order)
    if order.status is OrderStatus.PENDING and order.checkout_session_id == session_id:
        order.checkout_session_id = order.payment_intent_id = None
        # Stripe repeats its answers to the keys of this attempt: what they name is over.
        order.idempotency_key = new_idempotency_key()
    session.commit()


def leave_card(session: Session, client: stripe.StripeClient, order: Order) -> None:
    """Let nothing be paid on the shop's own page; the order may turn out to be paid already.

    Raises `OrderNotPayable` while a payment from there is under way.
    """
    intent_id = order.payment_intent_id
    if intent_id is None:
        return
    _end_payment(session, client, order)
    lock(session, order)
    if order.status is OrderStatus.PENDING and order.payment_intent_id == intent_id:
        order.payment_intent_id = None
    session.commit()


@contextmanager
def attempt(session: Session, order: Order) -> Iterator[str]:
    """Lend the order's key for one attempt to pay; after an error of Stripe's, it gets another."""
    key = order.idempotency_key
    session.commit()  # no transaction stays open while Stripe is asked
    try:
        yield key
    except stripe.StripeError as error:
        if error.http_status is not None:
            end_attempt(session, order, key)
        raise


def end_attempt(session: Session, order: Order, key: str) -> None:
    """Stripe answered, and repeats that answer for this key: the next attempt needs a new one."""
    lock(session, order)
    if order.idempotency_key == key:
        order.idempotency_key = new_idempotency_key()
    session.commit()


def _closed(client: stripe.StripeClient, session_id: str) -> stripe.checkout.Session:
    """The Checkout Session, complete or expired. (To expire it twice is refused: no key needed.)"""
    try:
        return client.v1.checkout.sessions.expire(session_id)
    except stripe.InvalidRequestError:
        return client.v1.checkout.sessions.retrieve(session_id)


def _end_payment(session: Session, client: stripe.StripeClient, order: Order) -> None:
    """Cancel the order's own PaymentIntent, unless it has taken the money already."""
    if order.payment_intent_id is None or order.status is not OrderStatus.PENDING:
        return
    intent_id = order.payment_intent_id
    session.commit()
    intent = client.v1.payment_intents.retrieve(intent_id)
    if intent.status not in {"processing", *OVER}:
        intent = _canceled(client, intent_id)
    settle(session, order, intent)
    if intent.status not in OVER:
        raise OrderNotPayable(order)


def _canceled(client: stripe.StripeClient, intent_id: str) -> stripe.PaymentIntent:
    try:
        return client.v1.payment_intents.cancel(intent_id)
    except stripe.InvalidRequestError:  # it took the money, or was canceled, a moment ago
        return client.v1.payment_intents.retrieve(intent_id)
