"""What must never happen, whatever customers, attackers, networks and machines do: a test for each.

What is tried here is much at once: at the same moment, on a bad line, in a wrong order. The single
cases are where the modules are tested; the crashes are in test_crash_matrix.py, and what notebooks
show is in tests/repo/test_secrets.py.
"""

import json
import logging
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
import sqlalchemy as sa
import stripe

from local_stripe.transport import InProcess
from sample_app import inbox
from sample_app.database import db
from sample_app.mail import Mailer
from sample_app.models import Customer, Order, WebhookEvent
from sample_app.order_status import OrderStatus
from sample_app.orders import find_any_order, place_order
from sample_app.payments import open_payment
from tests.sample_app.aftermath import left_in_the_inbox, let_time_pass, money, stock, stock_after
from tests.sample_app.conftest import build, close
from tests.sample_app.deliveries import carry, event, post, signature, tell
from tests.sample_app.payer import Payer
from tests.sample_app.postbox import Postbox
from tests.sample_app.shopper import Shopper, signed_in

ITEMS, AMOUNT = [1, 5, 5], 15800
GOOD, DECLINED = "tok_visa", "tok_chargeDeclined"


@pytest.fixture
def postbox(tmp_path):
    return Postbox(tmp_path / "mail")


@pytest.fixture
def shop(database_url, local, postbox):
    """A shop that several threads can use at once; its forms need no token here."""
    settings = {"MAIL_URL": postbox.url, "WTF_CSRF_ENABLED": False}
    app = build(database_url, STRIPE_HTTP_CLIENT=InProcess(local), **settings)
    with app.app_context():
        yield app
    close(app)


@pytest.fixture
def order_id(shop):
    return new_order()


@pytest.fixture
def deliver(shop, local):
    return carry(shop, local)


@pytest.fixture
def hear(deliver):
    """Let the shop hear of all that Stripe has to tell."""

    def hear():
        deliver()
        for _ in range(3):  # what failed is tried again
            let_time_pass()
            inbox.work()

    return hear


def card_token(shop, number):
    """As Stripe.js makes one."""
    card = {"number": number, "exp_month": 12, "exp_year": 2034, "cvc": CVC}
    return shop.extensions["stripe"].v1.tokens.create({"card": card}).id


def new_order():
    order = place_order(db.session, ITEMS)
    order.email = "ada@example.com"
    db.session.commit()
    return order.id


def look_at(order_id):
    db.session.expire_all()
    return find_any_order(db.session, order_id)


@pytest.fixture
def orders(shop):
    return [new_order() for _ in range(4)]


@pytest.fixture
def at_once():
    """Do all of these at the same moment; what one raises, the test raises."""

    def meet(*acts):
        together = threading.Barrier(len(acts), timeout=20)

        def act(deed):
            together.wait()
            return deed()

        with ThreadPoolExecutor(len(acts)) as crowd:
            return list(crowd.map(act, acts))

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # they get in each other's way as often as they can
    yield meet
    sys.setswitchinterval(before)


# Each way takes a browser's customer as far as they come with this card. A browser that gets no
# answer gives up.


def by_api(shop, local, order_id, card=GOOD):
    """An order of its own: the API places it, and pays it."""
    shop.test_client().post("/orders", json={"item_ids": ITEMS, "token": card})


def by_card(shop, local, order_id, card=GOOD):
    shop.test_client().post(f"/shop/orders/{order_id}/pay", data={"token": card})


def by_element(shop, local, order_id, card=GOOD):
    browser = shop.test_client()
    answer = browser.post(f"/shop/orders/{order_id}/pay/element")
    if answer.status_code == 200:
        pay(lambda: Payer(local).confirm(answer.json["client_secret"], CARDS_OF[card]))
        browser.get(f"/shop/orders/{order_id}/pay/return")


def by_checkout(shop, local, order_id, card=GOOD):
    browser = shop.test_client()
    answer = browser.post(f"/shop/orders/{order_id}/checkout")
    _, page, session_id = (answer.location or "").partition("/c/pay/")
    if page:
        pay(lambda: Payer(local).pay(session_id, CARDS_OF[card]))


NUMBER, STOLEN, CVC = "4242424242424242", "4000000000009979", "8642"
CARDS_OF = {GOOD: "pm_card_visa", DECLINED: "pm_card_visa_chargeDeclined"}
ON_PAGES = (by_card, by_element, by_checkout)
WAYS = (by_api, *ON_PAGES)


