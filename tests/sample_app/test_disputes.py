"""What the shop knows of its disputes, what it holds back meanwhile, and how it answers: once."""

import time

import pytest
import sqlalchemy as sa
import stripe

from local_stripe import Clock, LocalStripe
from sample_app.after_sales import AuditEntry, Dispute
from sample_app.database import db
from sample_app.disputes import COURSE, NotAnswerable, answer, blocks_shipment, record
from sample_app.models import Customer, Order, WebhookEvent
from sample_app.orders import place_order
from sample_app.roles import Role
from sample_app.settlement import settle
from tests.sample_app.calls import Interrupted, keys
from tests.sample_app.deliveries import carry, event, tell
from tests.sample_app.payer import charge

DAY = 86_400
WINNING = {"uncategorized_text": "winning_evidence"}
LOSING = {"uncategorized_text": "losing_evidence"}


@pytest.fixture
def local():
    """Today's Stripe: how many days are left, the shop's clock says."""
    return LocalStripe(clock=Clock(int(time.time())))


@pytest.fixture
def staff(session):
    support = Customer(email="sam@shop.example", password_hash="-", role=Role.SUPPORT)
    session.add(support)
    session.commit()
    return support


@pytest.fixture
def complain(session, stripe_client, order):
    """Pay the order with a card whose owner complains; gives Stripe's dispute."""

    def pay(card="pm_card_createDispute", about=order):
        settle(session, about, paid(stripe_client, about, card))
        charged = {"payment_intent": about.payment_intent_id}
        return stripe_client.v1.disputes.list(charged).data[0]

    return pay


@pytest.fixture
def dispute(session, order, complain):
    return record(session, order, complain())


@pytest.fixture
def deliver(app, local, monkeypatch):
    monkeypatch.setitem(app.config, "STRIPE_WEBHOOK_SECRETS", ())
    return carry(app, local)


def paid(client, order, card):
    return charge(client, order.id, order.amount, card=card)


def known(session):
    """The one dispute that the shop knows of."""
    session.expire_all()
    return session.scalars(sa.select(Dispute)).one()


def trail(session):
    return session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id)).all()


# What Stripe tells


def test_a_dispute_is_kept_with_its_reason_and_its_deadline(session, order, complain):
    told = complain()
    record(session, order, told)
    kept = known(session)
    assert (kept.order_id, kept.amount, kept.currency) == (order.id, order.amount, "usd")
    assert (kept.reason, kept.status) == ("fraudulent", "needs_response")
    assert kept.due_by.timestamp() == told.evidence_details.due_by
    assert (kept.opened_at.timestamp(), kept.evidence_sent_at) == (told.created, None)


def test_every_webhook_about_a_dispute_brings_the_shop_to_what_it_is_now(
    session, stripe_client, order, local, deliver, staff
):
    paid(stripe_client, order, "pm_card_createDispute")
    deliver()
    assert known(session).status == "needs_response"
    answer(session, stripe_client, known(session), WINNING, staff=staff, submit=True)
    local.advance(DAY)
    deliver()
    assert known(session).status == "won"
    assert trail(session) == [
        "dispute needs_response",
        "evidence submitted",
        "dispute under_review",
        "dispute won",
    ]


def test_a_dispute_that_comes_before_the_news_of_its_payment_settles_that_too(
    session, client, stripe_client, order
):
    intent = paid(stripe_client, order, "pm_card_createDispute")
    told = stripe_client.v1.disputes.list({"payment_intent": intent.id}).data[0]
    tell(client, event("charge.dispute.created", told.id))
    session.expire_all()
    assert (order.status, order.fulfilled_at is not None) == ("paid", True)
    assert known(session).id == told.id


@pytest.mark.parametrize(
    "type", ["created", "updated", "closed", "funds_withdrawn", "funds_reinstated"]
)
def test_the_same_news_twice_is_one_dispute(session, client, complain, type):
    told = complain()
    tell(client, event(f"charge.dispute.{type}", told.id))
    tell(client, event(f"charge.dispute.{type}", told.id))
    assert known(session).id == told.id
    assert trail(session) == ["dispute needs_response"]


