"""In whatever order events come, fail and come again: an order is fulfilled at most once, never
without its money, and in the end if it is paid."""

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa
import stripe
from hypothesis import given, settings
from hypothesis import strategies as st

from local_stripe import SECRET_KEY, LocalStripe
from local_stripe.transport import InProcess
from sample_app import inbox, mail
from sample_app.database import db
from sample_app.models import FULL_SHELF, Item, WebhookEvent, now
from sample_app.order_status import OrderStatus
from sample_app.orders import find_any_order, place_order
from tests.sample_app.deliveries import event, tell
from tests.sample_app.postbox import Postbox

AT_STRIPE = ["decline", "pay", "pay by a card whose refunds fail", "cancel", "refund", "days pass"]
EVENTS = [
    "payment_intent.succeeded",
    "payment_intent.processing",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "charge.refunded",
    "refund.created",
    "refund.updated",
    "refund.failed",
]
TROUBLES = ["Stripe is out of reach", "an answer is lost", "the last event again", "time passes"]
CHAIRS = 3


class World:
    """A shop with one order, and the Stripe where its payment is."""

    def __init__(self, app, folder):
        self.local = LocalStripe()
        self.stripe = stripe.StripeClient(SECRET_KEY, http_client=InProcess(self.local))
        self.postbox = Postbox(folder)
        post = {"MAIL_URL": self.postbox.url, "MAIL_FROM": "orders@shop.example"}
        app.extensions |= {"stripe": self.stripe, "mail": mail.connect(post)}
        self.browser = app.test_client()
        self.news = event()
        order = place_order(db.session, [5] * CHAIRS)
        order.email = "ada@example.com"
        self.order_id = order.id
        self.intent_id = order.payment_intent_id = self.start_payment(order)
        db.session.commit()

    def start_payment(self, order):
        payment = {
            "amount": order.amount,
            "currency": order.currency,
            "metadata": {"order_id": order.id},
            "allowed_payment_method_types": ["card"],
        }
        return self.stripe.v1.payment_intents.create(payment).id

    def see(self, step):
        """Let this happen; Stripe and the network may refuse."""
        with suppress(stripe.StripeError):
            self.let(step)

    def let(self, step):
        if step in AT_STRIPE:
            self.let_at_stripe(step)
        elif step in TROUBLES:
            self.let_go_wrong(step)
        else:
            self.news = event(step, self.about(step.partition(".")[0]))
            tell(self.browser, self.news)

    def let_at_stripe(self, step):
        intents = self.stripe.v1.payment_intents
        match step:
            case "decline":
                declined = {"payment_method": "pm_card_visa_chargeDeclined"}
                intents.confirm(self.intent_id, declined)
            case "pay":
                intents.confirm(self.intent_id, {"payment_method": "pm_card_visa"})
            case "pay by a card whose refunds fail":
                intents.confirm(self.intent_id, {"payment_method": "pm_card_refundFail"})
            case "cancel":
                intents.cancel(self.intent_id)
            case "refund":
                self.stripe.v1.refunds.create({"payment_intent": self.intent_id})
            case "days pass":
                self.local.clock.advance(6 * 86_400)

    def let_go_wrong(self, step):
        match step:
            case "Stripe is out of reach":
                self.local.faults.inject("timeout")
            case "an answer is lost":
                self.local.faults.inject("lost_response")
            case "the last event again":
                tell(self.browser, self.news)
            case "time passes":
                come_due()
                inbox.work()

    def about(self, kind):
        """The id of the payment, of its charge, or of its refund."""
        match kind:
            case "payment_intent":
                return self.intent_id
            case "charge":
                charge = self.intent().latest_charge
                return charge.id if charge else "ch_none"
            case "refund":
                made = self.stripe.v1.refunds.list({"payment_intent": self.intent_id}).data
                return made[0].id if made else "re_none"

    def intent(self):
        params = {"expand": ["latest_charge"]}
        return self.stripe.v1.payment_intents.retrieve(self.intent_id, params)

    def calm_down(self):
        """Nothing fails any more, and Stripe sends again what did not arrive."""
        self.local.faults.clear()
        for type in EVENTS:
            self.let(type)
        come_due()
        inbox.work()

    def fulfilments(self):
        """How often the order was fulfilled, by the mail that went out and by the stock."""
        db.session.expire_all()
        return len(self.postbox.messages), (FULL_SHELF - db.session.get(Item, 5).stock) / CHAIRS


def come_due():
    waiting = sa.update(WebhookEvent).where(WebhookEvent.due_at.is_not(None))
    db.session.execute(waiting.values(due_at=now()))
    db.session.commit()


def expected(intent):
    """Status of the order, and how often it may have been fulfilled."""
    match intent.status:
        case "succeeded" if intent.latest_charge.refunded:
            return OrderStatus.REFUNDED, {(0, 0), (1, 1)}
        case "succeeded":
            return OrderStatus.PAID, {(1, 1)}
        case "canceled":
            return OrderStatus.CANCELED, {(0, 0)}
        case _:
            return OrderStatus.PENDING, {(0, 0)}


@settings(max_examples=30)
@given(steps=st.lists(st.sampled_from(AT_STRIPE * 2 + EVENTS + TROUBLES), max_size=15))
def test_no_order_of_events_breaks_the_promise(worker_sqlite_app, sqlite_template, steps):
    with worker_sqlite_app.app_context(), TemporaryDirectory() as folder:
        sqlite_template.backup(db.engine.raw_connection().driver_connection)
        world = World(worker_sqlite_app, Path(folder) / "mail")
        for step in steps:
            world.see(step)
            assert world.fulfilments() in {(0, 0), (1, 1)}
        world.calm_down()
        status, fulfilments = expected(world.intent())
        assert world.fulfilments() in fulfilments
        assert find_any_order(db.session, world.order_id).status is status
        left = sa.select(WebhookEvent.last_error).where(WebhookEvent.handled_at.is_(None))
        assert db.session.scalars(left).all() == []