def pay(press):
    """Press Pay at Stripe's, which may refuse, or not answer."""
    try:
        press()
    except stripe.StripeError as refused:
        logging.getLogger(__name__).info("%s", refused)


def test_an_order_is_never_paid_twice(shop, local, orders, hear, at_once):
    """Six press Pay at one moment, on three pages, twice; of Stripe's answers, some are lost."""

    def buy(way):
        for order_id in orders:
            way(shop, local, order_id)

    for seed in (1, 2):
        lost = local.faults.inject("lost_response", share=1 / 6, seed=seed)
        at_once(*(partial(buy, way) for way in ON_PAGES * 2))
        local.faults.withdraw(lost)
        hear()
    buy(by_card)
    hear()
    assert money(shop) == {order_id: [AMOUNT] for order_id in orders}
    assert {look_at(order_id).status for order_id in orders} == {OrderStatus.PAID}


@pytest.mark.parametrize("way", WAYS)
def test_no_money_is_taken_without_a_paid_order(shop, local, order_id, hear, way):
    """No answer about the payment reaches the shop, nobody comes back, and it hears late of it."""
    lost = local.faults.inject("lost_response", "*/confirm", times=10)
    way(shop, local, order_id)
    local.faults.withdraw(lost)
    local.faults.inject("timeout", "/v1/*", "GET", times=2)
    hear()
    local.faults.clear()
    [(paid, amounts)] = money(shop).items()
    assert amounts == [AMOUNT]
    assert look_at(paid).status is OrderStatus.PAID


@pytest.mark.parametrize("way", ON_PAGES)
def test_no_order_is_paid_without_money(shop, local, order_id, hear, way):
    """A declined card; then whoever has it says that it is paid, in every way there is."""
    other = new_order()
    by_checkout(shop, local, other)
    theirs = look_at(other).checkout_session_id
    way(shop, local, order_id, DECLINED)
    ours = look_at(order_id)
    browser, place = shop.test_client(), f"/shop/orders/{order_id}"
    for session_id in (theirs, ours.checkout_session_id or "cs_test_none"):
        browser.get(f"{place}/checkout/success?session_id={session_id}")
    browser.get(f"{place}/pay/return?redirect_status=succeeded&payment_intent=pi_1")
    tell(browser, event("checkout.session.completed", theirs))
    tell(browser, event("payment_intent.succeeded", ours.payment_intent_id or "pi_none"))
    hear()
    assert look_at(order_id).status is OrderStatus.PENDING
    assert order_id not in money(shop)
    assert look_at(order_id).fulfilled_at is None


def test_no_order_is_fulfilled_twice(shop, local, orders, hear, at_once, postbox):
    """Pages, webhooks, workers and the reconciliation have the news at one moment."""
    news = [event("payment_intent.succeeded", pay_unheard(shop, local, one)) for one in orders]

    def come_back():
        for order_id in orders:
            shop.test_client().get(f"/shop/orders/{order_id}/pay/return")

    def run(*command):
        shop.test_cli_runner().invoke(args=command)

    at_once(
        *[come_back] * 2,
        *[lambda: [tell(shop.test_client(), one) for one in news]] * 2,
        partial(run, "events", "work", "--once"),
        partial(run, "reconcile"),
    )
    hear()
    assert stock() == stock_after(orders)
    assert len(postbox.messages) == len(orders)


def test_no_paid_order_stays_unfulfilled(shop, local, order_id, hear, monkeypatch):
    """Its webhook is dropped, Stripe is away, a worker dies half-way: then somebody reconciles."""

    class Killed(BaseException):
        """Nothing after it runs, as with SIGKILL."""

    def die(*_):
        raise Killed

    pay_unheard(shop, local, order_id)
    local.faults.inject("timeout", "*/payment_intents*", "GET", times=3)
    reconcile = lambda: shop.test_cli_runner().invoke(args=["reconcile"])  # noqa: E731
    assert reconcile().exit_code == 1
    local.faults.clear()
    with monkeypatch.context() as deadly, pytest.raises(Killed):
        deadly.setitem(shop.extensions, "mail", Mailer("orders@shop.example", die))
        hear()
    assert look_at(order_id).confirmation_sent_at is None
    let_time_pass()
    reconcile()
    assert look_at(order_id).confirmation_sent_at
    assert stock() == stock_after([order_id])


