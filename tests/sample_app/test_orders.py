"""Placing, finding and listing orders: the shop decides what they cost, and who sees them."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sample_app.database import db
from sample_app.models import Customer, Item, Order
from sample_app.money import MAXIMUM_AMOUNT
from sample_app.order_status import OrderStatus
from sample_app.orders import (
    OrderNotFound,
    OrderRefused,
    RequestKeyReused,
    UnknownItems,
    find_order,
    list_orders,
    place_order,
)
from tests.sample_app.conftest import build, close
from tests.sample_app.statements import count_statements

SEED = [1, 2, 3, 5, 5, 5]
KEY = "5f0c3a52-7c1d-4c0e-9f39-3b1f6f2f0f11"


@pytest.fixture
def ada(session):
    return customer(session, "ada@example.com")


def customer(session, email):
    new = Customer(email=email, password_hash="-")
    session.add(new)
    session.commit()
    return new


def test_three_times_an_id_is_a_quantity_of_three(session):
    order = place_order(session, [5, 1, 5, 5])
    assert [(line.item_id, line.quantity) for line in order.lines] == [(1, 1), (5, 3)]


def test_the_shop_computes_amount_and_description(session):
    order = place_order(session, SEED)
    assert (order.amount, order.currency) == (59550, "usd")
    assert order.description == "1x Desk lamp, 1x Table, 1x Bookshelf, 3x Chair"


def test_a_new_order_is_pending_committed_and_has_the_key_of_its_payment(session):
    order = place_order(session, SEED)
    session.rollback()
    session.expire_all()
    assert order.status is OrderStatus.PENDING
    assert len(order.idempotency_key) == 36
    assert order.payment_intent_id is None


def test_a_receipt_does_not_change_when_the_price_does(session):
    order = place_order(session, [5, 5])
    session.get(Item, 5).price = 1
    session.commit()
    session.expire_all()
    assert [line.unit_price for line in order.lines] == [5950]
    assert order.amount == 11900


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(item_ids=st.lists(st.integers(1, 8), min_size=1, max_size=60))
def test_the_total_is_the_sum_of_the_lines(session, item_ids):
    order = place_order(session, item_ids)
    prices = dict(session.execute(sa.select(Item.id, Item.price)).all())
    assert order.amount == sum(line.amount for line in order.lines)
    assert order.amount == sum(prices[item_id] for item_id in item_ids)
    assert {line.item_id: line.quantity for line in order.lines} == Counter(item_ids)


@pytest.mark.parametrize(
    ("item_ids", "words"),
    [
        ([], "at least one item"),
        ([5] * 101, "At most 100 of one item: there are 101 of 5"),
        ([1, 2, 3, 4, 5, 6] * 84, "at most 500 pieces"),
    ],
)
def test_an_order_has_bounds(session, item_ids, words):
    with pytest.raises(OrderRefused, match=words):
        place_order(session, item_ids)
    assert session.scalars(sa.select(Order)).all() == []


def test_every_unknown_item_is_named(session):
    with pytest.raises(UnknownItems, match="no item 9, 77"):
        place_order(session, [77, 1, 9])


def test_an_order_under_stripes_minimum_is_refused_before_stripe_is_asked(session):
    session.add(Item(id=9, name="Screw", price=49))
    session.commit()
    with pytest.raises(OrderRefused, match=r"at least \$0\.50"):
        place_order(session, [9])


def test_an_order_over_stripes_maximum_is_refused_before_stripe_is_asked(session):
    session.add(Item(id=9, name="Villa", price=MAXIMUM_AMOUNT))
    session.commit()
    assert place_order(session, [9]).amount == MAXIMUM_AMOUNT
    with pytest.raises(OrderRefused, match=r"at most \$999,999\.99"):
        place_order(session, [9, 1])


def test_nobody_orders_more_than_there_is(session):
    session.get(Item, 5).stock = 2
    session.commit()
    with pytest.raises(OrderRefused, match="Of Chair, 2 are left"):
        place_order(session, [5, 5, 5])
    assert place_order(session, [5, 5]).amount == 11900


@pytest.mark.parametrize("stock", [0, -3])
def test_what_is_sold_out_or_owed_is_not_sold(session, stock):
    session.get(Item, 5).stock = stock
    session.commit()
    with pytest.raises(OrderRefused, match="Chair is sold out"):
        place_order(session, [1, 5])


def test_two_currencies_do_not_share_an_order(session):
    session.add(Item(id=9, name="Sake set", price=4000, currency="jpy"))
    session.commit()
    assert place_order(session, [9]).currency == "jpy"
    with pytest.raises(OrderRefused, match="different currencies"):
        place_order(session, [1, 9])


def test_a_repeated_request_finds_the_first_ones_order(session):
    first = place_order(session, SEED, request_key=KEY)
    assert place_order(session, list(reversed(SEED)), request_key=KEY) is first
    assert place_order(session, SEED).id != first.id


def test_the_same_request_at_the_same_moment_places_one_order(database_url):
    """Both have looked for an earlier order, and found none, before either saves its own."""
    app = build(database_url)
    together = threading.Barrier(2, timeout=10)

    def place():
        with app.app_context():
            sa.event.listen(db.session, "before_flush", lambda *_: together.wait(), once=True)
            return place_order(db.session, SEED, request_key=KEY).id

    with ThreadPoolExecutor(2) as threads:
        first, second = [threads.submit(place) for _ in range(2)]
    assert first.result() == second.result()
    close(app)


def test_a_repeated_request_with_other_items_is_refused(session):
    place_order(session, SEED, request_key=KEY)
    with pytest.raises(RequestKeyReused, match="with other items"):
        place_order(session, [1], request_key=KEY)


def test_a_request_key_is_each_customers_own(session, ada):
    bob = customer(session, "bob@example.com")
    orders = {place_order(session, SEED, who, KEY).id for who in (ada, bob, None)}
    assert len(orders) == 3


def test_a_guests_order_is_for_whoever_holds_its_id(session, ada):
    order = place_order(session, SEED)
    assert find_order(session, order.id) is order
    assert find_order(session, order.id, ada) is order


def test_a_customers_order_is_for_that_customer_alone(session, ada):
    bob = customer(session, "bob@example.com")
    order = place_order(session, SEED, ada)
    assert find_order(session, order.id, ada) is order
    for somebody_else in (bob, None):
        with pytest.raises(OrderNotFound):
            find_order(session, order.id, somebody_else)


@pytest.mark.parametrize("order_id", ["", "1", "ord_" + "x" * 22, "ord_\0", "x" * 10_000])
def test_an_id_that_nobody_has_finds_nothing(session, order_id):
    with pytest.raises(OrderNotFound):
        find_order(session, order_id)


def test_pages_list_every_order_once_newest_first(session, ada):
    placed = [place_order(session, [1], ada) for _ in range(7)]
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    for hours, order in enumerate(placed):
        order.created_at = moment + timedelta(hours=hours // 2)  # two at a time, to the second
    session.commit()
    pages = walk(session, ada, limit=3)
    assert [len(page.orders) for page in pages] == [3, 3, 1]
    listed = [order for page in pages for order in page.orders]
    assert listed == sorted(placed, key=lambda order: (order.created_at, order.id), reverse=True)


def test_a_full_last_page_is_the_last_page(session, ada):
    for _ in range(3):
        place_order(session, [1], ada)
    assert list_orders(session, ada, limit=3).after is None


def test_an_order_placed_between_two_pages_shifts_nothing(session, ada):
    placed = [place_order(session, [1], ada) for _ in range(4)]
    first = list_orders(session, ada, limit=2)
    place_order(session, [1], ada)
    second = list_orders(session, ada, limit=2, after=first.after)
    assert [*first.orders, *second.orders] == placed[::-1]


def test_a_list_has_nobody_elses_orders(session, ada):
    bob = customer(session, "bob@example.com")
    place_order(session, [1], bob)
    place_order(session, [1])
    assert list_orders(session, ada).orders == []


def test_a_list_goes_on_after_nobody_elses_order(session, ada):
    bobs = place_order(session, [1], customer(session, "bob@example.com"))
    with pytest.raises(OrderNotFound):
        list_orders(session, ada, after=bobs.id)


def test_a_list_goes_on_after_no_order_that_there_is_not(session, ada):
    with pytest.raises(OrderNotFound):
        list_orders(session, ada, after="abcdefghijklmnopqrstuv")


@pytest.mark.parametrize("orders", [1, 20])
def test_a_page_of_orders_is_one_query_however_many_there_are(session, ada, orders):
    for _ in range(orders):
        place_order(session, SEED, ada)
    session.expunge_all()
    with count_statements(session) as statements:
        page = list_orders(session, ada)
        assert {order.description for order in page.orders} == {
            "1x Desk lamp, 1x Table, 1x Bookshelf, 3x Chair"
        }
    assert len(statements) == 1


def walk(session, customer, limit):
    pages = [list_orders(session, customer, limit=limit)]
    while pages[-1].after:
        pages.append(list_orders(session, customer, limit=limit, after=pages[-1].after))
    return pages
