"""A paid order is fulfilled once, whoever calls, how often, and at which moment."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
import sqlalchemy as sa

from sample_app.confirmation import CLAIM, ConfirmationUnderway
from sample_app.database import db
from sample_app.fulfilment import OrderNotPaid, fulfil, fulfil_at_once
from sample_app.mail import Mailer, MailFailed
from sample_app.models import FULL_SHELF, Customer, Item
from sample_app.order_status import OrderStatus
from sample_app.orders import find_any_order, place_order
from tests.sample_app.conftest import build, close
from tests.sample_app.postbox import Postbox

SEED = [1, 2, 3, 5, 5, 5]


@pytest.fixture
def session(app):
    """Fulfilment renders mail, so it runs inside the app."""
    with app.app_context():
        yield db.session


@pytest.fixture
def mailer(app):
    return app.extensions["mail"]


@pytest.fixture
def order(session):
    return paid_order(session)


def paid_order(session, email="ada@example.com"):
    order = place_order(session, SEED)
    order.email = email
    order.status = OrderStatus.PAID
    session.commit()
    return order


def broken_mailer():
    """A mail server that is out of order."""

    def send(message):
        raise MailFailed("out of order")

    return Mailer("orders@shop.example", send)


def stock(session, item_id):
    return session.scalar(sa.select(Item.stock).where(Item.id == item_id))


def test_what_was_bought_leaves_the_stock(session, mailer, order):
    fulfil(session, mailer, order)
    assert (stock(session, 1), stock(session, 5)) == (FULL_SHELF - 1, FULL_SHELF - 3)
    assert stock(session, 4) == FULL_SHELF
    assert order.fulfilled_at


def test_calling_again_changes_nothing(session, mailer, order, postbox):
    for _ in range(3):
        fulfil(session, mailer, order)
    assert stock(session, 5) == FULL_SHELF - 3
    assert len(postbox.messages) == 1


@pytest.mark.parametrize("status", [OrderStatus.CANCELED, OrderStatus.PENDING])
def test_an_order_that_is_not_paid_is_not_fulfilled(session, mailer, postbox, status):
    order = place_order(session, SEED)
    if status is not OrderStatus.PENDING:
        order.status = status
        session.commit()
    with pytest.raises(OrderNotPaid, match=f"is {status}"):
        fulfil(session, mailer, order)
    assert (order.fulfilled_at, stock(session, 5), postbox.messages) == (None, FULL_SHELF, [])


def test_an_order_that_was_paid_back_is_not_fulfilled(session, mailer, order):
    order.status = OrderStatus.REFUNDED
    session.commit()
    with pytest.raises(OrderNotPaid):
        fulfil(session, mailer, order)


def test_what_two_bought_at_one_moment_is_owed(session, mailer):
    session.get(Item, 5).stock = 3
    session.commit()
    for paid in [paid_order(session), paid_order(session)]:
        fulfil(session, mailer, paid)
    assert stock(session, 5) == -3


def test_callers_at_the_same_moment_fulfil_once(database_url, tmp_path):
    postbox = Postbox(tmp_path / "mail")
    app = build(database_url, MAIL_URL=postbox.url)
    with app.app_context():
        order_id = paid_order(db.session).id
    together = threading.Barrier(4, timeout=10)

    def call():
        with app.app_context():
            order = find_any_order(db.session, order_id)
            together.wait()
            with suppress(ConfirmationUnderway):
                fulfil(db.session, app.extensions["mail"], order)

    with ThreadPoolExecutor(4) as callers:
        futures = [callers.submit(call) for _ in range(4)]
    assert [future.result() for future in futures] == [None] * 4
    with app.app_context():
        assert stock(db.session, 5) == FULL_SHELF - 3
    assert len(postbox.messages) == 1
    close(app)


# The confirmation


def test_the_confirmation_says_what_was_bought_as_text_and_as_html(session, mailer, order, postbox):
    fulfil(session, mailer, order)
    [message] = postbox.messages
    assert (message["To"], message["From"]) == ("ada@example.com", "orders@shop.example")
    assert message["Subject"] == "Your order is confirmed"
    assert message["Message-ID"] == f"<{order.id}.confirmation@shop.example>"
    for kind in ("plain", "html"):
        text = message.get_body([kind]).get_content()
        assert order.id in text
        assert "$595.50" in text
    assert "3 x Chair: $178.50" in message.get_body(["plain"]).get_content().splitlines()
    assert "<td>3 × Chair</td>" in message.get_body(["html"]).get_content()


def test_a_name_with_html_in_it_is_text_in_the_mail_too(session, mailer, order, postbox):
    session.get(Item, 5).name = "<b>Chair</b>"
    session.commit()
    fulfil(session, mailer, order)
    [message] = postbox.messages
    assert "3 x <b>Chair</b>" in message.get_body(["plain"]).get_content()
    assert "3 × &lt;b&gt;Chair&lt;/b&gt;" in message.get_body(["html"]).get_content()


def test_a_customers_mail_goes_to_the_address_of_the_account(session, mailer, postbox):
    ada = Customer(email="ada@example.com", password_hash="-")
    session.add(ada)
    order = paid_order(session, email="typed@example.com")
    order.customer = ada
    session.commit()
    fulfil(session, mailer, order)
    assert [message["To"] for message in postbox.messages] == ["ada@example.com"]


def test_a_guest_who_left_no_address_gets_no_mail_and_the_goods(session, mailer, postbox):
    order = paid_order(session, email=None)
    fulfil(session, mailer, order)
    assert order.fulfilled_at
    assert (postbox.messages, order.confirmation_sent_at) == ([], None)


def test_an_address_that_comes_later_gets_its_mail_then(session, mailer, postbox):
    order = paid_order(session, email=None)
    fulfil(session, mailer, order)
    order.email = "ada@example.com"
    session.commit()
    fulfil(session, mailer, order)
    assert [message["To"] for message in postbox.messages] == ["ada@example.com"]
    assert stock(session, 5) == FULL_SHELF - 3


def test_mail_that_failed_is_sent_by_the_next_call(session, mailer, order, postbox):
    with pytest.raises(MailFailed):
        fulfil(session, broken_mailer(), order)
    assert order.fulfilled_at
    fulfil(session, mailer, order)
    assert len(postbox.messages) == 1
    assert stock(session, 5) == FULL_SHELF - 3


def test_while_one_sends_no_other_does(session, mailer, order, postbox):
    """The second caller comes when the first one's message is half on its way."""

    def send(message):
        with pytest.raises(ConfirmationUnderway):
            fulfil(session, mailer, order)
        mailer.send(message)

    fulfil(session, Mailer(mailer.sender, send), order)
    assert len(postbox.messages) == 1
    assert order.confirmation_sent_at


def test_a_page_does_not_fail_for_the_mail_server(app, session, order, monkeypatch, caplog):
    monkeypatch.setitem(app.extensions, "mail", broken_mailer())
    fulfil_at_once(order)
    assert order.fulfilled_at
    assert f"{order.id} is left to the webhook: out of order" in caplog.text


def test_who_died_with_a_claim_leaves_the_mail_to_the_next(session, mailer, order, postbox):
    class Killed(BaseException):
        """Nothing after it runs, as with SIGKILL."""

    def die(message):
        raise Killed

    with pytest.raises(Killed):
        fulfil(session, Mailer(mailer.sender, die), order)
    with pytest.raises(ConfirmationUnderway):
        fulfil(session, mailer, order)
    order.confirmation_claimed_at -= CLAIM + timedelta(seconds=1)
    session.commit()
    fulfil(session, mailer, order)
    assert len(postbox.messages) == 1
