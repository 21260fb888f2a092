"""`flask --app sample_app reconcile`: what the webhooks missed is mended, and every cent named."""

import os
import subprocess
import sys
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa
import stripe
from hypothesis import given, settings
from hypothesis import strategies as st

from local_stripe import SECRET_KEY, Clock, LocalStripe
from local_stripe.server import start
from local_stripe.transport import InProcess
from sample_app import bookkeeping, ledger, mail, reconciliation, refunds
from sample_app.after_sales import Dispute, Reconciliation, Refund
from sample_app.checkout import start_checkout
from sample_app.confirmation import CLAIM
from sample_app.database import db
from sample_app.models import FULL_SHELF, Customer, Item, Order, WebhookEvent, now
from sample_app.order_status import OrderStatus
from sample_app.orders import place_order
from sample_app.payments import open_payment
from sample_app.refunds import refund
from sample_app.roles import Role
from sample_app.settlement import settle
from tests.sample_app.conftest import build, close
from tests.sample_app.deliveries import carry
from tests.sample_app.payer import Payer, charge
from tests.sample_app.postbox import Postbox

ROOT = Path(__file__).parents[2]
DAY = 86_400
PAID = 10
CHAIR = 5
PAGE = "https://shop.example/{CHECKOUT_SESSION_ID}"


@pytest.fixture
def local():
    """Today's Stripe: how near a deadline is, the shop's clock says."""
    return LocalStripe(clock=Clock(int(time.time())))


@pytest.fixture
def payer(local):
    return Payer(local)


@pytest.fixture
def staff(session):
    manager = Customer(email="max@shop.example", password_hash="-", role=Role.MANAGER)
    session.add(manager)
    session.commit()
    return manager


@pytest.fixture
def order(session):
    return chairs(session)


@pytest.fixture
def lost(session, stripe_client, payer):
    """Pay for an order on the shop's page, of which no webhook says anything; gives the id."""

    def pay(order, card="pm_card_visa"):
        secret = open_payment(session, stripe_client, order)
        with suppress(stripe.CardError):
            payer.confirm(secret, card)
        return order.payment_intent_id

    return pay


@pytest.fixture
def known(session, stripe_client, lost):
    """Pay for an order, and let the shop know."""

    def pay(order, card="pm_card_visa"):
        intent = stripe_client.v1.payment_intents.retrieve(lost(order, card))
        settle(session, order, intent)
        return intent.id

    return pay


