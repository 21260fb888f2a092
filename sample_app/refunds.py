"""Give money back, once, whatever happens on the way.

    commit the refund, with its id      under the order's lock: never more goes back than was paid
    look for it at Stripe               an earlier try may have got that far
    ask Stripe for it                   its id is the idempotency key, and in its metadata
    commit what Stripe says

The order follows its refunds: when all of its money went back, or is on its way, it is refunded;
when such a refund fails, days later, it is paid again.  https://docs.stripe.com/refunds
"""

import hashlib

import stripe
from sqlalchemy import select
from sqlalchemy.orm import Session

from sample_app import audit, metadata, stripe_errors
from sample_app.after_sales import Refund
from sample_app.models import Customer, Order
from sample_app.money import format_money
from sample_app.order_status import OrderStatus
from sample_app.orders import lock

# Stripe's words for how far a refund is. News may come late: a refund never goes back in these.
# https://docs.stripe.com/api/refunds/object#refund_object-status
LIFE = ("requires_action", "pending", "succeeded", "canceled", "failed")

# What staff read when Stripe refuses, by the code of its error.
REFUSALS = {
    "charge_already_refunded": "Stripe has given all of it back already.",
    "charge_disputed": "The customer's bank has taken this money back: answer its dispute instead.",
}
REFUSED = "Stripe refuses this refund; the shop's log has the number of the request."


class RefundRefused(Exception):
    """This money does not go back, and why. `field` is what to mend."""

    field = "amount"


class ForeignRefund(Exception):
    """This refund is not of this order's payment: it says nothing about it."""


def refund(
    session: Session,
    client: stripe.StripeClient,
    order: Order,
    amount: int,
    *,
    staff: Customer,
    reason: str,
    request_key: str,
) -> Refund:
    """Give this much of an order's money back; the same `request_key` again is the same refund.

    Raises `RefundRefused`, or the `stripe.StripeError` that kept the shop from knowing: then the
    refund stays pending, and calling again finds out.
    """
    lock(session, order)
    key = _digest(order, request_key)
    kept = session.scalar(select(Refund).where(Refund.request_key == key))
    if problem := _objection_to(order, amount, kept):
        session.commit()
        raise RefundRefused(problem)
    if kept is None:
        kept = Refund(order=order, amount=amount, reason=reason, staff=staff, request_key=key)
        session.add(kept)
        audit.note(session, "refund asked for", order, staff, f"{_told(kept)}: {reason}")
        _follow(session, order)
    session.commit()
    return resume(session, client, kept)


def resume(session: Session, client: stripe.StripeClient, refund: Refund) -> Refund:
    """Have Stripe make a refund that it has not confirmed to the shop yet; any number of times.

    Raises as `refund` does.
    """
    if refund.stripe_id or not refund.is_given:
        return refund
    session.commit()  # no transaction stays open while Stripe is asked
    try:
        made = _made_before(client, refund) or _make(client, refund)
    except stripe.InvalidRequestError as error:
        if error.code == "resource_missing":  # with a key of another account, say: no answer to us
            raise
        stripe_errors.log(error, refund.order_id)
        _give_up(session, refund)
        raise RefundRefused(REFUSALS.get(error.code or "", REFUSED)) from error
    return record(session, refund.order, made)


def record(session: Session, order: Order, made: stripe.Refund) -> Refund:
    """Make the shop say what Stripe says of a refund, and commit; any number of times.

    One that somebody made in Stripe's dashboard becomes a row too. Raises `ForeignRefund`.
    """
    if made.payment_intent != order.payment_intent_id:
        raise ForeignRefund(f"{made.id} is no refund of {order.id}'s payment")
    lock(session, order)
    refund = _row_of(session, order, made)
    status = made.status or "pending"
    if refund.stripe_id is None or LIFE.index(status) > LIFE.index(refund.status):
        refund.stripe_id, refund.status = made.id, status
        audit.note(session, f"refund {status}", order, detail=f"{_told(refund)}, {made.id}")
    _follow(session, order)
    session.commit()
    return refund


def _objection_to(order: Order, amount: int, kept: Refund | None) -> str | None:
    """Why this much cannot go back; `kept` is what the same form asked for before."""
    left = order.amount - order.amount_refunded
    match kept:
        case Refund(is_given=False):
            return "This refund failed. Try a new one."
        case Refund() if kept.amount != amount:
            return f"This form was sent before, for {_told(kept)}."
        case Refund():
            return None
        case None if order.status not in {OrderStatus.PAID, OrderStatus.REFUNDED}:
            return f"Nothing was paid: the order is {order.status}."
        case None if amount <= 0:
            return "Give back more than nothing."
        case None if left <= 0:
            return "All of it went back already, or is on its way."
        case None if amount > left:
            return f"At most {format_money(left, order.currency)} can go back."
    return None


def _made_before(client: stripe.StripeClient, refund: Refund) -> stripe.Refund | None:
    """Stripe forgets a key after a day, and this shop may have been away for longer."""
    made = client.v1.refunds.list({"payment_intent": _payment(refund), "limit": 100})
    wanted = (refund.id, refund.amount)
    return next((one for one in made.auto_paging_iter() if _names(one) == wanted), None)


def _make(client: stripe.StripeClient, refund: Refund) -> stripe.Refund:
    return client.v1.refunds.create(
        {
            "payment_intent": _payment(refund),
            "amount": refund.amount,
            "metadata": {"order_id": refund.order_id, "refund_id": refund.id},
        },
        {"idempotency_key": refund.id},
    )


def _payment(refund: Refund) -> str:
    intent_id = refund.order.payment_intent_id
    assert intent_id, "what was paid has a payment"
    return intent_id


def _give_up(session: Session, refund: Refund) -> None:
    """Stripe refused: nothing went back, and nothing will."""
    order = refund.order
    lock(session, order)
    refund.status = "failed"
    audit.note(session, "refund refused", order, detail=_told(refund))
    _follow(session, order)
    session.commit()


def _row_of(session: Session, order: Order, made: stripe.Refund) -> Refund:
    """The refund's row: Stripe's id names it, or else the shop's own, or it is new.

    Metadata can be copied in Stripe's dashboard: a row is one refund's, of the amount asked for.
    """
    theirs = select(Refund).where(Refund.order_id == order.id)
    afresh = {"populate_existing": True}
    row_id, amount = _names(made)
    asked_for = (Refund.id == row_id) & (Refund.amount == amount) & Refund.stripe_id.is_(None)
    for name in (Refund.stripe_id == made.id, asked_for):
        if row := session.scalar(theirs.where(name), execution_options=afresh):
            return row
    row = Refund(order=order, amount=made.amount, reason=made.reason or "")
    session.add(row)
    return row


def _names(made: stripe.Refund) -> tuple[str, int]:
    """The row that it says it is of, and its amount."""
    return metadata.refund_id(made), made.amount


def _follow(session: Session, order: Order) -> None:
    """Let the order say whether all of its money went back."""
    session.flush()
    session.refresh(order, ["amount_refunded"])
    match order.status, order.amount_refunded >= order.amount:
        case OrderStatus.PAID, True:
            order.status = OrderStatus.REFUNDED
        case OrderStatus.REFUNDED, False:
            order.status = OrderStatus.PAID


def _told(refund: Refund) -> str:
    return format_money(refund.amount, refund.order.currency)


def _digest(order: Order, request_key: str) -> str:
    """The same key in the form of another order is another one."""
    return hashlib.sha256(f"{order.id}:{request_key}".encode()).hexdigest()
