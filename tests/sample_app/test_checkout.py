"""Checkout: an order becomes a session of Stripe's, and is paid in one way, once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
import sqlalchemy as sa
import stripe

from local_stripe import SECRET_KEY
from local_stripe.transport import InProcess
from sample_app.checkout import settle_checkout, start_checkout
from sample_app.database import db
from sample_app.models import Customer, Order
from sample_app.order_status import OrderStatus
from sample_app.orders import find_order, place_order
from sample_app.payments import BankAsks, OrderNotPayable, PaymentDeclined, pay, settle
from sample_app.settlement import ForeignCheckoutSession, UnexpectedPayment
from tests.sample_app.calls import Interrupted
from tests.sample_app.conftest import build, close
from tests.sample_app.payer import Payer

SEED = [1, 2, 3, 5, 5, 5]
GOOD, DECLINED = "pm_card_visa", "pm_card_visa_chargeDeclined"
BANK_ASKS = "pm_card_authenticationRequired"
BACK = "http://shop.invalid/back"
URLS = ("http://shop.invalid/success?session_id={CHECKOUT_SESSION_ID}", "http://shop.invalid/back")

DAY = 24 * 60 * 60  # seconds

# The calls to Stripe, by how their addresses end.
SESSION, EXPIRE = "/checkout/sessions", "/expire"
INTENT, CONFIRM, CANCEL = "/payment_intents", "/confirm", "/cancel"


@pytest.fixture
def client(local) -> stripe.StripeClient:
    return stripe.StripeClient(SECRET_KEY, http_client=InProcess(local))


@pytest.fixture
def payer(local) -> Payer:
    return Payer(local)


@pytest.fixture
def order(session) -> Order:
    return place_order(session, SEED)


def sessions(client):
    return client.v1.checkout.sessions.list().data


def taken(client):
    """How much money moved, by payment."""
    intents = client.v1.payment_intents.list().data
    return [intent.amount_received for intent in intents if intent.amount_received]


def hear_of_everything(session, client, order):
    """What the webhooks of all payments would make of the order."""
    for intent in client.v1.payment_intents.list().data:
        settle(session, order, intent)


# The session is made of the order


def test_checkout_sells_the_lines_of_the_order_at_the_prices_of_its_day(session, client, order):
    order.lines[0].item.price = 1
    session.commit()
    start_checkout(session, client, order, *URLS)
    [checkout] = sessions(client)
    lines = client.v1.checkout.sessions.line_items.list(checkout.id).data
    assert [(line.description, line.quantity, line.amount_total) for line in lines] == [
        ("Desk lamp", 1, 3900),
        ("Table", 1, 24900),
        ("Bookshelf", 1, 12900),
        ("Chair", 3, 17850),
    ]
    assert (checkout.amount_total, checkout.currency) == (order.amount, order.currency)


def test_session_and_payment_say_which_order_they_are_for(session, client, payer, order):
    start_checkout(session, client, order, *URLS)
    [checkout] = sessions(client)
    payer.pay(checkout.id)
    [intent] = client.v1.payment_intents.list().data
    assert order.checkout_session_id == checkout.id
    assert checkout.client_reference_id == order.id
    assert checkout.metadata["order_id"] == intent.metadata["order_id"] == order.id
    assert intent.description == order.description


def test_a_customer_does_not_type_an_address_that_the_shop_knows(session, client):
    ada = Customer(email="ada@example.com", password_hash="-")
    session.add(ada)
    start_checkout(session, client, place_order(session, SEED, ada), *URLS)
    assert sessions(client)[0].customer_email == "ada@example.com"


def test_a_payment_at_stripe_pays_the_order(session, client, payer, order):
    start_checkout(session, client, order, *URLS)
    payer.pay(order.checkout_session_id)
    [checkout] = sessions(client)
    settle_checkout(session, client, order, checkout)
    settle_checkout(session, client, order, checkout)
    assert order.status is OrderStatus.PAID
    assert order.payment_intent_id == checkout.payment_intent
    assert taken(client) == [59550]


def test_an_open_session_pays_nothing(session, client, order):
    start_checkout(session, client, order, *URLS)
    settle_checkout(session, client, order, sessions(client)[0])
    assert order.status is OrderStatus.PENDING


def test_a_session_of_another_order_proves_nothing(session, client, payer, order):
    other = place_order(session, SEED)
    start_checkout(session, client, other, *URLS)
    payer.pay(other.checkout_session_id)
    with pytest.raises(ForeignCheckoutSession):
        settle_checkout(session, client, order, sessions(client)[0])
    assert order.status is OrderStatus.PENDING


def test_money_for_an_order_that_takes_none_raises_an_alarm(session, client, order):
    order.status = OrderStatus.CANCELED
    session.commit()
    stray = client.v1.payment_intents.create(
        {
            "amount": order.amount,
            "currency": order.currency,
            "metadata": {"order_id": order.id},
            "payment_method": GOOD,
            "confirm": True,
            "allowed_payment_method_types": ["card"],
        }
    )
    with pytest.raises(UnexpectedPayment, match="canceled"):
        settle(session, order, stray)


# One session that is open


def test_a_second_click_leads_to_the_same_page(session, client, order):
    first = start_checkout(session, client, order, *URLS)
    assert start_checkout(session, client, order, *URLS) == first
    assert len(sessions(client)) == 1


def test_after_an_expired_session_there_is_a_new_one(session, client, payer, local, order):
    first = start_checkout(session, client, order, *URLS)
    local.advance(25 * 60 * 60)
    second = start_checkout(session, client, order, *URLS)
    assert second != first
    payer.pay(order.checkout_session_id)
    settle_checkout(session, client, order, sessions(client)[0])
    assert order.status is OrderStatus.PAID


@pytest.mark.parametrize("fault", ["timeout", "lost_response"])
def test_a_session_whose_answer_was_lost_is_found_again(session, client, local, order, fault):
    local.faults.inject(fault, f"*{SESSION}")
    with pytest.raises(stripe.APIConnectionError):
        start_checkout(session, client, order, *URLS)
    start_checkout(session, client, order, *URLS)
    assert [checkout.id for checkout in sessions(client)] == [order.checkout_session_id]


def test_after_an_error_of_stripes_the_next_click_gets_a_session(session, client, local, order):
    local.faults.inject("server_error", f"*{SESSION}")
    with pytest.raises(stripe.APIError):
        start_checkout(session, client, order, *URLS)
    assert start_checkout(session, client, order, *URLS) == sessions(client)[0].url


def test_from_another_address_of_the_shop_the_next_click_gets_a_session(
    session, client, local, order
):
    """The key of the first click is for the first click's words."""
    local.faults.inject("lost_response", f"*{SESSION}")
    with pytest.raises(stripe.APIConnectionError):
        start_checkout(session, client, order, *URLS)
    elsewhere = ("http://elsewhere.invalid/success", "http://elsewhere.invalid/back")
    with pytest.raises(stripe.IdempotencyError):
        start_checkout(session, client, order, *elsewhere)
    start_checkout(session, client, order, *elsewhere)
    [checkout] = [found for found in sessions(client) if found.id == order.checkout_session_id]
    assert checkout.success_url == elsewhere[0]


