"""The shop is killed at every point of a sale: no money without an order, no order without money,
nothing twice.

A point is before and after each commit, and before and after each call that writes to Stripe. At
each, a real process of the shop is killed (SIGKILL): nothing of it runs on.
"""

import os
from itertools import count

import pytest
import sqlalchemy as sa
import stripe
from flask import Flask

from local_stripe import SECRET_KEY, LocalStripe
from local_stripe.server import start
from local_stripe.transport import InProcess
from sample_app import inbox
from sample_app.database import db
from sample_app.models import Order
from sample_app.order_status import OrderStatus
from sample_app.orders import find_any_order, place_order
from tests.sample_app.aftermath import (
    fulfilled,
    left_in_the_inbox,
    let_time_pass,
    money,
    stock,
    stock_after,
)
from tests.sample_app.conftest import build, close
from tests.sample_app.crew import KILLED, Crew
from tests.sample_app.deliveries import PATH
from tests.sample_app.payer import Payer
from tests.sample_app.postbox import Postbox
from tests.tally import TALLY

AT_LEAST = 100
ITEMS = [1, 5, 5]
GOOD, DECLINED = "tok_visa", "tok_chargeDeclined"

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="the shop's processes are forked"),
    pytest.mark.timeout(600),  # on a machine that is busy with other tests
]


class World:
    """A shop that goes on beside those that are killed; its Stripe, and all that Stripe told it."""

    def __init__(self, app: Flask, local: LocalStripe, crew: Crew) -> None:
        self.browser = app.test_client()
        self.payer = Payer(local)
        self.points = 0
        self.app, self._local, self._crew = app, local, crew
        self._news = []
        self._numbers = count(1)

    def sell(self, sale, comes_back):
        """As often as it takes: one is a rehearsal, the next is killed at its first point, …, the
        last at none.
        """
        for point in count():
            customer = sale(self)
            end = self._serve(next(customer), point)
            if comes_back:
                next(customer)
            yield customer
            if end == 0:
                return
            self.points += end == KILLED

    def _serve(self, task, dies_at):
        """How the process ended; the first is that which all others are forked from, and lives."""
        if dies_at == 0:
            return self._crew.practise(**task)
        self._crew.start({"dies_at": dies_at, **task})
        [end] = self._crew.wait()
        assert end in {KILLED, 0}
        return end

    def new_key(self):
        return f"request-{next(self._numbers):016}"

    def order(self):
        order = place_order(db.session, ITEMS)
        order.email = "ada@example.com"
        db.session.commit()
        return order.id

    def pay_at_checkout(self, order_id):
        db.session.expire_all()
        self.payer.pay(find_any_order(db.session, order_id).checkout_session_id)

    def news(self, *words):
        """All that Stripe has posted, as requests: what it says all of these words in."""
        self._local.deliver(lambda *post: self._news.append(post) or (200, ""))
        return [
            {"method": "POST", "path": PATH, "headers": headers, "data": body.decode()}
            for _, headers, body in self._news
            if all(word in body.decode() for word in words)
        ]

    def come_to_rest(self):
        """Nobody is at work any more, and what the dead have left is done by others."""
        let_time_pass()
        inbox.work()

    def reconcile(self):
        return self.app.test_cli_runner().invoke(args=["reconcile"])


# Each is a sale: it yields what a process is asked that will be killed, then what its customer does
# who comes back.


def by_api(world):
    body = {"item_ids": ITEMS, "token": GOOD}
    request = {"method": "POST", "path": "/orders", "json": body}
    request["headers"] = {"Idempotency-Key": world.new_key()}
    yield {"request": request}
    assert world.browser.open(**request).json["status"] == "paid"
    yield


def by_card(world):
    """On the shop's page, after a look at Checkout."""
    order_id = world.order()
    world.browser.post(f"/shop/orders/{order_id}/checkout")
    request = {"method": "POST", "path": f"/shop/orders/{order_id}/pay", "data": {"token": GOOD}}
    yield {"request": request}
    assert world.browser.open(**request, follow_redirects=True).status_code == 200
    yield


