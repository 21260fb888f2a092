"""A storm: webhooks come twice, late, in any order or are lost at first; workers die at their work.

Afterwards every paid order is fulfilled exactly once, with one e-mail; no other order is; and
nothing is left in the inbox.
"""

import json
import os
from collections import Counter
from functools import partial
from random import Random

import pytest
import sqlalchemy as sa
import stripe

from local_stripe.server import start
from local_stripe.transport import InProcess
from sample_app.database import db
from sample_app.fulfilment import fulfil_at_once
from sample_app.models import Item, Order, OrderItem, WebhookEvent
from sample_app.orders import find_any_order
from sample_app.payments import resume
from tests.sample_app.aftermath import (
    fulfilled,
    left_in_the_inbox,
    let_time_pass,
    stock,
    stock_after,
    work_off,
)
from tests.sample_app.conftest import build, close
from tests.sample_app.crew import KILLED, Crew
from tests.sample_app.deliveries import PATH
from tests.sample_app.mail_server import MailServer

DEATHS, WORKERS = 10, 3  # three at a time, one of whom will die
LOST = 0.2
SEED = 8
GOOD, DECLINED = "pm_card_visa", "pm_card_visa_chargeDeclined"
FATES = {"paid": 110, "declined, then paid": 40, "declined": 20, "canceled": 20, "left": 10}
PAID = {"paid", "declined, then paid"}
TYPES = ["payment_intent.succeeded", "payment_intent.payment_failed", "payment_intent.canceled"]

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="workers are forked")


@pytest.fixture
def mail_server():
    with MailServer() as server:
        yield server


@pytest.fixture
def shop(database_url, local, mail_server):
    app = build(database_url, STRIPE_HTTP_CLIENT=InProcess(local), MAIL_URL=mail_server.url)
    with app.app_context():
        yield app
    close(app)


@pytest.fixture
def crew(database_url, local, mail_server):
    """Workers of the same shop, in processes of their own."""
    with start(local) as server:
        settings = {
            "DATABASE_URL": database_url,
            "SECRET_KEY": "for-tests",
            "STRIPE_API_BASE": server.url,
            "MAIL_URL": mail_server.url,
            "RATE_LIMITS": "off",
        }
        with Crew(settings) as crew:
            yield crew


@pytest.mark.timeout(300)  # on a machine that is busy with other tests
def test_after_a_storm_each_paid_order_is_fulfilled_once(shop, local, crew, mail_server):
    chance = Random(SEED)
    client = shop.extensions["stripe"]
    listen(shop, client)
    fates = chance.sample(list(FATES), sum(FATES.values()), counts=FATES.values())
    orders = place_orders(chance, len(fates))
    for order, fate in zip(orders, fates, strict=True):
        live_through(fate, order, client)
    db.session.commit()
    paid = [order.id for order, fate in zip(orders, fates, strict=True) if fate in PAID]
    news = deliveries(shop, local, chance)
    chance.shuffle(news)
    blows = with_pages(client, news, set(chance.sample(paid, 50)))

    ends = Counter()
    portion = len(blows) // DEATHS + 1
    for shift in range(DEATHS):
        doomed = {"seed": chance.random(), "dies_at": chance.randrange(1, 40)}
        crew.start(doomed, *[{"seed": chance.random()} for _ in range(WORKERS - 1)])
        for blow in blows[shift * portion : (shift + 1) * portion]:
            blow()
        ends.update(crew.wait())
        let_time_pass()
    work_off()

    assert ends == {KILLED: DEATHS, 0: DEATHS * (WORKERS - 1)}
    assert fulfilled() == set(paid)
    assert stock() == stock_after(paid)
    assert letters(mail_server) == Counter(f"{order_id}.confirmation" for order_id in paid)
    assert left_in_the_inbox() == []
    assert db.session.scalar(sa.select(sa.func.max(WebhookEvent.attempts))) > 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_who_dies_when_the_mail_server_has_said_yes_sends_the_same_message_again(
    shop, local, crew, mail_server
):
    """No transaction spans a mail server: the second copy has the Message-ID of the first."""
    client = shop.extensions["stripe"]
    listen(shop, client)
    [order] = place_orders(Random(SEED), 1)
    live_through("paid", order, client)
    db.session.commit()
    for _, blow in deliveries(shop, local, Random(SEED), works=0):
        blow()
    crew.start({"dies_of_mail": True})
    assert crew.wait() == [KILLED]
    let_time_pass()
    work_off()
    assert letters(mail_server) == {f"{order.id}.confirmation": 2}
    first, second = mail_server.messages
    assert first["Message-ID"] == second["Message-ID"]
    assert (fulfilled(), left_in_the_inbox()) == ({order.id}, [])