@pytest.mark.parametrize("status", [OrderStatus.PAID, OrderStatus.CANCELED])
def test_what_is_not_pending_is_not_sold(session, client, order, status):
    order.status = status
    session.commit()
    with pytest.raises(OrderNotPayable, match=f"it is {status}"):
        start_checkout(session, client, order, *URLS)
    assert sessions(client) == []


# One way at a time


def test_who_pays_by_card_after_all_cannot_pay_at_stripe_as_well(session, client, payer, order):
    start_checkout(session, client, order, *URLS)
    session_id = order.checkout_session_id
    pay(session, client, order, payment_method=GOOD)
    with pytest.raises(stripe.InvalidRequestError):
        payer.pay(session_id)
    assert taken(client) == [59550]


def test_who_goes_to_stripe_after_a_declined_card_pays_there(session, client, payer, order):
    with pytest.raises(PaymentDeclined):
        pay(session, client, order, payment_method=DECLINED)
    start_checkout(session, client, order, *URLS)
    payer.pay(order.checkout_session_id)
    hear_of_everything(session, client, order)
    assert order.status is OrderStatus.PAID
    assert taken(client) == [59550]


def test_who_goes_there_and_back_again_pays_once(session, client, order):
    for _ in range(3):
        with pytest.raises(PaymentDeclined):
            pay(session, client, order, payment_method=DECLINED)
        start_checkout(session, client, order, *URLS)
    pay(session, client, order, payment_method=GOOD)
    hear_of_everything(session, client, order)
    assert taken(client) == [59550]
    assert {checkout.status for checkout in sessions(client)} == {"expired"}