def test_a_dispute_about_no_order_of_the_shop_is_none_of_its_business(
    session, client, stripe_client
):
    stray = {
        "amount": 900,
        "currency": "usd",
        "allowed_payment_method_types": ["card"],
        "payment_method": "pm_card_createDispute",
        "confirm": True,
    }
    stripe_client.v1.payment_intents.create(stray)
    told = stripe_client.v1.disputes.list().data[0]
    news = event("charge.dispute.created", told.id)
    tell(client, news)
    assert session.scalars(sa.select(Dispute)).all() == []
    assert "for no order of this shop" in session.get_one(WebhookEvent, news["id"]).ignored


def test_a_dispute_of_a_payment_that_paid_for_nothing_is_not_the_orders(
    session, client, stripe_client, order
):
    settle(session, order, paid(stripe_client, order, "pm_card_visa"))
    twice = paid(stripe_client, order, "pm_card_createDispute")
    told = stripe_client.v1.disputes.list({"payment_intent": twice.id}).data[0]
    news = event("charge.dispute.created", told.id)
    tell(client, news)
    assert session.scalars(sa.select(Dispute)).all() == []
    assert twice.id in session.get_one(WebhookEvent, news["id"]).ignored


def test_an_older_answer_of_stripes_never_undoes_a_newer_one(
    session, stripe_client, order, complain, staff
):
    older = complain()
    answer(session, stripe_client, record(session, order, older), LOSING, staff=staff, submit=True)
    record(session, order, older)
    assert known(session).status == "under_review"


def test_an_inquiry_that_escalates_is_a_dispute_with_a_deadline_of_its_own(
    session, stripe_client, order, complain, local, deliver, staff
):
    inquiry = record(session, order, complain("pm_card_createDisputeInquiry"))
    assert inquiry.status == "warning_needs_response"
    first_deadline = inquiry.due_by
    local.advance(3 * DAY)
    escalating = {"uncategorized_text": "escalate_inquiry_evidence"}
    answer(session, stripe_client, inquiry, escalating, staff=staff, submit=True)
    local.advance(DAY)
    deliver()
    assert known(session).status == "needs_response"
    assert known(session).due_by > first_deadline


# What is held back


@pytest.mark.parametrize(
    ("status", "blocked"),
    [
        *[(status, True) for status in COURSE],
        ("lost", True),
        ("prevented", True),
        ("appeal_under_review", True),
        ("what Stripe invents tomorrow", True),
        ("won", False),
        ("warning_closed", False),
    ],
)
def test_nothing_is_shipped_while_its_money_is_lost_or_may_be(
    session, order, dispute, status, blocked
):
    dispute.status = status
    session.commit()
    assert blocks_shipment(order) is blocked


def test_an_order_that_nobody_disputes_is_free(session, order, dispute):
    assert not blocks_shipment(place_order(session, [1]))


def test_shipment_is_blocked_as_soon_as_another_process_knows(app, session, order, dispute):
    dispute.status = "won"
    session.commit()
    assert not blocks_shipment(order)
    with app.app_context():
        db.session.get_one(Dispute, dispute.id).status = "lost"
        db.session.commit()
    assert blocks_shipment(order)


# Answering


def test_evidence_that_is_only_saved_can_be_changed(session, stripe_client, dispute, staff):
    answer(session, stripe_client, dispute, WINNING, staff=staff, submit=False)
    answer(session, stripe_client, dispute, LOSING, staff=staff, submit=False)
    answer(session, stripe_client, dispute, WINNING, staff=staff, submit=False)
    at_stripe = stripe_client.v1.disputes.retrieve(dispute.id)
    assert at_stripe.evidence.uncategorized_text == "winning_evidence"
    assert (at_stripe.status, known(session).evidence_sent_at) == ("needs_response", None)


def test_evidence_is_submitted_once(session, stripe_client, dispute, staff):
    answer(session, stripe_client, dispute, WINNING, staff=staff, submit=True)
    with pytest.raises(NotAnswerable, match="the bank has your answer"):
        answer(session, stripe_client, dispute, LOSING, staff=staff, submit=True)
    at_stripe = stripe_client.v1.disputes.retrieve(dispute.id)
    assert at_stripe.evidence.uncategorized_text == "winning_evidence"
    assert at_stripe.evidence_details.submission_count == 1
    assert known(session).evidence_sent_at


