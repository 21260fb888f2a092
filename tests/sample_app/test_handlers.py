"""What the shop does about each event: what Stripe says now counts, not what the event said."""

import pytest
import sqlalchemy as sa
import stripe

from sample_app.models import FULL_SHELF, Item, Order, WebhookEvent, now
from sample_app.order_status import OrderStatus
from sample_app.orders import place_order
from sample_app.payments import pay
from tests.sample_app.deliveries import carry, event, tell
from tests.sample_app.payer import Payer

SEED = [1, 2, 3, 5, 5, 5]
GOOD = "pm_card_visa"


@pytest.fixture
def deliver(app, local, monkeypatch):
    """Have Stripe deliver every event that is due."""
    monkeypatch.setitem(app.config, "STRIPE_WEBHOOK_SECRETS", ())
    return carry(app, local)


@pytest.fixture
def payer(local):
    """The customer on Stripe's pages."""
    return Payer(local)


@pytest.fixture
def order(session):
    order = place_order(session, SEED)
    order.email = "ada@example.com"
    session.commit()
    return order


@pytest.fixture
def outcome(session, client):
    """Tell the shop of something; what the inbox says of it then."""

    def say(news):
        assert tell(client, news).status_code == 200
        session.expire_all()
        row = session.get_one(WebhookEvent, news["id"])
        assert row.handled_at, row.last_error
        return row.ignored

    return say


def start_payment(client, order, **changes):
    return client.v1.payment_intents.create(
        {
            "amount": order.amount,
            "currency": order.currency,
            "metadata": {"order_id": order.id},
            "allowed_payment_method_types": ["card"],
            **changes,
        }
    )


def paid(client, order, payment_method=GOOD, **changes):
    return start_payment(client, order, payment_method=payment_method, confirm=True, **changes)


def open_checkout(client, order, **changes):
    line = {
        "quantity": 1,
        "price_data": {
            "currency": order.currency,
            "unit_amount": order.amount,
            "product_data": {"name": "Everything"},
        },
    }
    return client.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "line_items": [line],
            "client_reference_id": order.id,
            "metadata": {"order_id": order.id},
            "payment_intent_data": {"metadata": {"order_id": order.id}},
            "success_url": "http://shop.invalid/success",
            **changes,
        }
    )


def stock(session):
    session.expire_all()
    return session.get_one(Item, 5).stock


def failures(session):
    """What the inbox has that is not handled."""
    session.expire_all()
    unhandled = sa.select(WebhookEvent.last_error).where(WebhookEvent.handled_at.is_(None))
    return session.scalars(unhandled).all()


# Payments


def test_a_payment_pays_and_fulfils_its_order(deliver, session, stripe_client, order, postbox):
    paid(stripe_client, order)
    assert {attempt.status for attempt in deliver()} == {200}
    session.refresh(order)
    assert order.status is OrderStatus.PAID
    assert order.fulfilled_at
    assert (stock(session), len(postbox.messages)) == (FULL_SHELF - 3, 1)
    assert failures(session) == []


def test_the_page_and_the_webhook_fulfil_once(app, deliver, session, stripe_client, order, postbox):
    pay(session, stripe_client, order, payment_method=GOOD)
    deliver()
    deliver()
    assert (stock(session), len(postbox.messages)) == (FULL_SHELF - 3, 1)


def test_a_webhook_does_not_wait_for_the_page_that_sends_the_mail(
    outcome, session, stripe_client, order, client, caplog
):
    """Nor does it count as handled: the page may die before it has sent it."""
    intent = paid(stripe_client, order)
    order.confirmation_claimed_at = now()
    session.commit()
    tell(client, event("payment_intent.succeeded", intent.id))
    [reason] = failures(session)
    assert reason == f"The confirmation of {order.id} is being sent elsewhere."
    assert "Traceback" not in caplog.text