def test_a_payment_that_was_given_up_for_checkout_does_not_cancel_the_order(session, client, order):
    with pytest.raises(PaymentDeclined):
        pay(session, client, order, payment_method=DECLINED)
    start_checkout(session, client, order, *URLS)
    [given_up] = client.v1.payment_intents.list().data
    settle(session, order, given_up)
    assert given_up.status == "canceled"
    assert order.status is OrderStatus.PENDING


def test_news_of_a_payment_that_was_given_up_may_come_late(session, client, order):
    for _ in range(2):
        with pytest.raises(PaymentDeclined):
            pay(session, client, order, payment_method=DECLINED)
        start_checkout(session, client, order, *URLS)
    with pytest.raises(PaymentDeclined):
        pay(session, client, order, payment_method=DECLINED)
    hear_of_everything(session, client, order)
    assert order.status is OrderStatus.PENDING


def test_a_card_is_not_charged_for_what_was_paid_at_stripe_a_moment_ago(
    session, client, payer, order
):
    start_checkout(session, client, order, *URLS)
    payer.pay(order.checkout_session_id)
    assert pay(session, client, order, payment_method=GOOD).status is OrderStatus.PAID
    assert taken(client) == [59550]


def test_stripes_page_is_not_shown_for_what_was_paid_by_card_a_moment_ago(
    session, client, local, order
):
    local.faults.inject("lost_response", f"*{CONFIRM}")
    with pytest.raises(stripe.APIConnectionError):
        pay(session, client, order, payment_method=GOOD)
    with pytest.raises(OrderNotPayable, match="it is paid"):
        start_checkout(session, client, order, *URLS)
    assert taken(client) == [59550]


def test_a_bank_that_is_asked_at_stripe_answers_too_late(session, client, payer, order):
    start_checkout(session, client, order, *URLS)
    payer.pay(order.checkout_session_id, BANK_ASKS)
    [asked] = client.v1.payment_intents.list().data
    pay(session, client, order, payment_method=GOOD)
    with pytest.raises((stripe.InvalidRequestError, AssertionError)):
        payer.answer(asked.id)
    assert taken(client) == [59550]


def test_a_bank_that_is_asked_by_the_shop_answers_too_late(session, client, payer, order):
    with pytest.raises(BankAsks):
        pay(session, client, order, payment_method=BANK_ASKS, return_url=BACK)
    asked = order.payment_intent_id
    start_checkout(session, client, order, *URLS)
    with pytest.raises((stripe.InvalidRequestError, AssertionError)):
        payer.answer(asked)
    payer.pay(order.checkout_session_id)
    hear_of_everything(session, client, order)
    assert taken(client) == [59550]


@pytest.mark.parametrize("fault", ["timeout", "lost_response"])
@pytest.mark.parametrize("then", ["the card", "Checkout"])
def test_a_change_of_mind_that_stopped_half_way_is_completed(
    session, client, payer, local, order, fault, then
):
    """The session is known to the order; whether its payment by card was canceled is not."""
    with pytest.raises(PaymentDeclined):
        pay(session, client, order, payment_method=DECLINED)
    local.faults.inject(fault, f"*{CANCEL}")
    with pytest.raises(stripe.APIConnectionError):
        start_checkout(session, client, order, *URLS)
    if then == "the card":
        pay(session, client, order, payment_method=GOOD)
    else:
        start_checkout(session, client, order, *URLS)
        payer.pay(order.checkout_session_id)
    hear_of_everything(session, client, order)
    assert order.status is OrderStatus.PAID
    assert taken(client) == [59550]