def pay_unheard(shop, local, order_id):
    """The money is taken; of that, the shop hears nothing. Gives the payment's id."""
    order = look_at(order_id)
    secret = open_payment(db.session, shop.extensions["stripe"], order)
    Payer(local).confirm(secret)
    return secret.partition("_secret_")[0]


BROWSERS_WISH = {
    "amount": "1", "total": "1", "price": "1", "unit_price": "1", "currency": "jpy",
    "quantity": "-1", "discount": "100", "item_ids": "[]", "lines[0][unit_price]": "1",
}  # fmt: skip


@pytest.mark.parametrize("way", ["api", "card", "element", "checkout"])
def test_no_total_is_what_the_browser_chose(shop, local, way):
    browser = shop.test_client()
    wish = f"?{'&'.join(f'{name}={value}' for name, value in BROWSERS_WISH.items())}"
    if way == "api":
        body = {"item_ids": [1], "token": GOOD}
        wished = [browser.post("/orders", json=body | {name: 1}) for name in BROWSERS_WISH]
        assert {answer.status_code for answer in wished} == {422}
        browser.post(f"/orders{wish}", json=body, headers={"X-Amount": "1"})
    else:
        browser.post(f"/shop/cart/1/add{wish}", data=BROWSERS_WISH)
        browser.post(f"/shop/orders{wish}", data=BROWSERS_WISH)
        order_id = db.session.scalars(sa.select(Order.id)).one()
        path = {"card": "pay", "element": "pay/element", "checkout": "checkout"}[way]
        form = {**BROWSERS_WISH, "token": GOOD}
        browser.post(f"/shop/orders/{order_id}/{path}{wish}", data=form)
    order = db.session.scalars(sa.select(Order)).one()
    assert (order.amount, order.currency) == (3900, "usd")
    asked = shop.extensions["stripe"].v1
    for payment in asked.payment_intents.list().data:
        assert (payment.amount, payment.currency) == (3900, "usd")
    for checkout in asked.checkout.sessions.list().data:
        assert (checkout.amount_total, checkout.currency) == (3900, "usd")
    assert asked.payment_intents.list().data or asked.checkout.sessions.list().data


def test_no_customers_order_is_shown_to_another(shop):
    """Whatever strangers ask at an address with its id, it does not exist; no list shows it."""
    ada = Customer(email="ada@example.com", password_hash="-")
    order = place_order(db.session, ITEMS, ada)
    hidden = [order.description, "$158.00", "15800", "ada@example.com", "client_secret"]
    for stranger in (Shopper(shop.test_client()), signed_in(shop, db.session, "bob@example.com")):
        for method, place in places_of_orders(shop):
            theirs, nobodys = (
                stranger.client.open(place.format(order_id), method=method, json={"token": GOOD})
                for order_id in (order.id, "ord_unknown")
            )
            assert theirs.status_code == nobodys.status_code
            assert theirs.status_code in {302, 303, 403, 404}
            assert not [words for words in hidden if words in theirs.text]
        for place in ("/orders", "/shop/orders"):
            shown = stranger.open(place).text + stranger.open(f"{place}?after={order.id}").text
            assert not [words for words in hidden if words in shown]


def places_of_orders(shop):
    """Every method and path that names an order."""
    rules = [rule for rule in shop.url_map.iter_rules() if "order_id" in rule.arguments]
    assert len(rules) > 10
    return [
        (method, rule.rule.replace("<order_id>", "{0}").replace("<refund_id>", "1"))
        for rule in rules
        for method in rule.methods & {"GET", "POST"}
    ]


def test_no_event_is_handled_twice(shop, local, orders, at_once, postbox):
    """Each comes six times at one moment, while two workers are at the inbox, and once more."""
    news = [event("payment_intent.succeeded", pay_unheard(shop, local, one)) for one in orders]

    def come():
        for one in news:
            assert tell(shop.test_client(), one).status_code == 200

    def work():
        shop.test_cli_runner().invoke(args=["events", "work", "--once"])

    at_once(*[come] * 6, *[work] * 2)
    come()
    db.session.expire_all()
    kept = db.session.scalars(sa.select(WebhookEvent)).all()
    assert {one.id: one.attempts for one in kept} == {one["id"]: 1 for one in news}
    assert stock() == stock_after(orders)
    assert len(postbox.messages) == len(orders)


