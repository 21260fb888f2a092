"""The database goes away and comes back while orders and webhooks arrive.

It is a PostgreSQL of this test's own, which is stopped as by a crash, and started again.
"""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from uuid import uuid4

import pytest
import sqlalchemy as sa

from local_stripe.transport import InProcess
from sample_app.database import db
from sample_app.models import Customer, Order, WebhookEvent
from sample_app.order_status import OrderStatus
from tests.postgres import CARELESS, server
from tests.sample_app.aftermath import (
    fulfilled,
    left_in_the_inbox,
    let_time_pass,
    money,
    stock,
    stock_after,
    work_off,
)
from tests.sample_app.conftest import address, build, close, fill
from tests.sample_app.deliveries import carry, event, tell
from tests.sample_app.shopper import Shopper

ORDER = {"item_ids": [1, 5], "token": "tok_visa"}
SHOPPERS = 3
SECONDS = 60  # for each of the things that are waited for, on a machine that is busy


@pytest.fixture(scope="module")
def postgresql():
    with server(CARELESS) as running:
        yield running


@contextmanager
def away(postgresql):
    postgresql.stop()
    try:
        yield
    finally:
        postgresql.start()


@pytest.fixture
def shop(request, postgresql, local):
    """Its parameter, if there is one, are more settings."""
    settings = getattr(request, "param", {})
    app = build(address(postgresql.url), STRIPE_HTTP_CLIENT=InProcess(local), **settings)
    fill(app)
    yield app
    close(app)


@pytest.fixture
def ada(shop):
    with shop.app_context():
        db.session.add(ada := Customer(email=f"ada+{uuid4()}@example.com", password_hash="-"))
        db.session.commit()
    return ada


@pytest.fixture(params=["guest", "customer"])
def browser(request, shop, ada):
    return shop.test_client(user=ada if request.param == "customer" else None)


@pytest.mark.timeout(200)
def test_nothing_that_was_acknowledged_is_lost_while_the_database_is_away(shop, local, postgresql):
    rush = Rush(shop, local)
    with ThreadPoolExecutor() as crowd:
        done = [crowd.submit(work) for work in (*[rush.shop_on] * SHOPPERS, rush.deliver_on)]
        try:
            rush.wait_for_more({200: 5, 201: 5})
            with away(postgresql):
                rush.wait_for_more({503: 10})
            rush.wait_for_more({200: 5, 201: 5})
        finally:
            rush.over.set()
    assert [end.result() for end in done] == [None] * len(done)
    with shop.app_context():
        rush.deliver()
        let_time_pass()
        work_off()
        check(shop, rush)


def check(shop, rush):
    """All that was acknowledged is there, and money, orders and goods agree."""
    assert rush.statuses() == {200, 201, 503}
    paid = set(db.session.scalars(sa.select(Order.id).where(Order.status == OrderStatus.PAID)))
    events = set(db.session.scalars(sa.select(WebhookEvent.id)))
    assert paid >= {body["id"] for status, body in rush.answers if status == 201}
    assert events >= {body["received"] for status, body in rush.answers if status == 200}
    assert money(shop).keys() == paid == fulfilled()
    assert {len(amounts) for amounts in money(shop).values()} == {1}
    assert stock() == stock_after(paid)
    assert left_in_the_inbox() == []
    assert shop.test_cli_runner().invoke(args=["reconcile"]).exit_code == 0


class Rush:
    """Customers order and Stripe delivers until it is `over`; all `answers` are kept, as they came.

    Who gets no good one asks again.
    """

    def __init__(self, shop, local):
        self.over = threading.Event()
        self.answers = []
        self._shop, self._local = shop, local
        self._numbers = count(1)
        self._more = threading.Condition()
        self._deliver = carry(shop, local)

    def shop_on(self):
        """A moment between one try and the next, as people take it."""
        status, browser = 201, self._shop.test_client()
        while not self.over.wait(0.02):
            if status == 201:
                key = {"Idempotency-Key": f"request-{next(self._numbers):016}"}
            answer = browser.post("/orders", json=ORDER, headers=key)
            status = answer.status_code
            self._note(status, answer.json)

    def deliver_on(self):
        while not self.over.wait(0.02):
            self.deliver()

    def deliver(self):
        """What was refused is due again, an hour or a day later."""
        self._local.clock.advance(24 * 60 * 60)
        for attempt in self._deliver():
            self._note(attempt.status, json.loads(attempt.body))

    def statuses(self):
        return {status for status, _ in self.answers}

    def wait_for_more(self, wanted):
        """Wait for so many more answers of each status."""
        with self._more:
            enough = {status: self._number(status) + more for status, more in wanted.items()}
            arrived = self._more.wait_for(
                lambda: all(self._number(status) >= number for status, number in enough.items()),
                SECONDS,
            )
        assert arrived, f"waited for {wanted}, and got {self.statuses()}"

    def _note(self, status, body):
        with self._more:
            self.answers.append((status, body))
            self._more.notify_all()

    def _number(self, wanted):
        return sum(status == wanted for status, _ in self.answers)


def test_a_program_and_a_person_are_told_to_come_back(shop, ada, postgresql):
    """In JSON and on a page; nobody is shown where it failed, whoever they are."""
    guest, customer = shop.test_client(), shop.test_client(user=ada)
    with away(postgresql):
        told = [
            guest.post("/orders", json=ORDER),
            guest.get("/items"),
            customer.get("/orders"),
            tell(guest, event()),
        ]
        shown = [guest.get("/"), customer.get("/"), customer.get("/shop/orders")]
    for answer in (*told, *shown):
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
        assert "Try again in a minute" in answer.text
        assert not [word for word in ("psycopg", "socket", "Traceback") if word in answer.text]
    assert {answer.mimetype for answer in told} == {"application/json"}
    assert {answer.mimetype for answer in shown} == {"text/html"}


def test_what_is_refused_without_asking_the_database_is_refused_while_it_is_away(
    browser, postgresql
):
    """On a page and in JSON; the page asks nobody who is signed in."""
    with away(postgresql):
        shown = [browser.get("/nowhere"), browser.get("/sign-out"), browser.post("/sign-out")]
        told = [browser.delete("/orders"), browser.post("/orders", json={})]
    assert [answer.status_code for answer in shown] == [404, 405, 400]
    assert [answer.status_code for answer in told] == [405, 422]
    assert {answer.mimetype for answer in shown} == {"text/html"}
    assert {answer.mimetype for answer in told} == {"application/json"}


@pytest.mark.parametrize("shop", [{"RATE_LIMITS": "on"}], indirect=True)
def test_who_asked_too_often_is_told_so_while_it_is_away(browser, postgresql):
    guesser = Shopper(browser)
    guesser.open("/sign-in")
    for _ in range(10):
        guesser.press("Sign in", email="ada@example.com", password="a guess")
    for _ in range(30):
        browser.post("/orders", json={})
    with away(postgresql):
        shown = guesser.press("Sign in", email="ada@example.com", password="one more")
        told = browser.post("/orders", json={})
    assert (shown.status_code, shown.mimetype) == (429, "text/html")
    assert (told.status_code, told.mimetype) == (429, "application/json")


def test_the_next_request_after_it_came_back_is_answered(shop, postgresql):
    """The connections that it dropped are not given to anybody."""
    browser = shop.test_client()
    assert browser.get("/items").status_code == 200
    with away(postgresql):
        pass  # and back, before anybody asked
    assert browser.get("/items").status_code == 200