@pytest.mark.parametrize("fault", ["timeout", "lost_response", "server_error"])
@pytest.mark.parametrize("call", [EXPIRE, INTENT, CONFIRM])
def test_a_card_that_takes_the_place_of_checkout_survives_a_lost_call(
    session, client, local, order, call, fault
):
    start_checkout(session, client, order, *URLS)
    local.faults.inject(fault, f"*{call}")
    with pytest.raises(stripe.StripeError):
        pay(session, client, order, payment_method=GOOD)
    pay(session, client, order, payment_method=GOOD)
    assert order.status is OrderStatus.PAID
    assert taken(client) == [59550]


# A bank debit, which settles days later

SETTLES, BOUNCES = "pm_usBankAccount_success", "pm_usBankAccount_insufficientFunds"


def test_a_debit_that_is_under_way_keeps_every_other_way_closed(session, client, payer, order):
    start_checkout(session, client, order, *URLS)
    payer.pay(order.checkout_session_id, SETTLES)
    with pytest.raises(OrderNotPayable, match="under way"):
        pay(session, client, order, payment_method=GOOD)
    with pytest.raises(OrderNotPayable, match="under way"):
        start_checkout(session, client, order, *URLS)
    assert order.status is OrderStatus.PENDING


def test_a_debit_that_settles_pays_the_order(session, client, payer, local, order):
    start_checkout(session, client, order, *URLS)
    payer.pay(order.checkout_session_id, SETTLES)
    local.advance(10 * DAY)
    assert pay(session, client, order, payment_method=GOOD).status is OrderStatus.PAID
    assert taken(client) == [59550]


@pytest.mark.parametrize("then", ["the card", "Checkout"])
def test_after_a_debit_that_bounced_the_order_can_be_paid(
    session, client, payer, local, order, then
):
    start_checkout(session, client, order, *URLS)
    payer.pay(order.checkout_session_id, BOUNCES)
    local.advance(10 * DAY)
    if then == "the card":
        pay(session, client, order, payment_method=GOOD)
    else:
        start_checkout(session, client, order, *URLS)
        payer.pay(order.checkout_session_id)
    hear_of_everything(session, client, order)
    assert order.status is OrderStatus.PAID
    assert taken(client) == [59550]


def test_a_debit_that_bounced_takes_no_money_beside_the_card(session, client, payer, local, order):
    start_checkout(session, client, order, *URLS)
    payer.pay(order.checkout_session_id, BOUNCES)
    local.advance(10 * DAY)
    [debit] = client.v1.payment_intents.list().data
    pay(session, client, order, payment_method=GOOD)
    with pytest.raises(stripe.InvalidRequestError, match="status of canceled"):
        payer.confirm(debit.client_secret)
    assert taken(client) == [59550]


def test_stripes_page_is_not_shown_while_another_payment_is_under_way(session, client, order):
    debit = client.v1.payment_intents.create(
        {
            "amount": order.amount,
            "currency": order.currency,
            "metadata": {"order_id": order.id},
            "payment_method": SETTLES,
            "confirm": True,
            "allowed_payment_method_types": ["us_bank_account"],
            "mandate_data": {"customer_acceptance": {"type": "offline", "offline": {}}},
        }
    )
    order.payment_intent_id = debit.id
    session.commit()
    with pytest.raises(OrderNotPayable, match="under way"):
        start_checkout(session, client, order, *URLS)
    assert client.v1.payment_intents.retrieve(debit.id).status == "processing"


# At the same moment


@pytest.fixture
def shop(database_url, local):
    """A shop whose database other sessions and threads see."""
    app = build(database_url)
    with app.app_context():
        yield app
    close(app)


