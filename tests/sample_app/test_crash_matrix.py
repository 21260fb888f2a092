"""The shop is killed at every point of a sale, and of a refund by staff: no money without an order,
no order without money, nothing twice.

A point is before and after each commit, and before and after each call that writes to Stripe. At
each, a real process of the shop is killed (SIGKILL): nothing of it runs on. Then the world goes on
in two copies: in one, people come back and webhooks come; in the other, reconciliation does.
"""

import os
from functools import partial
from itertools import count

import pytest
import sqlalchemy as sa

from local_stripe.server import start
from sample_app import audit
from sample_app.database import db
from sample_app.models import Order
from sample_app.money import format_money
from sample_app.order_status import OrderStatus
from tests.sample_app.aftermath import (
    fulfilled,
    given_back,
    left_in_the_inbox,
    money,
    stock,
    stock_after,
)
from tests.sample_app.crew import KILLED, Crew
from tests.sample_app.world import ITEMS, World, listen
from tests.tally import TALLY

AT_LEAST = 120
GOOD, DECLINED = "tok_visa", "tok_chargeDeclined"
PART = 500  # cents
STAFF, REASON = "grace@shop.example", "It broke."
SETTLED = {OrderStatus.PAID, OrderStatus.REFUNDED}

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="the shop's processes are forked"),
    pytest.mark.timeout(600),  # on a machine that is busy with other tests
]


# Each returns what a process is asked that will be killed, and what is done in a world to which
# whoever asked comes back.


def by_api(world):
    request = api_request(world)

    def comes_back(world):
        assert world.open(**request).json["status"] == "paid"

    return {"request": request}, comes_back


def by_card(world):
    """On the shop's page, after a look at Checkout."""
    order_id = world.order()
    world.open(**checkout_request(order_id))
    request = card_request(order_id, GOOD)

    def comes_back(world):
        assert world.open(**request, follow_redirects=True).status_code == 200

    return {"request": request}, comes_back


def by_checkout(world):
    """On Stripe's page, after a card that was declined."""
    order_id = world.order()
    world.open(**card_request(order_id, DECLINED))
    request = checkout_request(order_id)

    def comes_back(world):
        world.open(**request)
        world.pay_at_checkout(order_id)

    return {"request": request}, comes_back


def by_webhook(world):
    """Stripe has the money, and tells so; what it gets no answer to, it tells again."""
    order_id = world.order()
    world.open(**checkout_request(order_id))
    world.pay_at_checkout(order_id)
    [completed] = world.news("checkout.session.completed", order_id)

    def comes_back(world):
        world.open(**completed)

    return {"request": completed}, comes_back


def by_reconciliation(world):
    """Stripe has the money, and its webhooks were lost."""
    order_id = world.order()
    world.open(**checkout_request(order_id))
    world.pay_at_checkout(order_id)

    def nobody_comes_back(world):
        """The next one's run goes on where this one died."""

    return {"command": ["reconcile"]}, nobody_comes_back


def give_back(world, amount=None):
    """Staff give a part of an order's money back, or all of it."""
    order = world.open(**api_request(world)).json
    wish = world.wishes[order["id"]] = amount or order["amount"]
    form = {"amount": f"{wish / 100:.2f}", "reason": REASON, "request_key": world.new_key()}
    request = {"method": "POST", "path": f"/staff/orders/{order['id']}/refunds", "data": form}
    request["headers"] = {"Cookie": world.staff_cookie}

    def comes_back(world):
        assert world.open(**request).location.endswith(order["id"])

    return {"request": request}, comes_back


def api_request(world):
    body = {"item_ids": ITEMS, "token": GOOD}
    headers = {"Idempotency-Key": world.new_key()}
    return {"method": "POST", "path": "/orders", "json": body, "headers": headers}


def card_request(order_id, token):
    return {"method": "POST", "path": f"/shop/orders/{order_id}/pay", "data": {"token": token}}


def checkout_request(order_id):
    return {"method": "POST", "path": f"/shop/orders/{order_id}/checkout"}


# The one that goes through everything at Stripe is first, while that is little.
WAYS = (
    by_reconciliation, by_api, by_card, by_checkout, by_webhook,
    give_back, partial(give_back, amount=PART),
)  # fmt: skip


