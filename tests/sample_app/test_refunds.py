"""Money goes back once, never more than was paid, and the order says so."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from threading import Barrier, Thread
from uuid import uuid4

import pytest
import stripe
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from local_stripe import SECRET_KEY, LocalStripe
from local_stripe.transport import InProcess
from sample_app import refunds
from sample_app.after_sales import AuditEntry, Refund
from sample_app.database import db
from sample_app.models import Customer, Order, WebhookEvent
from sample_app.order_status import OrderStatus
from sample_app.orders import place_order
from sample_app.payments import pay
from sample_app.roles import Role
from tests.sample_app.calls import Interrupted, keys
from tests.sample_app.conftest import build, close
from tests.sample_app.deliveries import carry, event, tell

GOOD, PENDING, FAILING = "pm_card_visa", "pm_card_pendingRefund", "pm_card_refundFail"
DISPUTED = "pm_card_createDispute"
WAIT = timedelta(days=6)  # longer than a bank takes


@pytest.fixture
def line(local):
    return Interrupted(local)


@pytest.fixture
def stripe_client(line):
    return stripe.StripeClient(SECRET_KEY, http_client=line, max_network_retries=0)


@pytest.fixture
def staff(session):
    return new_staff(session)


@pytest.fixture
def deliver(app, local, monkeypatch):
    """Have Stripe deliver every event that is due."""
    monkeypatch.setitem(app.config, "STRIPE_WEBHOOK_SECRETS", ())
    return carry(app, local)


@pytest.fixture
def bought(session, stripe_client):
    """Place an order of a rug, $89.00, and pay it."""

    def buy(payment_method=GOOD):
        order = place_order(session, [4])
        return pay(session, stripe_client, order, payment_method=payment_method)

    return buy


@pytest.fixture
def give_back(session, stripe_client, staff):
    def give(order, amount, request_key="the form of a page"):
        wish = {"staff": staff, "reason": "It broke.", "request_key": request_key}
        return refunds.refund(session, stripe_client, order, amount, **wish)

    return give


def new_staff(session):
    staff = Customer(email="grace@shop.example", password_hash="-", role=Role.MANAGER)
    session.add(staff)
    session.commit()
    return staff


def at_stripe(client, order):
    """What Stripe gave back of an order, refund by refund."""
    made = client.v1.refunds.list({"payment_intent": order.payment_intent_id})
    return [(refund.amount, refund.status) for refund in reversed(made.data)]


def rows(session, order):
    session.expire_all()
    kept = select(Refund).where(Refund.order_id == order.id).order_by(Refund.created_at)
    return [(refund.amount, refund.status) for refund in session.scalars(kept)]


def actions(session, order):
    trail = select(AuditEntry.action).where(AuditEntry.order_id == order.id)
    return session.scalars(trail.order_by(AuditEntry.id)).all()


def failures(session):
    session.expire_all()
    unhandled = select(WebhookEvent.last_error).where(WebhookEvent.handled_at.is_(None))
    return session.scalars(unhandled).all()


# Staff give money back


def test_a_part_goes_back_and_the_order_stays_paid(session, stripe_client, bought, give_back):
    order = bought()
    refund = give_back(order, 1000)
    assert (refund.status, refund.reason) == ("succeeded", "It broke.")
    assert (order.status, order.amount_refunded) == (OrderStatus.PAID, 1000)
    assert at_stripe(stripe_client, order) == [(1000, "succeeded")]


def test_when_all_went_back_in_parts_the_order_is_refunded(session, bought, give_back):
    order = bought()
    give_back(order, 1000, "first")
    give_back(order, 7900, "second")
    assert (order.status, order.amount_refunded) == (OrderStatus.REFUNDED, 8900)


def test_the_same_form_again_is_the_same_refund(stripe_client, bought, give_back):
    order = bought()
    assert give_back(order, 1000).id == give_back(order, 1000).id
    assert at_stripe(stripe_client, order) == [(1000, "succeeded")]


def test_the_same_form_with_another_amount_is_refused(stripe_client, bought, give_back):
    order = bought()
    give_back(order, 1000)
    with pytest.raises(refunds.RefundRefused, match=r"sent before, for \$10\.00"):
        give_back(order, 2000)
    assert at_stripe(stripe_client, order) == [(1000, "succeeded")]


def test_the_same_key_on_another_order_is_another_refund(bought, give_back):
    assert give_back(bought(), 1000).id != give_back(bought(), 1000).id


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [
        (8901, r"At most \$89\.00 can go back"),
        (0, "more than nothing"),
        (-1, "more than nothing"),
    ],
)
def test_no_more_goes_back_than_was_paid_and_no_less_than_something(
    session, local, bought, give_back, amount, sentence
):
    order = bought()
    with pytest.raises(refunds.RefundRefused, match=sentence):
        give_back(order, amount)
    assert keys(local, "/refunds") == []
    assert rows(session, order) == []


def test_nothing_goes_back_twice(bought, give_back):
    order = bought()
    give_back(order, 8900, "first")
    with pytest.raises(refunds.RefundRefused, match="went back already"):
        give_back(order, 1, "second")


def test_nothing_goes_back_of_what_was_not_paid(order, give_back):
    with pytest.raises(refunds.RefundRefused, match="the order is pending"):
        give_back(order, 1)


def test_stripe_is_asked_with_the_refunds_id_as_key_and_told_whose_it_is(
    local, stripe_client, bought, give_back
):
    order = bought()
    refund = give_back(order, 1000)
    assert keys(local, "/refunds") == [refund.id]
    made = stripe_client.v1.refunds.retrieve(refund.stripe_id)
    assert made.metadata.to_dict() == {"order_id": order.id, "refund_id": refund.id}


# Stripe refuses


def test_a_disputed_payment_is_not_refunded_and_staff_read_why(session, bought, give_back):
    order = bought(DISPUTED)
    with pytest.raises(refunds.RefundRefused, match="answer its dispute instead"):
        give_back(order, 8900)
    assert rows(session, order) == [(8900, "failed")]
    assert order.status is OrderStatus.PAID
    assert actions(session, order) == ["refund asked for", "refund refused"]


def test_a_form_whose_refund_was_refused_is_refused_again(bought, give_back):
    order = bought(DISPUTED)
    for sentence in ["dispute", "Try a new one"]:
        with pytest.raises(refunds.RefundRefused, match=sentence):
            give_back(order, 8900)


def test_what_went_back_in_stripes_dashboard_does_not_go_back_again(
    session, stripe_client, bought, give_back
):
    order = bought()
    stripe_client.v1.refunds.create({"payment_intent": order.payment_intent_id})
    with pytest.raises(refunds.RefundRefused, match="given all of it back already"):
        give_back(order, 100)
    assert rows(session, order) == [(100, "failed")]


# Stripe does not answer


def test_while_stripe_is_silent_the_refund_is_kept_and_its_money_spoken_for(
    session, line, bought, give_back
):
    order = bought()
    line.interrupt("/refunds", lost_before)
    with pytest.raises(stripe.APIConnectionError):
        give_back(order, 8000, "first")
    assert rows(session, order) == [(8000, "pending")]
    with pytest.raises(refunds.RefundRefused, match=r"At most \$9\.00"):
        give_back(order, 1000, "second")


@pytest.mark.parametrize("days", [0, 2], ids=["at once", "when Stripe has forgotten the key"])
def test_a_lost_answer_is_found_and_no_second_refund_is_made(
    session, local, line, stripe_client, bought, give_back, days
):
    order = bought()
    line.interrupt("/refunds", lost_after)
    with pytest.raises(stripe.APIConnectionError):
        give_back(order, 1000)
    local.clock.advance(days * 86_400)
    assert give_back(order, 1000).status == "succeeded"
    assert at_stripe(stripe_client, order) == [(1000, "succeeded")]
    assert rows(session, order) == [(1000, "succeeded")]


def test_a_refund_stays_open_with_a_key_of_another_account(session, line, bought, give_back):
    order = bought()
    line.interrupt("/refunds", lost_before)
    with pytest.raises(stripe.APIConnectionError):
        give_back(order, 1000)
    elsewhere = stripe.StripeClient(SECRET_KEY, http_client=InProcess(LocalStripe(seed=7)))
    with pytest.raises(stripe.InvalidRequestError):
        refunds.resume(session, elsewhere, order.refunds[0])
    assert order.refunds[0].status == "pending"


def test_what_a_crash_left_is_resumed(session, line, stripe_client, bought, give_back):
    order = bought()
    line.interrupt("/refunds", lost_before)
    with pytest.raises(stripe.APIConnectionError):
        give_back(order, 1000)
    left = session.scalar(select(Refund).where(Refund.stripe_id.is_(None)))
    refunds.resume(session, stripe_client, left)
    refunds.resume(session, stripe_client, left)
    assert at_stripe(stripe_client, order) == [(1000, "succeeded")]


def lost_before(act):
    raise stripe.APIConnectionError("The line is bad.")


def lost_after(act):
    act()
    raise stripe.APIConnectionError("The line is bad.")


# News from Stripe


@pytest.mark.parametrize(
    ("payment_method", "then"),
    [(PENDING, ["pending", "succeeded"]), (FAILING, ["succeeded", "failed"])],
    ids=["pending", "failing"],
)
def test_a_refund_that_takes_days_is_followed(
    session, local, deliver, bought, give_back, payment_method, then
):
    order = bought(payment_method)
    give_back(order, 8900)
    assert order.status is OrderStatus.REFUNDED
    seen = [rows(session, order)[0][1]]
    local.clock.advance(int(WAIT.total_seconds()))
    deliver()
    seen.append(rows(session, order)[0][1])
    assert seen == then
    assert failures(session) == []
    assert actions(session, order) == ["refund asked for", *[f"refund {word}" for word in then]]


def test_a_refund_that_fails_leaves_the_order_paid_and_may_be_tried_anew(
    session, local, deliver, bought, give_back
):
    order = bought(FAILING)
    give_back(order, 8900)
    local.clock.advance(int(WAIT.total_seconds()))
    deliver()
    session.refresh(order)
    assert (order.status, order.amount_refunded) == (OrderStatus.PAID, 0)
    assert give_back(order, 8900, "another form").status == "succeeded"


def test_a_refund_made_in_stripes_dashboard_is_nobodys_of_the_staff(
    session, deliver, stripe_client, bought
):
    order = bought()
    made = stripe_client.v1.refunds.create(
        {
            "payment_intent": order.payment_intent_id,
            "amount": 500,
            "reason": "requested_by_customer",
        }
    )
    deliver()
    deliver()
    refund = session.scalar(select(Refund).where(Refund.order_id == order.id))
    assert (refund.stripe_id, refund.amount, refund.staff_id) == (made.id, 500, None)
    assert refund.reason == "requested_by_customer"
    assert actions(session, order) == ["refund succeeded"]
    session.refresh(order)
    assert (order.status, order.amount_refunded) == (OrderStatus.PAID, 500)


def test_news_may_come_before_the_shop_has_committed_the_answer(
    session, app, line, client, stripe_client, bought, give_back
):
    """The webhook is handled while the page still waits for Stripe."""
    order = bought()

    def news_first(act):
        answer = act()
        made = app.extensions["stripe"].v1.refunds.list({"limit": 1}).data[0]
        assert tell(client, event("refund.created", made.id)).status_code == 200
        return answer

    line.interrupt("/refunds", news_first)
    give_back(order, 1000)
    assert rows(session, order) == [(1000, "succeeded")]
    assert actions(session, order) == ["refund asked for", "refund succeeded"]
    assert failures(session) == []


def test_late_news_does_not_undo_newer_ones(session, local, stripe_client, bought, give_back):
    order = bought(FAILING)
    refund = give_back(order, 8900)
    early = stripe_client.v1.refunds.retrieve(refund.stripe_id)
    local.clock.advance(int(WAIT.total_seconds()))
    refunds.record(session, order, stripe_client.v1.refunds.retrieve(refund.stripe_id))
    refunds.record(session, order, early)
    assert rows(session, order) == [(8900, "failed")]
    assert order.status is OrderStatus.PAID


def test_a_refund_of_another_order_proves_nothing(session, stripe_client, bought, give_back):
    theirs, ours = bought(), bought()
    made = stripe_client.v1.refunds.retrieve(give_back(theirs, 8900).stripe_id)
    with pytest.raises(refunds.ForeignRefund):
        refunds.record(session, ours, made)
    assert rows(session, ours) == []


def test_a_refund_that_names_another_orders_row_gets_a_row_of_its_own(
    session, stripe_client, bought, give_back
):
    theirs, ours = bought(), bought()
    kept = give_back(theirs, 100)
    made = stripe_client.v1.refunds.create(
        {
            "payment_intent": ours.payment_intent_id,
            "amount": 700,
            "metadata": {"refund_id": kept.id},
        }
    )
    assert refunds.record(session, ours, made).id != kept.id
    assert (rows(session, theirs), rows(session, ours)) == (
        [(100, "succeeded")],
        [(700, "succeeded")],
    )


def test_whoever_copies_a_refunds_metadata_at_stripe_hides_no_money(
    session, stripe_client, bought, give_back
):
    order = bought()
    kept = give_back(order, 1000)
    refunds.record(session, order, copy_of(kept, stripe_client, 7900))
    assert rows(session, order) == [(1000, "succeeded"), (7900, "succeeded")]
    assert order.status is OrderStatus.REFUNDED


def test_a_refund_of_another_amount_is_not_the_one_that_waits_for_stripe(
    session, line, stripe_client, bought, give_back
):
    order = bought()
    line.interrupt("/refunds", lost_before)
    with pytest.raises(stripe.APIConnectionError):
        give_back(order, 1000)
    waiting = session.scalar(select(Refund).where(Refund.stripe_id.is_(None)))
    refunds.record(session, order, copy_of(waiting, stripe_client, 1))
    assert rows(session, order) == [(1000, "pending"), (1, "succeeded")]
    assert give_back(order, 1000).id == waiting.id
    assert at_stripe(stripe_client, order) == [(1, "succeeded"), (1000, "succeeded")]


def copy_of(refund, client, amount):
    """Another refund at Stripe, of another amount, that bears the same name."""
    return client.v1.refunds.create(
        {
            "payment_intent": refund.order.payment_intent_id,
            "amount": amount,
            "metadata": {"refund_id": refund.id},
        }
    )


def test_a_refund_of_no_payment_of_the_shops_is_ignored(session, client, stripe_client):
    charge = stripe_client.v1.payment_intents.create(
        {"amount": 500, "currency": "usd", "payment_method": GOOD, "confirm": True,
         "allowed_payment_method_types": ["card"]}
    )  # fmt: skip
    made = stripe_client.v1.refunds.create({"payment_intent": charge.id})
    news = event("refund.created", made.id)
    tell(client, news)
    row = session.get_one(WebhookEvent, news["id"])
    assert row.handled_at
    assert "for no order of this shop" in row.ignored


# Many at one moment


def test_staff_who_refund_at_one_moment_never_give_back_more_than_was_paid(database_url):
    """Six of them give back a third each."""
    local = LocalStripe()
    app = build(database_url, STRIPE_HTTP_CLIENT=InProcess(local))
    client = app.extensions["stripe"]
    start, people = Barrier(6), range(6)
    with app.app_context():
        staff = new_staff(db.session)
        order = place_order(db.session, [4, 4, 4])
        pay(db.session, client, order, payment_method=GOOD)

    def give_back(number):
        with app.app_context():
            theirs = db.session.get_one(Order, order.id)
            wish = {"staff": db.session.get_one(Customer, staff.id), "reason": ""}
            start.wait(timeout=10)
            with suppress(refunds.RefundRefused):
                key = f"form {number}"
                refunds.refund(db.session, client, theirs, 8900, **wish, request_key=key)

    threads = [Thread(target=give_back, args=[number]) for number in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert at_stripe(client, order) == [(8900, "succeeded")] * 3
    assert len(keys(local, "/refunds")) == 3  # the others were refused before Stripe was asked
    with app.app_context():
        assert db.session.get_one(Order, order.id).status is OrderStatus.REFUNDED
    close(app)


@dataclass
class Shop:
    """A shop, its staff, and one paid order; methods do what may happen next."""

    session: Session
    local: LocalStripe
    client: stripe.StripeClient
    staff: Customer
    order: Order

    def staff_refund(self, amount):
        wish = {"staff": self.staff, "reason": "", "request_key": str(uuid4())}
        with suppress(refunds.RefundRefused):
            refunds.refund(self.session, self.client, self.order, amount, **wish)

    def dashboard_refund(self, amount):
        payment = self.order.payment_intent_id
        with suppress(stripe.InvalidRequestError):
            self.client.v1.refunds.create({"payment_intent": payment, "amount": amount})

    def wait(self, _):
        self.local.clock.advance(int(WAIT.total_seconds()))

    def hear(self, _):
        payment = {"payment_intent": self.order.payment_intent_id, "limit": 100}
        for refund in self.client.v1.refunds.list(payment).auto_paging_iter():
            refunds.record(self.session, self.order, refund)


STEPS = st.sampled_from([Shop.staff_refund, Shop.dashboard_refund, Shop.wait, Shop.hear])


@settings(max_examples=40, deadline=None)
@given(
    steps=st.lists(st.tuples(STEPS, st.integers(1, 9000)), max_size=12),
    payment_method=st.sampled_from([GOOD, PENDING, FAILING]),
)
def test_whatever_happens_the_shop_ends_up_saying_what_stripe_says(
    worker_sqlite_app, sqlite_template, steps, payment_method
):
    local = LocalStripe()
    client = stripe.StripeClient(SECRET_KEY, http_client=InProcess(local))
    with worker_sqlite_app.app_context():
        sqlite_template.backup(db.engine.raw_connection().driver_connection)
        session = db.session
        order = pay(session, client, place_order(session, [4]), payment_method=payment_method)
        shop = Shop(session, local, client, new_staff(session), order)
        for step, amount in [*steps, (Shop.wait, 0), (Shop.hear, 0)]:
            step(shop, amount)
        expanded = {"expand": ["latest_charge"]}
        charge = client.v1.payment_intents.retrieve(order.payment_intent_id, expanded).latest_charge
        assert order.amount_refunded == charge.amount_refunded
        assert (order.status is OrderStatus.REFUNDED) is charge.refunded