@pytest.fixture
def reconcile(app, session):
    """Run the command; its output, and whether it needs nobody."""

    def run(*arguments):
        result = app.test_cli_runner().invoke(args=["reconcile", *arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit)
        session.expire_all()
        return result

    return run


def chairs(session, number=1, email="ada@example.com"):
    order = place_order(session, [CHAIR] * number)
    order.email = email
    session.commit()
    return order


def stock(session):
    session.expire_all()
    return session.get_one(Item, CHAIR).stock


def card_of_a_guest(client):
    details = {"billing_details": {"email": "guest@example.com"}}
    card = {"type": "card", "card": {"token": "tok_visa"}, **details}
    return client.v1.payment_methods.create(card).id


def row(result, name, currency="USD"):
    """The amounts on a line of the statement."""
    block = result.stdout.partition(f"\n{currency}\n")[2]
    [line] = [line for line in block.splitlines() if line.startswith(f"{name} ")][:1]
    return line.removeprefix(name).split()


# What the webhooks missed


def test_after_every_webhook_was_lost_the_shop_is_as_if_none_had_been(
    session, stripe_client, payer, lost, postbox, reconcile
):
    paid, unstored, part, whole, disputed, canceled, declined, at_checkout = (
        chairs(session) for _ in range(8)
    )
    at_checkout.email = None
    lost(paid)
    lost(unstored)
    unstored.payment_intent_id = None  # the shop died before it was committed
    stripe_client.v1.refunds.create({"payment_intent": lost(part), "amount": 1000})
    stripe_client.v1.refunds.create({"payment_intent": lost(whole)})
    lost(disputed, "pm_card_createDispute")
    open_payment(session, stripe_client, canceled)
    stripe_client.v1.payment_intents.cancel(canceled.payment_intent_id)
    lost(declined, "pm_card_visa_chargeDeclined")
    start_checkout(session, stripe_client, at_checkout, PAGE, "https://shop.example")
    payer.pay(at_checkout.checkout_session_id, card_of_a_guest(stripe_client))
    session.commit()

    result = reconcile()

    assert result.exit_code == 0, result.output
    assert {order.status for order in (paid, unstored, part, disputed, at_checkout)} == {"paid"}
    assert (whole.status, canceled.status, declined.status) == ("refunded", "canceled", "pending")
    fulfilled = session.scalars(sa.select(Order.id).where(Order.fulfilled_at.is_not(None))).all()
    assert set(fulfilled) == {order.id for order in (paid, unstored, part, disputed, at_checkout)}
    assert stock(session) == FULL_SHELF - len(fulfilled)
    assert len(postbox.messages) == len(fulfilled)
    assert "guest@example.com" in {message["To"] for message in postbox.messages}
    assert session.scalars(sa.select(Refund.amount).order_by(Refund.amount)).all() == [1000, 5950]
    assert session.scalars(sa.select(Dispute.status)).all() == ["needs_response"]
    assert result.stdout.splitlines()[-1] == "Every cent is accounted for."


def test_a_second_run_mends_nothing(session, stripe_client, lost, order, postbox, reconcile):
    stripe_client.v1.refunds.create({"payment_intent": lost(order), "amount": 1000})
    lost(chairs(session), "pm_card_createDispute")
    first, second = reconcile(), reconcile()
    assert "Mended:" in first.stdout
    assert "Mended:" not in second.stdout
    assert (second.exit_code, len(postbox.messages)) == (0, 2)


def test_each_mended_thing_is_named_with_its_order(session, stripe_client, lost, order, reconcile):
    intent_id, given_back = lost(order), chairs(session)
    made = stripe_client.v1.refunds.create({"payment_intent": lost(given_back), "amount": 1000})
    assert reconcile().stdout.splitlines()[:3] == [
        "Mended:",
        f"  {given_back.id} knows of {made.id}, $10.00: succeeded",
        f"  {order.id} is what {intent_id} says of it: succeeded",
    ]


def test_a_guest_who_paid_at_checkout_gets_the_e_mail_that_no_webhook_asked_for(
    session, stripe_client, payer, order, postbox, reconcile
):
    order.email = None
    start_checkout(session, stripe_client, order, PAGE, "https://shop.example")
    payer.pay(order.checkout_session_id, card_of_a_guest(stripe_client))
    told = stripe_client.v1.checkout.sessions.retrieve(order.checkout_session_id)
    settle(session, order, stripe_client.v1.payment_intents.retrieve(told.payment_intent))
    assert reconcile().exit_code == 0
    assert [message["To"] for message in postbox.messages] == ["guest@example.com"]


def test_an_order_waits_no_longer_for_a_session_that_expired(
    session, stripe_client, order, local, reconcile
):
    start_checkout(session, stripe_client, order, PAGE, "https://shop.example")
    session_id = order.checkout_session_id
    local.advance(2 * DAY)
    assert f"{order.id} waits no longer for {session_id}" in reconcile().stdout
    assert (order.status, order.checkout_session_id) == ("pending", None)


def test_a_refund_that_fails_days_later_needs_a_person_until_another_arrives(
    session, stripe_client, known, order, staff, local, reconcile
):
    known(order, "pm_card_refundFail")
    terms = {"staff": staff, "reason": "Broken."}
    failed = refund(session, stripe_client, order, 1000, **terms, request_key="a" * 20)
    local.advance(10 * DAY)
    result = reconcile()
    assert result.exit_code == 1
    assert f"! {failed.stripe_id}, $10.00 of {order.id}, did not arrive." in result.stdout
    assert row(result, "Refunds") == ["$0.00", "$0.00", "$0.00"]
    tomorrow = (now() + timedelta(days=1)).strftime("%Y-%m-%d")
    assert reconcile("--since", tomorrow).exit_code == 0
    refund(session, stripe_client, order, 900, **terms, request_key="b" * 20)
    assert reconcile().exit_code == 0


def test_a_refund_whose_answer_was_lost_is_asked_for_again_once(
    session, stripe_client, known, order, staff, local, reconcile
):
    known(order)
    terms = {"staff": staff, "reason": "Broken.", "request_key": "a" * 20}
    local.faults.inject("timeout", path="/v1/refunds", method="POST", times=1)
    with pytest.raises(stripe.APIConnectionError):
        refund(session, stripe_client, order, 1000, **terms)
    assert (reconcile().exit_code, stripe_client.v1.refunds.list().data) == (0, [])  # too young
    [kept] = session.scalars(sa.select(Refund))
    kept.created_at -= timedelta(minutes=2)
    session.commit()
    result = reconcile()
    assert f"{order.id} has its refund of $10.00" in result.stdout
    [made] = stripe_client.v1.refunds.list().data
    assert session.scalars(sa.select(Refund.stripe_id)).all() == [made.id]
    assert (result.exit_code, reconcile().exit_code) == (0, 0)
    assert len(stripe_client.v1.refunds.list().data) == 1


def test_a_paid_order_that_nobody_handed_over_is_fulfilled(session, known, order, reconcile):
    known(order)
    assert f"{order.id} is fulfilled" in reconcile().stdout
    assert (stock(session), order.confirmation_sent_at is not None) == (FULL_SHELF - 1, True)


def test_of_two_payments_the_first_one_paid_for_the_order(stripe_client, order, reconcile):
    first, second = (charge(stripe_client, order.id, order.amount) for _ in range(2))
    result = reconcile()
    assert order.payment_intent_id == first.id
    assert f"! {second.id} brought $59.50" in result.stdout


def test_what_a_payment_for_nothing_gave_back_is_not_the_orders(
    session, stripe_client, known, order, reconcile, caplog
):
    known(order)
    reconcile()
    second = charge(stripe_client, order.id, order.amount)
    stripe_client.v1.refunds.create({"payment_intent": second.id})
    result = reconcile()
    assert (result.exit_code, order.status) == (0, "paid")
    assert session.scalars(sa.select(Refund)).all() == []
    assert caplog.records == []


def test_an_e_mail_that_is_just_being_sent_is_left_alone(session, known, order, reconcile, postbox):
    known(order)
    order.fulfilled_at = order.confirmation_claimed_at = now()
    session.commit()
    result = reconcile()
    assert (result.exit_code, postbox.messages) == (0, [])
    assert "Mended:" not in result.stdout


# What needs a person


def test_money_for_no_order_is_named_until_it_is_given_back(stripe_client, reconcile):
    stray = charge(stripe_client, "ord_of_nobody", 900)
    result = reconcile()
    assert result.exit_code == 1
    assert row(result, "Payments for no order") == ["$0.00", "$9.00", "$9.00"]
    what = f"! {stray.id} brought $9.00, and paid for nothing: it names no order of this shop."
    assert what in result.stdout
    stripe_client.v1.refunds.create({"payment_intent": stray.id})
    assert reconcile().exit_code == 0


def test_an_order_paid_twice_says_by_what(stripe_client, known, order, reconcile):
    first = known(order)
    second = charge(stripe_client, order.id, order.amount)
    result = reconcile()
    assert result.exit_code == 1
    assert f"! {second.id} brought $59.50" in result.stdout
    assert f"{order.id} was paid by {first}." in result.stdout


def test_a_payment_of_another_amount_pays_for_nothing(stripe_client, order, reconcile):
    charge(stripe_client, order.id, order.amount - 1)
    result = reconcile()
    assert (result.exit_code, order.status) == (1, "pending")
    assert f"paid for nothing: {order.id} costs $59.50." in result.stdout


def test_money_for_a_canceled_order_is_named(session, stripe_client, order, reconcile):
    order.status = OrderStatus.CANCELED
    session.commit()
    charge(stripe_client, order.id, order.amount)
    result = reconcile()
    assert result.exit_code == 1
    assert f"paid for nothing: {order.id} is canceled." in result.stdout


def test_an_order_that_is_paid_without_money_is_named(session, order, reconcile):
    order.status, order.payment_intent_id = OrderStatus.PAID, "pi_of_nobody"
    session.commit()
    result = reconcile()
    assert result.exit_code == 1
    assert row(result, "Paid orders") == ["$59.50", "$0.00", "-$59.50"]
    assert "! pi_of_nobody paid for an order here, and is not in Stripe's ledger." in result.stdout


def test_a_dispute_is_pressing_three_days_before_its_deadline(
    stripe_client, lost, order, local, session, reconcile
):
    lost(order, "pm_card_createDispute")
    assert reconcile().exit_code == 0
    dispute = session.scalars(sa.select(Dispute)).one()
    dispute.due_by = now() + timedelta(days=2)
    session.commit()
    result = reconcile()
    assert result.exit_code == 1
    assert f"! {dispute.id}, $59.50 of {order.id}, has no answer" in result.stdout
    answer = {"evidence": {"uncategorized_text": "Signed for."}, "submit": True}
    stripe_client.v1.disputes.update(dispute.id, answer)
    assert reconcile().exit_code == 0


def test_a_dispute_of_money_for_no_order_is_named_until_it_has_an_answer(stripe_client, reconcile):
    """It takes back what came, so that not a cent is left over; a person has to answer it."""
    stray = charge(stripe_client, "ord_of_nobody", 900, "pm_card_createDispute")
    [dispute] = stripe_client.v1.disputes.list().data
    result = reconcile()
    assert result.exit_code == 1
    assert "Payments for no order" not in result.stdout
    assert result.stdout.splitlines()[-3:] == [
        f"! {dispute.id} asks for $9.00 of {stray.id}, which paid for nothing: "
        "it names no order of this shop.",
        "  Answer it in Stripe's dashboard, which says until when, or accept it there.",
        "1 need a person.",
    ]
    answer = {"evidence": {"uncategorized_text": "Signed for."}, "submit": True}
    stripe_client.v1.disputes.update(dispute.id, answer)
    assert reconcile().exit_code == 0


def test_a_bank_that_only_asks_about_money_for_no_order_is_named_beside_it(
    stripe_client, reconcile
):
    stray = charge(stripe_client, "ord_of_nobody", 900, "pm_card_createDisputeInquiry")
    [inquiry] = stripe_client.v1.disputes.list().data
    result = reconcile()
    assert f"! {stray.id} brought $9.00" in result.stdout
    assert f"! {inquiry.id} asks for $9.00 of {stray.id}" in result.stdout
    assert "2 need a person." in result.stdout


def test_a_dispute_of_what_was_paid_twice_says_by_what_the_order_was_paid(
    stripe_client, known, order, reconcile
):
    first = known(order)
    second = charge(stripe_client, order.id, order.amount, "pm_card_createDispute")
    result = reconcile()
    assert result.exit_code == 1
    assert (
        f"of {second.id}, which paid for nothing: {order.id} was paid by {first}." in result.stdout
    )


def test_a_dispute_that_comes_while_the_shop_is_mended_alarms_nobody(
    stripe_client, lost, order, reconcile, monkeypatch
):
    def mend(*arguments, mend=reconciliation.mend):
        yield from mend(*arguments)
        lost(order, "pm_card_createDispute")

    monkeypatch.setattr(reconciliation, "mend", mend)
    assert reconcile().exit_code == 0
    assert len(stripe_client.v1.disputes.list().data) == 1


def test_a_dispute_from_before_the_day_is_not_looked_at(stripe_client, reconcile):
    charge(stripe_client, "ord_of_nobody", 900, "pm_card_createDispute")
    tomorrow = (now() + timedelta(days=1)).strftime("%Y-%m-%d")
    assert reconcile().exit_code == 1
    assert reconcile("--since", tomorrow).exit_code == 0


def test_an_event_that_was_given_up_is_named_with_how_to_replay_it(session, reconcile):
    given_up = {"id": "evt_1", "type": "customer.created", "payload": "{}", "due_at": None}
    session.execute(sa.insert(WebhookEvent).values(**given_up, last_error="OSError: no network"))
    session.commit()
    result = reconcile()
    assert result.exit_code == 1
    assert "! evt_1 (customer.created) was given up: OSError: no network" in result.stdout
    assert "flask --app sample_app events replay evt_1" in result.stdout


def test_while_no_mail_goes_out_somebody_is_told(app, lost, order, postbox, tmp_path, reconcile):
    lost(order)
    (tmp_path / "mail").write_text("This is no folder.")
    result = reconcile()
    assert (result.exit_code, order.status) == (1, "paid")
    assert f"! {order.id} is paid, and waits for its e-mail." in result.stdout
    (tmp_path / "mail").unlink()
    assert (reconcile().exit_code, len(postbox.messages)) == (0, 1)


def test_without_a_database_a_sentence_says_so(tmp_path, local):
    nowhere = f"sqlite:///{tmp_path.as_posix()}/nowhere/shop.db"
    shop = build(nowhere, STRIPE_HTTP_CLIENT=InProcess(local))
    result = shop.test_cli_runner().invoke(args=["reconcile"])
    assert result.exit_code == 1
    assert "The database failed" in result.stderr


def test_what_fails_for_a_reason_that_nobody_foresaw_stops_nothing_else(
    session, lost, order, reconcile, caplog
):
    unsendable = chairs(session, email="ada@example.com\nBcc: eve@example.com")
    last = chairs(session)
    for each in (order, unsendable, last):
        lost(each)
    reconcile()
    assert order.confirmation_sent_at
    assert last.confirmation_sent_at
    assert f"Not mended, so that {unsendable.id} is" in caplog.text
    unsendable.fulfilled_at -= 2 * CLAIM
    session.commit()
    result = reconcile()
    assert result.exit_code == 1
    assert f"! {unsendable.id} is paid, and waits for its e-mail." in result.stdout


# The statement


def test_every_cent_is_on_the_statement(session, stripe_client, lost, order, reconcile):
    stripe_client.v1.refunds.create({"payment_intent": lost(order), "amount": 1000})
    lost(chairs(session), "pm_card_createDispute")
    stray = charge(stripe_client, "ord_of_nobody", 900)
    stripe_client.v1.refunds.create({"payment_intent": stray.id})
    assert reconcile().stdout.partition("DIFFERENCE\n")[2].splitlines() == [
        "USD",
        "Paid orders  $119.00  $119.00       $0.00",
        "Refunds      -$10.00  -$10.00       $0.00",
        "Disputes     -$59.50  -$59.50       $0.00",
        "Fees                  -$19.62",
        "Balance       $29.88   $29.88       $0.00",
        "Every cent is accounted for.",
    ]


def test_each_currency_has_a_statement_of_its_own(session, stripe_client, lost, order, reconcile):
    session.add(Item(id=77, name="Lampe", price=2000, currency="eur"))
    session.add(Item(id=78, name="Lantern", price=3000, currency="jpy"))
    session.commit()
    lost(order)
    stripe_client.v1.refunds.create({"payment_intent": lost(place_order(session, [77]))})
    lost(place_order(session, [78]))
    result = reconcile()
    assert result.exit_code == 0
    assert row(result, "Paid orders", "EUR") == ["€20.00", "€20.00", "€0.00"]
    assert row(result, "Refunds", "EUR") == ["-€20.00", "-€20.00", "€0.00"]
    assert row(result, "Paid orders", "JPY") == ["¥3,000", "¥3,000", "¥0"]
    assert row(result, "Paid orders") == ["$59.50", "$59.50", "$0.00"]


def test_since_a_day_only_what_was_made_from_it_on_is_looked_at(
    session, stripe_client, local, lost, order, reconcile
):
    lost(order)
    local.advance(3 * DAY)
    later = chairs(session)
    lost(later)
    day = (now() + timedelta(days=2)).strftime("%Y-%m-%d")
    result = reconcile("--since", day)
    assert (order.status, later.status) == ("pending", "paid")
    assert row(result, f"Balance before {day}") == ["$57.47"]
    assert row(result, "Paid orders") == ["$59.50", "$59.50", "$0.00"]


def test_a_day_that_is_none_is_refused(reconcile):
    result = reconcile("--since", "yesterday")
    assert result.exit_code == 2
    assert "'yesterday' does not match the format '%Y-%m-%d'." in result.output


def test_no_money_is_moved(session, stripe_client, local, lost, order, reconcile):
    lost(order)
    charge(stripe_client, "ord_of_nobody", 900)
    local.log.clear()
    reconcile()
    assert {exchange.request.method for exchange in local.log} == {"GET"}


def test_progress_goes_where_errors_go(lost, order, reconcile):
    lost(order)
    result = reconcile()
    assert "1 payments" in result.stderr
    assert "1 payments" not in result.stdout


# Interrupted, and at the same time


@pytest.fixture
def two_pages(session, stripe_client, lost, monkeypatch):
    """Orders whose payments fill a page and a half, all lost."""
    monkeypatch.setattr(reconciliation, "PAGE_SIZE", 4)
    orders = [chairs(session) for _ in range(6)]
    for order in orders:
        lost(order)
    return orders


def ignore(_list, _number):
    pass


def test_a_run_that_ended_early_is_taken_up_where_it_was(
    app, session, stripe_client, local, two_pages, reconcile
):
    def stop(_list, _number):
        raise KeyboardInterrupt

    with app.app_context(), pytest.raises(KeyboardInterrupt):
        list(reconciliation.mend(db.session, stripe_client, None, stop))
    session.expire_all()
    assert [order.status for order in two_pages].count("paid") == 4
    local.log.clear()
    assert reconcile().exit_code == 0
    listed = [exchange.request for exchange in local.log if is_list_of_payments(exchange)]
    assert ["starting_after" in request.query for request in listed] == [True]
    assert "/v1/refunds" not in {exchange.request.path for exchange in local.log}
    assert {order.status for order in two_pages} == {"paid"}
    assert session.scalars(sa.select(Reconciliation)).all() == []


def test_while_stripe_fails_the_command_says_to_run_it_again(local, order, lost, reconcile):
    lost(order)
    local.faults.inject("server_error", path="/v1/checkout/sessions", times=1)
    failed = reconcile()
    assert failed.exit_code == 1
    assert "Run this again: it goes on where it was." in failed.stderr
    assert (reconcile().exit_code, order.status) == (0, "paid")


def at_the_end_of_the_payments(orders):
    """Where a run is that has only the last page of all to go."""
    return {"list": "payments", "after": orders[0].payment_intent_id}


def test_an_old_run_is_not_taken_up(session, two_pages, reconcile):
    """What came since is not in the rest of its list."""
    old = now() - timedelta(hours=2)
    session.add(Reconciliation(**at_the_end_of_the_payments(two_pages), started_at=old))
    session.commit()
    assert reconcile().exit_code == 0
    assert {order.status for order in two_pages} == {"paid"}


def test_a_run_since_another_day_is_another_run(session, two_pages, reconcile):
    another = now() - timedelta(days=1)
    session.add(Reconciliation(**at_the_end_of_the_payments(two_pages), since=another))
    session.commit()
    assert reconcile().exit_code == 0
    assert {order.status for order in two_pages} == {"paid"}


def test_two_runs_at_one_time_do_no_harm(app, session, stripe_client, two_pages, postbox):
    outcomes = []

    def meanwhile(name, number):
        if not outcomes:
            outcomes.append(None)
            with app.app_context():
                outcomes.extend(reconciliation.mend(db.session, stripe_client, None, ignore))

    with app.app_context():
        outcomes.extend(reconciliation.mend(db.session, stripe_client, None, meanwhile))
    session.expire_all()
    assert {order.status for order in two_pages} == {"paid"}
    assert (stock(session), len(postbox.messages)) == (FULL_SHELF - 6, 6)
    assert session.scalars(sa.select(Reconciliation)).all() == []


def test_what_is_sold_meanwhile_alarms_nobody(app, session, stripe_client, lost, order):
    lost(chairs(session))
    with app.app_context():
        movements = ledger.read(stripe_client, None, ignore)
        list(reconciliation.mend(db.session, stripe_client, None, ignore))
        claims = bookkeeping.claims(db.session)
        lost(order)
        book = ledger.catch_up(stripe_client, None, movements)
    statement = bookkeeping.state(claims, book)
    assert statement.differences == []
    assert statement.stripe[bookkeeping.Line.FRESH, "usd"] == order.amount


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_run_that_was_killed_is_taken_up_where_it_was(database_url, local):
    with start(local) as server:
        app = build(database_url, STRIPE_API_BASE=server.url)
        client = stripe.StripeClient(SECRET_KEY, http_client=InProcess(local))
        with app.app_context():
            orders = [chairs(db.session, email=None) for _ in range(PAID)]
            for number in range(150):  # newest first: of either page, some are paid
                bought = orders[number // 15] if number % 15 == 0 else None
                charge(client, bought.id if bought else "-", 5950, confirm=bool(bought))
        environment = {
            "DATABASE_URL": database_url,
            "STRIPE_API_BASE": server.url,
            "SECRET_KEY": "for-tests",
        }
        local.log.clear()
        assert kill_at(environment, "100 payments")
        pages = len([1 for exchange in local.log if is_list_of_payments(exchange)])
        again = command(environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        out, err = again.communicate(timeout=60)
        assert again.returncode == 0, out + err
        listed = [exchange for exchange in local.log if is_list_of_payments(exchange)]
        assert "starting_after" in listed[pages].request.query
        with app.app_context():
            paid = sa.select(sa.func.count()).where(Order.fulfilled_at.is_not(None))
            assert db.session.scalar(paid) == PAID
            assert db.session.get(Item, CHAIR).stock == FULL_SHELF - PAID
        close(app)


def is_list_of_payments(exchange):
    return (exchange.request.method, exchange.request.path) == ("GET", "/v1/payment_intents")


def command(environment, **streams):
    line = [sys.executable, "-m", "flask", "--app", "sample_app", "reconcile"]
    return subprocess.Popen(line, cwd=ROOT, env={**os.environ, **environment}, **streams)


def kill_at(environment, words):
    """Run the command until it says this; whether it died of that."""
    running = command(environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    with running:
        for line in running.stderr:
            if line.strip() == words:
                running.kill()
                break
    return running.returncode != 0


# Whatever happens

CARDS = [
    "pm_card_visa",
    "pm_card_visa_chargeDeclined",
    "pm_card_createDispute",
    "pm_card_createDisputeInquiry",
    "pm_card_pendingRefund",
    "pm_card_refundFail",
]
STEPS = st.one_of(
    st.tuples(st.just("element"), st.sampled_from(CARDS)),
    st.tuples(st.just("checkout"), st.sampled_from(CARDS)),
    st.tuples(st.just("pay_for_nothing"), st.integers(100, 9000)),
    st.tuples(st.just("cancel"), st.integers(0, 5)),
    st.tuples(st.just("give_back"), st.integers(0, 5), st.sampled_from([100, 2950, None])),
    st.tuples(st.just("ask_for_refund"), st.integers(0, 5), st.sampled_from([100, 5950])),
    st.tuples(st.just("answer"), st.sampled_from(["winning_evidence", "losing_evidence"])),
    st.tuples(st.just("wait"), st.sampled_from([3600, DAY, 6 * DAY])),
    st.tuples(st.just("hear"), st.booleans()),
)


class World:
    """A shop that hears some of what happens at its Stripe, and does not hear the rest."""

    def __init__(self, app, folder):
        self.app, self.local = app, LocalStripe(clock=Clock(int(time.time())))
        self.stripe = stripe.StripeClient(SECRET_KEY, http_client=InProcess(self.local))
        self.payer, self.postbox = Payer(self.local), Postbox(folder)
        post = {"MAIL_URL": self.postbox.url, "MAIL_FROM": "orders@shop.example"}
        app.extensions |= {"stripe": self.stripe, "mail": mail.connect(post)}
        self.deliver = carry(app, self.local)
        self.staff = Customer(email="max@shop.example", password_hash="-", role=Role.MANAGER)
        db.session.add(self.staff)
        self.orders = []

    def step(self, name, *arguments):
        with suppress(stripe.CardError, stripe.InvalidRequestError, refunds.RefundRefused):
            getattr(self, name)(*arguments)

    def element(self, card):
        order = chairs(db.session)
        self.orders.append(order)
        self.payer.confirm(open_payment(db.session, self.stripe, order), card)

    def checkout(self, card):
        order = chairs(db.session)
        self.orders.append(order)
        start_checkout(db.session, self.stripe, order, PAGE, "https://shop.example")
        self.payer.pay(order.checkout_session_id, card)

    def pay_for_nothing(self, amount):
        charge(self.stripe, self.orders[0].id if self.orders else "-", amount)

    def cancel(self, number):
        if intent_id := self.intent(number):
            self.stripe.v1.payment_intents.cancel(intent_id)

    def give_back(self, number, amount):
        """In Stripe's dashboard."""
        if intent_id := self.intent(number):
            params = {"payment_intent": intent_id} | ({"amount": amount} if amount else {})
            self.stripe.v1.refunds.create(params)

    def ask_for_refund(self, number, amount):
        """In the shop, which dies before Stripe is asked."""
        for order in self.orders[number : number + 1]:
            terms = {"staff": self.staff, "reason": "-", "request_key": f"{number}" * 20}
            self.local.faults.inject("timeout", path="/v1/refunds", times=1)
            try:
                refund(db.session, self.stripe, order, amount, **terms)
            except stripe.APIConnectionError:
                pass  # it is to be asked for again
            finally:
                self.local.faults.clear()

    def answer(self, text):
        for dispute in self.stripe.v1.disputes.list().data:
            answer = {"evidence": {"uncategorized_text": text}, "submit": True}
            self.stripe.v1.disputes.update(dispute.id, answer)

    def wait(self, seconds):
        self.local.advance(seconds)

    def hear(self, hears):
        """What happened up to now reaches the shop, or is lost for good."""
        self.deliver() if hears else self.local.deliver(lambda *_: (200, ""))

    def intent(self, number):
        return self.orders[number].payment_intent_id if number < len(self.orders) else None

    def let_time_pass(self):
        """Since somebody asked for a refund."""
        asked = sa.update(Refund).values(created_at=now() - timedelta(minutes=2))
        db.session.execute(asked.where(Refund.stripe_id.is_(None)))
        db.session.commit()

    def reconcile(self):
        """What was mended; what differs still."""
        movements = ledger.read(self.stripe, None, ignore)
        mended = list(reconciliation.mend(db.session, self.stripe, None, ignore))
        claims = bookkeeping.claims(db.session)
        book = ledger.catch_up(self.stripe, None, movements)
        return mended, bookkeeping.state(claims, book).differences


@settings(max_examples=30, deadline=None)
@given(steps=st.lists(STEPS, max_size=12))
def test_whatever_was_lost_the_shop_and_stripe_say_the_same_after(
    worker_sqlite_app, sqlite_template, steps
):
    with (
        worker_sqlite_app.app_context(),
        TemporaryDirectory() as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setitem(worker_sqlite_app.config, "STRIPE_WEBHOOK_SECRETS", ())  # this world's own
        sqlite_template.backup(db.engine.raw_connection().driver_connection)
        world = World(worker_sqlite_app, Path(folder) / "mail")
        for step in steps:
            world.step(*step)
        world.let_time_pass()
        _, differences = world.reconcile()
        assert {difference.line for difference in differences} <= {bookkeeping.Line.UNEXPECTED}
        mended, again = world.reconcile()
        assert (mended, again) == ([], differences)
        db.session.expire_all()
        payments = world.stripe.v1.payment_intents.list({"limit": 100}).data
        brought = {payment.id: payment.amount_received for payment in payments}
        for order in world.orders:
            is_paid = order.status in {OrderStatus.PAID, OrderStatus.REFUNDED}
            assert is_paid is bool(brought.get(order.payment_intent_id))
            assert order.fulfilled_at or order.status is not OrderStatus.PAID
        sold = [order for order in world.orders if order.fulfilled_at]
        assert db.session.get(Item, CHAIR).stock == FULL_SHELF - len(sold)
        assert len(world.postbox.messages) == len(sold)