# Before the storm


def listen(shop, client):
    url = f"http://127.0.0.1{PATH}"
    endpoint = client.v1.webhook_endpoints.create({"url": url, "enabled_events": TYPES})
    shop.config["STRIPE_WEBHOOK_SECRETS"] = (endpoint.secret,)


def place_orders(chance, number):
    """So many orders at once: a commit for each would take most of the test's time."""
    items = db.session.scalars(sa.select(Item)).all()
    orders = [order_of(chance.sample(items, 3)) for _ in range(number)]
    db.session.add_all(orders)
    db.session.commit()
    return orders


def order_of(items):
    lines = [OrderItem(item=item, quantity=2, unit_price=item.price) for item in items]
    amount = sum(line.amount for line in lines)
    return Order(lines=lines, amount=amount, currency="usd", email="ada@example.com")


def live_through(fate, order, client):
    """What happens to the order's payment at Stripe."""
    intent = client.v1.payment_intents.create(
        {
            "amount": order.amount,
            "currency": order.currency,
            "metadata": {"order_id": order.id},
            "allowed_payment_method_types": ["card"],
        }
    )
    order.payment_intent_id = intent.id
    if fate == "canceled":
        client.v1.payment_intents.cancel(intent.id)
    if "declined" in fate:
        with pytest.raises(stripe.CardError):
            client.v1.payment_intents.confirm(intent.id, {"payment_method": DECLINED})
    if fate in PAID:
        client.v1.payment_intents.confirm(intent.id, {"payment_method": GOOD})


def deliveries(shop, local, chance, works=0.1):
    """Each event, up to three times, with the id of its order; what is lost is sent again."""
    browser = shop.test_client()
    found = []

    def carry(url, headers, body):
        if chance.random() < LOST:
            return 0, "lost on the way"
        found.append((headers, body))
        return 200, ""

    while waiting := local.webhooks.upcoming(1):
        local.advance(max(0, waiting[0].due - local.clock.now()))
        local.deliver(carry)
    copies = [sent for sent in found for _ in range(chance.choice([1, 1, 1, 2, 3]))]
    return [
        (about(body), partial(deliver, browser, headers, body, works=chance.random() < works))
        for headers, body in copies
    ]


def about(body):
    return json.loads(body)["data"]["object"]["metadata"]["order_id"]


def with_pages(client, news, come_back):
    """These customers come back to the shop at the moment when it hears of their payment."""
    blows = []
    for order_id, blow in news:
        blows.append(blow)
        if order_id in come_back:
            come_back.remove(order_id)
            blows.append(partial(see_the_page, client, order_id))
    return blows


# In the storm


def deliver(browser, headers, body, works):
    """Post; whoever closes the answer does the work that comes after it."""
    response = browser.post(PATH, data=body, headers=headers)
    assert response.status_code == 200
    if works:
        response.close()


def see_the_page(client, order_id):
    """The customer comes back to the shop, which asks Stripe, and fulfils the order at once."""
    fulfil_at_once(resume(db.session, client, find_any_order(db.session, order_id)))


# After the storm


def letters(mail_server):
    """How often the mail server got each message."""
    return Counter(message["Message-ID"][1:].partition("@")[0] for message in mail_server.messages)
