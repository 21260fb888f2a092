"""Make an order say what its payment at Stripe says, once it is proven to be *its* payment."""

import stripe
from sqlalchemy.orm import Session

from sample_app import metadata
from sample_app.models import Order
from sample_app.order_status import OrderStatus
from sample_app.orders import lock


class ForeignPaymentIntent(Exception):
    """This PaymentIntent was not made for this order: it proves nothing about it."""


class ForeignCheckoutSession(Exception):
    """This Checkout Session was not made for this order: it proves nothing about it."""


class UnexpectedPayment(Exception):
    """Money was taken for an order that is canceled, or paid by another payment: give it back."""

    def __init__(self, order: Order, intent: stripe.PaymentIntent) -> None:
        super().__init__(f"{intent.id} paid for {order.id}, which is {order.status}")
        self.intent = intent


def settle(session: Session, order: Order, intent: stripe.PaymentIntent) -> None:
    """Make the order say what its PaymentIntent says, and commit; any number of times.

    Raises `ForeignPaymentIntent` for the PaymentIntent of another order, amount or currency.
    """
    expected = (order.id, order.amount, order.currency)
    if (metadata.order_id(intent), intent.amount, intent.currency) != expected:
        raise ForeignPaymentIntent(f"{intent.id} is not a payment for {order.id}")
    lock(session, order)
    if intent.status == "succeeded":
        _take(order, intent)
    elif intent.status == "canceled" and order.status is OrderStatus.PENDING:
        _give_up(order, intent)
    session.commit()


def settle_checkout(
    session: Session,
    client: stripe.StripeClient,
    order: Order,
    checkout: stripe.checkout.Session,
) -> stripe.PaymentIntent | None:
    """Settle the order by the Checkout Session's PaymentIntent, and return that, if there is one.

    Raises `ForeignCheckoutSession` for the session of another order, amount or currency. Whose it
    is, its metadata says: the visitor of a Payment Link chooses the `client_reference_id`.
    https://docs.stripe.com/payment-links/url-parameters
    """
    expected = (order.id, order.amount, order.currency)
    if (metadata.order_id(checkout), checkout.amount_total, checkout.currency) != expected:
        raise ForeignCheckoutSession(f"{checkout.id} is not for {order.id}")
    if not checkout.payment_intent:
        return None
    session.commit()  # no transaction stays open while Stripe is asked
    intent = client.v1.payment_intents.retrieve(str(checkout.payment_intent))
    settle(session, order, intent)
    return intent


def _take(order: Order, intent: stripe.PaymentIntent) -> None:
    if order.status is OrderStatus.PENDING:
        order.status = OrderStatus.PAID
        order.payment_intent_id = intent.id
    elif order.payment_intent_id != intent.id:
        raise UnexpectedPayment(order, intent)


def _give_up(order: Order, intent: stripe.PaymentIntent) -> None:
    """An order ends with its payment, unless another way to pay took the payment's place."""
    if order.payment_intent_id == intent.id and order.checkout_session_id is None:
        order.status = OrderStatus.CANCELED