def test_no_event_is_lost(shop, local, order_id, deliver, hear, monkeypatch):
    """The database takes nothing: Stripe is not told that it did, and tells again a day later."""

    def refuse(_session):
        raise sa.exc.OperationalError("COMMIT", {}, Exception("the disk is full"))

    pay_unheard(shop, local, order_id)
    db.session.commit()
    monkeypatch.setitem(shop.config, "PROPAGATE_EXCEPTIONS", False)
    sa.event.listen(sa.orm.Session, "before_commit", refuse)
    told = [attempt.status for attempt in deliver()]
    sa.event.remove(sa.orm.Session, "before_commit", refuse)
    assert told
    assert min(told) >= 500
    local.clock.advance(24 * 60 * 60)
    hear()
    assert look_at(order_id).status is OrderStatus.PAID
    assert left_in_the_inbox() == []


@pytest.fixture
def forge(shop, local, order_id):
    """Post this news of a payment that was made, and see that nobody took it for Stripe's."""
    true = json.dumps(event("payment_intent.succeeded", pay_unheard(shop, local, order_id)))

    def forge(sign, change=lambda text: text):
        refused = post(shop.test_client(), change(true).encode(), sign(true.encode()))
        assert refused.status_code == 400
        assert look_at(order_id).status is OrderStatus.PENDING
        assert db.session.scalars(sa.select(WebhookEvent)).all() == []

    yield forge
    assert tell(shop.test_client(), json.loads(true)).status_code == 200
    assert look_at(order_id).status is OrderStatus.PAID


def test_no_event_is_accepted_unsigned(forge):
    forge(lambda payload: None)
    forge(lambda payload: "")
    forge(lambda payload: f"t={time.time():.0f},v1=")
    forge(lambda payload: signature(payload, "whsec_localGuessed"))
    forge(lambda payload: signature(payload).replace("v1=", "v0="))
    forge(lambda payload: signature(payload, ""))


def test_no_event_is_accepted_stale(forge):
    forge(lambda payload: signature(payload, at=time.time() - 301))
    forge(lambda payload: signature(payload, at=0))
    forge(lambda payload: f"t={time.time():.0f},{signature(payload, at=time.time() - 999)}")


def test_no_event_is_accepted_altered(forge):
    forge(signature, lambda text: text + " ")
    forge(signature, lambda text: text.replace("evt_", "evt_0"))
    forge(signature, lambda text: text.replace("succeeded", "canceled"))
    forge(signature, lambda text: json.dumps(json.loads(text), indent=1))


def test_no_secret_or_card_detail_is_in_a_log_or_on_a_page(shop, local, hear, caplog):
    """All log levels, the SDK's too; sales that work, that are declined, and that fail."""
    caplog.set_level(logging.DEBUG)
    password = "correct horse battery staple"
    local.policies.raw_card_numbers = True
    token = card_token(shop, NUMBER)
    shopper = Shopper(shop.test_client())
    shopper.sign_up("ada@example.com", password)
    paid, open_still = shopper.place_order("Chair"), shopper.place_order("Table")
    shopper.client.post(f"{open_still}/pay", data={"token": card_token(shop, STOLEN)})
    shopper.client.post(f"{paid}/pay", data={"token": token})
    shopper.client.post(f"{open_still}/pay", data={"token": NUMBER})
    local.faults.inject("malformed_json", "*/payment_intents*")
    shopper.client.post(f"{open_still}/pay/element")
    secret = shopper.client.post(f"{open_still}/pay/element").json["client_secret"]
    hear()
    pages = [
        shopper.open(path).text
        for path in ("/", "/shop/cart", "/shop/orders", paid, open_still, f"{open_still}/pay")
    ]
    pages.append(shopper.open(f"{open_still}/pay/return").text)
    secrets = {
        NUMBER, STOLEN, token, secret, password, CVC,
        shop.config["STRIPE_SECRET_KEY"], shop.config["SECRET_KEY"],
        *shop.config["STRIPE_WEBHOOK_SECRETS"],
    }  # fmt: skip
    shown = "\n".join(pages)
    assert [one for one in secrets if one in shown] == []
    assert [one for one in {*secrets, "ada@example.com"} if one in caplog.text] == []
    assert "API response body" in caplog.text
