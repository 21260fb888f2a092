"""After a storm or a crash: the shop gets over it, and somebody counts what is left."""

from collections import Counter, defaultdict

import sqlalchemy as sa

from sample_app import inbox
from sample_app.after_sales import Refund
from sample_app.confirmation import CLAIM
from sample_app.database import db
from sample_app.models import FULL_SHELF, Item, Order, WebhookEvent, now
from sample_app.orders import find_any_order
from sample_app.unfinished import UNANSWERED


def let_time_pass():
    """Nobody is at work now: what waits comes due, and nobody waits for the dead any longer."""
    waiting = sa.update(WebhookEvent).where(WebhookEvent.due_at.is_not(None))
    db.session.execute(waiting.values(due_at=now()))
    claimed = sa.update(Order).where(Order.confirmation_claimed_at.is_not(None))
    db.session.execute(claimed.values(confirmation_claimed_at=now() - 2 * CLAIM))
    asked = sa.update(Refund).where(Refund.stripe_id.is_(None))
    db.session.execute(asked.values(created_at=now() - 2 * UNANSWERED))
    db.session.commit()


def work_off(rounds=5):
    """The line is good again; somebody looks after what was given up."""
    for _ in range(rounds):
        for event in left_in_the_inbox():
            inbox.replay(db.session, event)
        inbox.work()
        let_time_pass()


def fulfilled():
    db.session.expire_all()
    return set(db.session.scalars(sa.select(Order.id).where(Order.fulfilled_at.is_not(None))))


def left_in_the_inbox():
    unhandled = sa.select(WebhookEvent.id).where(WebhookEvent.handled_at.is_(None))
    return db.session.scalars(unhandled).all()


def money(app):
    """What was taken at Stripe, by order."""
    intents = app.extensions["stripe"].v1.payment_intents.list({"limit": 100})
    taken = defaultdict(list)
    for intent in intents.auto_paging_iter():
        if intent.amount_received:
            taken[intent.metadata["order_id"]].append(intent.amount_received)
    return dict(taken)


def given_back(app):
    """What went back at Stripe, by order."""
    made = defaultdict(list)
    params = {"limit": 100, "expand": ["data.payment_intent"]}
    for refund in app.extensions["stripe"].v1.refunds.list(params).auto_paging_iter():
        made[refund.payment_intent.metadata["order_id"]].append(refund)
    return dict(made)


def stock():
    return dict(db.session.execute(sa.select(Item.id, Item.stock)).all())


def stock_after(order_ids):
    sold = Counter()
    for order_id in order_ids:
        for line in find_any_order(db.session, order_id).lines:
            sold[line.item_id] += line.quantity
    return {item_id: FULL_SHELF - sold[item_id] for item_id in range(1, 9)}