def test_what_an_event_says_counts_for_nothing(outcome, session, stripe_client, order):
    """A true event of an earlier moment: by now the payment is canceled."""
    intent = start_payment(stripe_client, order)
    claims = {"id": intent.id, "status": "succeeded", "metadata": {"order_id": order.id}}
    outcome(event("payment_intent.succeeded", data={"object": claims}))
    session.refresh(order)
    assert (order.status, order.fulfilled_at) == (OrderStatus.PENDING, None)


@pytest.mark.parametrize(
    "type",
    ["payment_intent.processing", "payment_intent.payment_failed", "payment_intent.canceled"],
)
def test_an_event_that_comes_too_late_does_not_turn_the_order_back(
    outcome, session, stripe_client, order, type
):
    intent = paid(stripe_client, order)
    outcome(event("payment_intent.succeeded", intent.id))
    assert outcome(event(type, intent.id)) is None
    session.refresh(order)
    assert order.status is OrderStatus.PAID


def test_a_declined_card_leaves_the_order_payable(deliver, session, stripe_client, order, postbox):
    with pytest.raises(stripe.CardError):
        paid(stripe_client, order, payment_method="pm_card_visa_chargeDeclined")
    deliver()
    session.refresh(order)
    assert (order.status, order.fulfilled_at) == (OrderStatus.PENDING, None)
    assert postbox.messages == []
    assert failures(session) == []


def test_an_order_ends_with_its_payment(deliver, session, stripe_client, order):
    intent = start_payment(stripe_client, order)
    order.payment_intent_id = intent.id
    session.commit()
    stripe_client.v1.payment_intents.cancel(intent.id)
    deliver()
    session.refresh(order)
    assert order.status is OrderStatus.CANCELED


def test_money_that_nobody_expected_stays_in_the_inbox_until_somebody_looks(
    deliver, session, stripe_client, order
):
    """A second payment for one order: the shop cannot decide which of the two to give back."""
    paid(stripe_client, order)
    second = paid(stripe_client, order)
    deliver()
    [problem] = failures(session)
    assert problem == f"UnexpectedPayment: {second.id} paid for {order.id}, which is paid"


# Checkout


def test_a_checkout_that_took_the_money_pays_its_order(
    deliver, session, stripe_client, order, payer, postbox
):
    payer.pay(open_checkout(stripe_client, order).id)
    deliver()
    session.refresh(order)
    assert order.status is OrderStatus.PAID
    assert (stock(session), len(postbox.messages)) == (FULL_SHELF - 3, 1)
    assert failures(session) == []


@pytest.fixture
def card_of(stripe_client):
    """A card whose holder has this address."""

    def card_of(email):
        card = {"type": "card", "card": {"token": "tok_visa"}, "billing_details": {"email": email}}
        return stripe_client.v1.payment_methods.create(card).id

    return card_of


def test_the_address_that_a_guest_left_at_stripes_gets_the_mail(
    outcome, session, stripe_client, order, payer, card_of, postbox
):
    order.email = None
    session.commit()
    checkout = open_checkout(stripe_client, order)
    payer.pay(checkout.id, card_of("guest@example.com"))
    outcome(event("checkout.session.completed", checkout.id))
    assert [message["To"] for message in postbox.messages] == ["guest@example.com"]


def test_completed_is_not_paid(outcome, session, stripe_client, order, payer, local, postbox):
    """A bank debit takes days: goods and mail wait for the money."""
    checkout = open_checkout(stripe_client, order, allowed_payment_method_types=["us_bank_account"])
    payer.pay(checkout.id, "pm_usBankAccount_success")
    outcome(event("checkout.session.completed", checkout.id))
    session.refresh(order)
    assert (order.status, stock(session), postbox.messages) == (OrderStatus.PENDING, FULL_SHELF, [])

    local.advance(14 * 24 * 3600)
    outcome(event("checkout.session.async_payment_succeeded", checkout.id))
    session.refresh(order)
    assert (order.status, stock(session)) == (OrderStatus.PAID, FULL_SHELF - 3)