class Visit:
    """One customer's click, with a database session and a way to Stripe of its own."""

    def __init__(self, local, order_id):
        self.way = Interrupted(local)
        self.client = stripe.StripeClient(SECRET_KEY, http_client=self.way)
        self.payer = Payer(local)
        self.order_id = order_id

    def pay_by_card(self):
        with db.sessionmaker() as session, suppress(OrderNotPayable):
            order = find_order(session, self.order_id)
            pay(session, self.client, order, payment_method=GOOD)

    def pay_at_stripe(self):
        """Whoever is shown the page pays there at once, if it is still open."""
        with db.sessionmaker() as session, suppress(OrderNotPayable):
            order = find_order(session, self.order_id)
            url = start_checkout(session, self.client, order, *URLS)
            with suppress(stripe.InvalidRequestError):
                self.payer.pay(url.rpartition("/")[2])


def paid_once(shop, local, order_id):
    """The order is paid, by one payment: both, or neither yet, and then it can be."""
    client = stripe.StripeClient(SECRET_KEY, http_client=InProcess(local))
    with db.sessionmaker() as session:
        order = find_order(session, order_id)
        hear_of_everything(session, client, order)
        assert order.status is not OrderStatus.CANCELED
        pay(session, client, order, payment_method=GOOD)
    return taken(client) == [59550]


def start_with(shop, local, beginning):
    order_id = place_order(db.session, SEED).id
    visit = Visit(local, order_id)
    order = find_order(db.session, order_id)
    if beginning == "a declined card":
        with pytest.raises(PaymentDeclined):
            pay(db.session, visit.client, order, payment_method=DECLINED)
    if beginning in {"an open session", "an expired session"}:
        start_checkout(db.session, visit.client, order, *URLS)
    if beginning == "an expired session":
        local.advance(DAY + 1)
    db.session.close()
    return order_id


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("beginning", "call"),
    [
        ("nothing", INTENT),
        ("nothing", CONFIRM),
        ("a declined card", CONFIRM),
        ("an open session", EXPIRE),
        ("an open session", INTENT),
        ("an open session", CONFIRM),
    ],
)
def test_checkout_in_the_middle_of_a_payment_by_card_pays_once(shop, local, beginning, call, when):
    order_id = start_with(shop, local, beginning)
    visit, other = Visit(local, order_id), Visit(local, order_id)
    visit.way.interrupt(call, in_between(other.pay_at_stripe, when))
    visit.pay_by_card()
    assert visit.way.interruption is None, "nothing came in between"
    assert paid_once(shop, local, order_id)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("beginning", "call"),
    [
        ("nothing", SESSION),
        ("a declined card", SESSION),
        ("a declined card", CANCEL),
        ("an expired session", EXPIRE),
        ("an expired session", SESSION),
    ],
)
def test_a_card_in_the_middle_of_going_to_checkout_pays_once(shop, local, beginning, call, when):
    order_id = start_with(shop, local, beginning)
    visit, other = Visit(local, order_id), Visit(local, order_id)
    visit.way.interrupt(call, in_between(other.pay_by_card, when))
    visit.pay_at_stripe()
    assert visit.way.interruption is None, "nothing came in between"
    assert paid_once(shop, local, order_id)


def in_between(act_too, when):
    def both(act):
        if when == "before":
            act_too()
            return act()
        answer = act()
        act_too()
        return answer

    return both


@pytest.mark.parametrize("beginning", ["nothing", "a declined card", "an open session"])
@pytest.mark.parametrize("clicks", [("at_stripe", "at_stripe"), ("by_card", "at_stripe")])
def test_two_tabs_at_the_same_moment_pay_once(shop, local, beginning, clicks):
    """Both have read the order before either of them tells Stripe anything."""
    order_id = start_with(shop, local, beginning)
    together = threading.Barrier(len(clicks), timeout=10)

    def meet(act):
        together.wait()
        return act()

    def click(name):
        visit = Visit(local, order_id)
        visit.way.interrupt("", meet)
        with shop.app_context():
            getattr(visit, f"pay_{name}")()

    with ThreadPoolExecutor(len(clicks)) as tabs:
        list(tabs.map(click, clicks))
    assert paid_once(shop, local, order_id)