def by_checkout(world):
    """On Stripe's page, after a card that was declined."""
    order_id = world.order()
    world.browser.post(f"/shop/orders/{order_id}/pay", data={"token": DECLINED})
    request = {"method": "POST", "path": f"/shop/orders/{order_id}/checkout"}
    yield {"request": request}
    world.browser.open(**request)
    world.pay_at_checkout(order_id)
    yield


def by_webhook(world):
    """Stripe has the money, and tells so; what it gets no answer to, it tells again."""
    order_id = world.order()
    world.browser.post(f"/shop/orders/{order_id}/checkout")
    world.pay_at_checkout(order_id)
    [completed] = world.news("checkout.session.completed", order_id)
    yield {"request": completed}
    world.browser.open(**completed, buffered=True)
    yield


def by_reconciliation(world):
    """Stripe has the money, and its webhooks were lost."""
    order_id = world.order()
    world.browser.post(f"/shop/orders/{order_id}/checkout")
    world.pay_at_checkout(order_id)
    yield {"command": ["reconcile"]}
    yield  # nobody does: the next one's run goes on where this one died


# The one that goes through everything at Stripe is first, while that is little.
SALES = (by_reconciliation, by_api, by_card, by_checkout, by_webhook)


@pytest.fixture
def postbox(tmp_path):
    return Postbox(tmp_path / "mail")


@pytest.fixture
def world(database_url, local, postbox):
    client = stripe.StripeClient(SECRET_KEY, http_client=InProcess(local))
    url = f"http://127.0.0.1{PATH}"
    endpoint = client.v1.webhook_endpoints.create({"url": url, "enabled_events": ["*"]})
    settings = {
        "STRIPE_WEBHOOK_SECRET": endpoint.secret,
        "MAIL_URL": postbox.url,
        "WTF_CSRF_ENABLED": False,
    }
    app = build(database_url, STRIPE_HTTP_CLIENT=InProcess(local), **settings)
    with start(local) as server:
        theirs = {
            "DATABASE_URL": database_url,
            "STRIPE_API_BASE": server.url,
            "SECRET_KEY": "for-tests",
            "RATE_LIMITS": "off",
        }
        with Crew(settings | theirs) as crew, app.app_context():
            yield (world := World(app, local, crew))
    close(app)
    TALLY["points of a sale at which the shop was killed"] += world.points


def test_webhooks_and_customers_who_come_back_put_it_right(world, postbox):
    for sale in SALES:
        list(world.sell(sale, comes_back=True))
    for news in world.news():
        assert world.browser.open(**news, buffered=True).status_code == 200
    world.come_to_rest()
    check(world, postbox)
    assert statuses() == {OrderStatus.PAID}


def test_reconciliation_puts_it_right_where_no_webhook_came(world, postbox):
    customers = [customer for sale in SALES for customer in world.sell(sale, comes_back=False)]
    world.come_to_rest()
    world.reconcile()
    check(world, postbox)
    for customer in customers:
        next(customer)  # comes back, after all
    world.come_to_rest()
    world.reconcile()
    check(world, postbox)
    assert statuses() == {OrderStatus.PAID}


def check(world, postbox):
    """Money, orders, goods and letters agree, and enough was tried."""
    assert world.points >= AT_LEAST
    db.session.expire_all()
    orders = db.session.scalars(sa.select(Order).where(Order.status == OrderStatus.PAID)).all()
    paid = {order.id: [order.amount] for order in orders}
    assert money(world.app) == paid
    assert fulfilled() == set(paid)
    assert stock() == stock_after(paid)
    assert letters(postbox) == {order.id for order in orders if order.address}
    assert left_in_the_inbox() == []
    audit = world.reconcile()
    assert audit.exit_code == 0, audit.output
    assert "Mended" not in audit.output


def letters(postbox):
    """The orders whose customers were written to. (How often, test_storm.py counts.)"""
    return {message["Message-ID"][1:].partition(".")[0] for message in postbox.messages}


def statuses():
    return set(db.session.scalars(sa.select(Order.status)))
