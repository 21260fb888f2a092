"""What the shop itself began and did not end, as far as its own tables tell."""

from datetime import timedelta

from sqlalchemy import ColumnElement, or_

from sample_app.after_sales import NOT_GIVEN, Refund
from sample_app.confirmation import CLAIM
from sample_app.models import Order, now
from sample_app.order_status import OrderStatus

# Longer than whoever asks for a refund waits for Stripe.
UNANSWERED = timedelta(minutes=1)


def unanswered() -> ColumnElement[bool]:
    """Refunds that were asked for, and of which nobody knows whether Stripe has them."""
    asked = Refund.stripe_id.is_(None) & Refund.status.not_in(NOT_GIVEN)
    return asked & (Refund.created_at < now() - UNANSWERED)


def not_handed_over() -> ColumnElement[bool]:
    """Orders that were paid, and whose goods or whose e-mail nobody is just sending."""
    claimed = Order.confirmation_claimed_at
    unclaimed = or_(claimed.is_(None), claimed < now() - CLAIM)
    unfulfilled = (Order.status == OrderStatus.PAID) & Order.fulfilled_at.is_(None)
    return unfulfilled | (unconfirmed() & unclaimed)


def unconfirmed() -> ColumnElement[bool]:
    """Orders that were paid, and whose customer waits for the e-mail."""
    reachable = or_(Order.email.is_not(None), Order.customer_id.is_not(None))
    return (Order.status == OrderStatus.PAID) & reachable & Order.confirmation_sent_at.is_(None)