# A request that was stuck, and goes on when everybody has forgotten it


def declined(visit):
    with suppress(PaymentDeclined), db.sessionmaker() as session:
        pay(session, visit.client, find_order(session, visit.order_id), payment_method=DECLINED)


def to_checkout(visit):
    with suppress(stripe.APIConnectionError, stripe.APIError), db.sessionmaker() as session:
        start_checkout(session, visit.client, find_order(session, visit.order_id), *URLS)


def to_the_bank(visit):
    with suppress(BankAsks), db.sessionmaker() as session:
        order = find_order(session, visit.order_id)
        pay(session, visit.client, order, payment_method=BANK_ASKS, return_url=BACK)


@pytest.fixture
def stuck(shop, local):
    return Visit(local, start_with(shop, local, "nothing"))


@pytest.fixture
def other(local, stuck):
    return Visit(local, stuck.order_id)


def test_a_payment_that_was_created_long_ago_does_not_end_the_order(shop, local, stuck, other):
    """Its key found a PaymentIntent that was given up for Checkout in the meantime."""

    def meanwhile():
        declined(other)
        to_checkout(other)
        local.faults.inject("timeout", f"*{INTENT}")
        with suppress(stripe.APIConnectionError):
            declined(other)

    stuck.way.interrupt(INTENT, in_between(meanwhile, "after"))
    stuck.pay_by_card()
    assert paid_once(shop, local, stuck.order_id)


def test_a_session_that_was_created_long_ago_does_not_disturb_a_payment(local, stuck, other):
    def meanwhile():
        to_checkout(other)
        declined(other)

    stuck.way.interrupt(SESSION, in_between(meanwhile, "after"))
    stuck.pay_at_stripe()
    with db.sessionmaker() as session:
        order = find_order(session, stuck.order_id)
        assert order.checkout_session_id is None
        intent = stuck.client.v1.payment_intents.retrieve(order.payment_intent_id)
    assert intent.status == "requires_payment_method"


def test_of_two_sessions_one_is_shown(shop, local, stuck, other):
    def meanwhile():
        local.faults.inject("server_error", f"*{SESSION}")
        to_checkout(other)
        other.pay_at_stripe()

    stuck.way.interrupt(SESSION, in_between(meanwhile, "after"))
    stuck.pay_at_stripe()
    assert paid_once(shop, local, stuck.order_id)


def test_a_charge_that_was_begun_long_ago_is_not_made_any_more(shop, local, stuck, other):
    """Its payment was to be canceled, but the shop crashed before it could."""

    def meanwhile():
        local.faults.inject("timeout", f"*{CANCEL}")
        to_checkout(other)
        other.pay_by_card()

    stuck.way.interrupt(CONFIRM, in_between(meanwhile, "before"))
    stuck.pay_by_card()
    assert paid_once(shop, local, stuck.order_id)


def test_a_payment_at_the_bank_is_not_forgotten(shop, local, stuck, other):
    declined(stuck)
    asked = []

    def meanwhile():
        to_the_bank(other)
        with db.sessionmaker() as session:
            asked.append(find_order(session, other.order_id).payment_intent_id)

    stuck.way.interrupt(CANCEL, in_between(meanwhile, "after"))
    to_checkout(stuck)
    other.pay_by_card()
    with suppress(stripe.InvalidRequestError, AssertionError):
        other.payer.answer(asked[0])
    assert paid_once(shop, local, stuck.order_id)


def test_session_id_is_committed_before_anybody_sees_the_page(shop, local):
    order_id = start_with(shop, local, "a declined card")
    visit, committed = Visit(local, order_id), []

    def look(act):
        with db.sessionmaker() as elsewhere:
            committed.append(elsewhere.scalar(sa.select(Order.checkout_session_id)))
        return act()

    visit.way.interrupt(CANCEL, look)
    visit.pay_at_stripe()
    assert committed == [sessions(visit.client)[0].id]