def test_two_who_answer_at_one_moment_are_one_answer(app, session, local, order, dispute, staff):
    line = Interrupted(local)
    client = stripe.StripeClient(app.config["STRIPE_SECRET_KEY"], http_client=line)

    def while_another_answers(act):
        answer(session, client, dispute, LOSING, staff=staff, submit=True)
        return act()

    key = dispute.idempotency_key
    line.interrupt(f"/disputes/{dispute.id}", lambda act: first_look(act))

    def first_look(act):
        line.interrupt(f"/disputes/{dispute.id}", while_another_answers)
        return act()

    with pytest.raises(NotAnswerable):
        answer(session, client, dispute, WINNING, staff=staff, submit=True)
    assert keys(local, f"/disputes/{dispute.id}") == [key, key]
    at_stripe = client.v1.disputes.retrieve(dispute.id)
    assert at_stripe.evidence.uncategorized_text == "losing_evidence"
    assert at_stripe.evidence_details.submission_count == 1
    assert trail(session).count("evidence submitted") == 1


def test_who_got_no_answer_finds_out_that_the_bank_has_it(
    session, stripe_client, local, dispute, staff
):
    local.faults.inject("lost_response", path=f"/v1/disputes/{dispute.id}", method="POST", times=1)
    key = dispute.idempotency_key
    with pytest.raises(stripe.APIConnectionError):
        answer(session, stripe_client, dispute, WINNING, staff=staff, submit=True)
    assert known(session).idempotency_key == key
    with pytest.raises(NotAnswerable, match="the bank has your answer"):
        answer(session, stripe_client, dispute, WINNING, staff=staff, submit=True)
    assert (known(session).status, known(session).evidence_sent_at is None) == (
        "under_review",
        False,
    )


def test_a_failure_of_stripes_is_no_answer_for_ever(session, stripe_client, local, dispute, staff):
    """Stripe repeats what it said to a key, a failure of its own too: the next try has another."""
    local.faults.inject("server_error", path=f"/v1/disputes/{dispute.id}", method="POST", times=1)
    with pytest.raises(stripe.APIError):
        answer(session, stripe_client, dispute, WINNING, staff=staff, submit=True)
    answer(session, stripe_client, dispute, WINNING, staff=staff, submit=True)
    assert known(session).status == "under_review"


def test_after_the_deadline_the_refusal_names_it(session, stripe_client, local, dispute, staff):
    local.advance(9 * DAY)
    with pytest.raises(NotAnswerable) as refused:
        answer(session, stripe_client, dispute, WINNING, staff=staff, submit=True)
    due = f"Evidence was due by {dispute.due_by:%d %B %Y, %H:%M} UTC."
    assert str(refused.value) == f"This dispute cannot be answered: it is over (lost). {due}"
    assert known(session).status == "lost"


def test_who_answered_is_on_record(session, stripe_client, order, dispute, staff):
    answer(session, stripe_client, dispute, WINNING, staff=staff, submit=False)
    entry = session.scalars(sa.select(AuditEntry).filter_by(action="evidence saved")).one()
    assert (entry.staff_id, entry.order_id, entry.detail) == (staff.id, order.id, dispute.id)


@pytest.mark.parametrize("fault", ["lost_response", "server_error"])
def test_who_submitted_is_on_record_though_no_answer_came(
    session, stripe_client, local, dispute, staff, fault
):
    local.faults.inject(fault, path=f"/v1/disputes/{dispute.id}", method="POST", times=1)
    with pytest.raises(stripe.StripeError):
        answer(session, stripe_client, dispute, WINNING, staff=staff, submit=True)
    unsure = sa.select(AuditEntry).filter_by(action="evidence submitted, unconfirmed")
    assert session.scalars(unsure).one().staff_id == staff.id


def test_no_transaction_is_open_while_stripe_is_asked(app, session, local, dispute, staff):
    line = Interrupted(local)
    client = stripe.StripeClient(app.config["STRIPE_SECRET_KEY"], http_client=line)
    open_during = []

    def look(act):
        open_during.append(session.in_transaction())
        line.interrupt(f"/disputes/{dispute.id}", look)
        return act()

    line.interrupt(f"/disputes/{dispute.id}", look)
    session.get(Order, dispute.order_id)
    answer(session, client, dispute, WINNING, staff=staff, submit=True)
    assert open_during == [False, False]