def test_a_bank_debit_that_bounces_leaves_the_order_unpaid(
    outcome, session, stripe_client, order, payer, local, postbox
):
    checkout = open_checkout(stripe_client, order, allowed_payment_method_types=["us_bank_account"])
    payer.pay(checkout.id, "pm_usBankAccount_insufficientFunds")
    local.advance(14 * 24 * 3600)
    outcome(event("checkout.session.async_payment_failed", checkout.id))
    session.refresh(order)
    assert (order.status, stock(session), postbox.messages) == (OrderStatus.PENDING, FULL_SHELF, [])


@pytest.fixture
def at_checkout(session, stripe_client, order):
    """A Checkout Session that the order's customer was sent to."""

    def at_checkout(**params):
        checkout = open_checkout(stripe_client, order, **params)
        order.checkout_session_id = checkout.id
        session.commit()
        return checkout

    return at_checkout


def test_an_order_whose_bank_debit_bounced_waits_for_it_no_longer(
    outcome, session, order, payer, local, at_checkout
):
    checkout = at_checkout(allowed_payment_method_types=["us_bank_account"])
    payer.pay(checkout.id, "pm_usBankAccount_insufficientFunds")
    assert outcome(event("checkout.session.completed", checkout.id)) is None
    session.refresh(order)
    assert order.checkout_session_id == checkout.id
    local.advance(14 * 24 * 3600)
    assert outcome(event("checkout.session.async_payment_failed", checkout.id)) is None
    session.refresh(order)
    assert (order.status, order.checkout_session_id) == (OrderStatus.PENDING, None)


def test_a_checkout_that_expired_leaves_the_order_payable(
    outcome, session, stripe_client, order, at_checkout
):
    checkout = at_checkout()
    stripe_client.v1.checkout.sessions.expire(checkout.id)
    assert outcome(event("checkout.session.expired", checkout.id)) is None
    session.refresh(order)
    assert (order.status, order.checkout_session_id) == (OrderStatus.PENDING, None)


def test_an_old_session_that_expires_leaves_the_new_one_alone(
    outcome, session, stripe_client, order, at_checkout
):
    old, new = at_checkout(), at_checkout()
    stripe_client.v1.checkout.sessions.expire(old.id)
    assert outcome(event("checkout.session.expired", old.id)) is None
    session.refresh(order)
    assert order.checkout_session_id == new.id
    assert stripe_client.v1.checkout.sessions.retrieve(new.id).status == "open"


# Refunds


def test_an_order_whose_money_went_back_is_refunded(deliver, session, stripe_client, order):
    intent = paid(stripe_client, order)
    deliver()
    stripe_client.v1.refunds.create({"payment_intent": intent.id})
    deliver()
    session.refresh(order)
    assert order.status is OrderStatus.REFUNDED
    assert failures(session) == []


def test_an_order_refunded_in_part_stays_paid(deliver, session, stripe_client, order):
    intent = paid(stripe_client, order)
    deliver()
    stripe_client.v1.refunds.create({"payment_intent": intent.id, "amount": 100})
    deliver()
    session.refresh(order)
    assert order.status is OrderStatus.PAID


def test_news_of_the_refund_may_come_before_news_of_the_payment(
    outcome, session, stripe_client, order, postbox
):
    intent = paid(stripe_client, order)
    stripe_client.v1.refunds.create({"payment_intent": intent.id})
    outcome(event("charge.refunded", str(intent.latest_charge)))
    outcome(event("payment_intent.succeeded", intent.id))
    session.refresh(order)
    assert order.status is OrderStatus.REFUNDED
    assert (stock(session), postbox.messages) == (FULL_SHELF, [])


def test_a_second_payment_that_is_given_back_does_not_refund_the_order(
    outcome, session, stripe_client, order
):
    first, second = paid(stripe_client, order), paid(stripe_client, order)
    outcome(event("payment_intent.succeeded", first.id))
    stripe_client.v1.refunds.create({"payment_intent": second.id})
    for type, about in [
        ("charge.refunded", str(second.latest_charge)),
        ("payment_intent.succeeded", second.id),
    ]:
        assert outcome(event(type, about)) == f"{second.id} was given back."
    session.refresh(order)
    assert order.status is OrderStatus.PAID