@pytest.fixture
def world(database_url, local, tmp_path):
    with World(database_url, local, tmp_path, listen(local)) as world:
        yield world


def test_after_it_was_killed_at_every_point_the_shop_is_put_right(world, tmp_path):
    with start(world.local) as server:
        others = {"STRIPE_API_BASE": server.url, "SECRET_KEY": "for-tests", "RATE_LIMITS": "off"}
        with Crew(world.settings | others) as crew:
            people = [one for way in WAYS for one in killed_everywhere(world, crew, way)]
    assert world.points >= AT_LEAST
    TALLY["points of a sale or a refund at which the shop was killed"] += world.points
    with world.copy(tmp_path / "copy") as other:
        reconciliation_puts_it_right(other, people)
    people_and_webhooks_put_it_right(world, people)


def killed_everywhere(world, crew, way):
    """As often as it takes: one is a rehearsal, the next is killed at its first point, …, the last
    at none. Gives who will come back to it.
    """
    for point in count():
        task, comes_back = way(world)
        yield comes_back
        if point == 0:  # all others are forked from the process that does this
            crew.practise(**task)
            continue
        crew.start({"dies_at": point, **task})
        [end] = crew.wait()
        assert end in {KILLED, 0}
        if end == 0:
            return
        world.points += 1


def people_and_webhooks_put_it_right(world, people):
    for comes_back in people:
        comes_back(world)
    for news in world.news():
        assert world.open(**news).status_code == 200
    world.come_to_rest()
    check(world)
    check_that_nothing_is_open(world)


def reconciliation_puts_it_right(world, people):
    world.come_to_rest()
    world.reconcile()
    check(world)
    for comes_back in people:  # after all
        comes_back(world)
    world.come_to_rest()
    world.reconcile()
    check(world)
    check_that_nothing_is_open(world)


def check(world):
    """Money, orders, goods, letters and the trail agree."""
    db.session.expire_all()
    orders = db.session.scalars(sa.select(Order).where(Order.status.in_(SETTLED))).all()
    paid = {order.id: [order.amount] for order in orders}
    assert money(world.app) == paid
    assert fulfilled() == set(paid)
    assert stock() == stock_after(paid)  # what staff give back is money: no goods come back
    assert letters(world.postbox) == {order.id for order in orders if order.address}
    assert left_in_the_inbox() == []
    check_refunds(world, orders)
    account = world.reconcile()
    assert account.exit_code == 0, account.output
    assert "Mended" not in account.output


def check_refunds(world, orders):
    """What went back is what staff wanted, once; the orders say so, and the trail who and why."""
    made = given_back(world.app)
    for order in orders:
        refunds = made.pop(order.id, [])
        assert [refund.amount for refund in refunds] in ([], [world.wishes.get(order.id)])
        assert [refund.stripe_id for refund in order.refunds] == [refund.id for refund in refunds]
        assert [refund.amount for refund in order.refunds] == [refund.amount for refund in refunds]
        all_of_it = order.amount_refunded == order.amount
        assert order.status is (OrderStatus.REFUNDED if all_of_it else OrderStatus.PAID)
        assert trail(order) == list(expected_trail(order, refunds))
    assert not made


def trail(order):
    """Who did what to an order."""
    return [
        (entry.staff and entry.staff.email, entry.action, entry.detail)
        for entry in audit.trail(db.session, order)
    ]


def expected_trail(order, refunds):
    for refund in refunds:
        told = format_money(refund.amount, order.currency)
        yield STAFF, "refund asked for", f"{told}: {REASON}"
        yield None, "refund succeeded", f"{told}, {refund.id}"


def check_that_nothing_is_open(world):
    """Every order is paid, and every refund that staff wanted was made."""
    orders = db.session.scalars(sa.select(Order)).all()
    assert {order.status for order in orders} == SETTLED
    assert {order.id: order.amount_refunded for order in orders if order.refunds} == world.wishes


def letters(postbox):
    """The orders whose customers were written to. (How often, test_storm.py counts.)"""
    return {message["Message-ID"][1:].partition(".")[0] for message in postbox.messages}