# What is none of the shop's business


def test_an_event_of_a_type_without_a_use_is_kept_and_ignored(outcome):
    assert outcome(event("customer.created")) == "The shop has no use for events of this type."


def test_an_event_of_the_other_mode_is_ignored(outcome, stripe_client, order, session):
    intent = paid(stripe_client, order)
    news = event("payment_intent.succeeded", intent.id, livemode=True)
    assert outcome(news) == "This is about live mode."
    session.refresh(order)
    assert order.status is OrderStatus.PENDING


def test_an_event_of_another_account_is_ignored(outcome):
    news = event("payment_intent.succeeded", "pi_1", account="acct_1")
    assert outcome(news) == "This is about the account acct_1."


@pytest.mark.parametrize(
    ("type", "about"),
    [
        ("payment_intent.succeeded", "pi_1"),
        ("checkout.session.completed", "cs_test_1"),
        ("charge.refunded", "ch_1"),
        ("refund.updated", "re_1"),
    ],
)
def test_an_object_that_stripe_does_not_know_here_is_ignored(outcome, type, about):
    assert outcome(event(type, about)) == f"Stripe has no {about} on this account."


@pytest.mark.parametrize(
    "address", ["a@b.example\r\nBcc: all@b.example", "a@b.example,all@b.example", "a@localhost"]
)
def test_an_order_without_an_address_for_mail_is_fulfilled_all_the_same(
    outcome, session, stripe_client, local, order, payer, card_of, postbox, address
):
    order.email = None
    session.commit()
    checkout = open_checkout(stripe_client, order)
    payer.pay(checkout.id, card_of("guest@example.com"))
    stored = local.store.require("checkout.session", checkout.id)
    local.store.put(
        {**stored, "customer_details": {**stored["customer_details"], "email": address}}
    )
    assert outcome(event("checkout.session.completed", checkout.id)) is None
    session.refresh(order)
    assert (order.status, order.fulfilled_at is None) == (OrderStatus.PAID, False)
    assert (order.email, postbox.messages) == (None, [])


@pytest.mark.parametrize("metadata", [{}, {"order_id": "ord_none"}, {"order_id": "6735"}])
def test_a_payment_for_something_else_is_ignored(outcome, stripe_client, order, metadata):
    intent = paid(stripe_client, order, metadata=metadata)
    reason = outcome(event("payment_intent.succeeded", intent.id))
    assert reason == f"{intent.id} is for no order of this shop: There is no such order."


def test_a_payment_of_another_amount_does_not_pay(outcome, session, stripe_client, order):
    intent = paid(stripe_client, order, amount=100)
    assert "is for no order of this shop" in outcome(event("payment_intent.succeeded", intent.id))
    session.refresh(order)
    assert order.status is OrderStatus.PENDING


def test_a_checkout_of_another_amount_does_not_pay(outcome, session, stripe_client, order, payer):
    other = place_order(session, [1])
    about = {"order_id": order.id}
    checkout = open_checkout(stripe_client, other, client_reference_id=order.id, metadata=about)
    payer.pay(checkout.id)
    assert "is for no order" in outcome(event("checkout.session.completed", checkout.id))
    session.refresh(order)
    assert order.status is OrderStatus.PENDING
    assert session.scalars(sa.select(Order).where(Order.status == OrderStatus.PAID)).all() == []


def test_a_checkout_that_only_claims_an_order_does_not_learn_where_its_mail_goes(
    outcome, session, stripe_client, order
):
    """As on a Payment Link, whose visitor writes the reference into its address."""
    order.email = None
    session.commit()
    claim = {"metadata": {}, "payment_intent_data": {}, "customer_email": "mallory@example.com"}
    checkout = open_checkout(stripe_client, order, **claim)
    assert "is for no order" in outcome(event("checkout.session.completed", checkout.id))
    session.refresh(order)
    assert order.email is None
