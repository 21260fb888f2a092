"""An order is charged once, whatever happens on the way; money and orders always agree."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
import stripe

from local_stripe import SECRET_KEY
from local_stripe.transport import InProcess
from sample_app.database import db
from sample_app.models import Item, Order
from sample_app.order_status import OrderStatus
from sample_app.orders import find_order, place_order
from sample_app.payments import (
    BankAsks,
    CardUnusable,
    ForeignPaymentIntent,
    OrderNotPayable,
    PaymentDeclined,
    pay,
    resume,
    settle,
)
from tests.sample_app.calls import Interrupted, keys
from tests.sample_app.conftest import build, close
from tests.sample_app.payer import Payer

SEED = [1, 2, 3, 5, 5, 5]
GOOD = {"payment_method": "pm_card_visa"}
DECLINED = {"payment_method": "pm_card_visa_chargeDeclined"}

# The three writes to Stripe, by how their addresses end.
METHOD, INTENT, CONFIRM = "/payment_methods", "/payment_intents", "/confirm"


@pytest.fixture
def way(local) -> Interrupted:
    return Interrupted(local)


@pytest.fixture
def client(way) -> stripe.StripeClient:
    return stripe.StripeClient(SECRET_KEY, http_client=way)


@pytest.fixture
def order(session) -> Order:
    return place_order(session, SEED)


@pytest.fixture
def token(client, local) -> str:
    """As Stripe.js makes one; unlike `tok_visa`, it works once."""
    local.policies.raw_card_numbers = True
    card = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2034, "cvc": "123"}
    return client.v1.tokens.create({"card": card}).id


def intents(client):
    return client.v1.payment_intents.list().data


def taken(client):
    """How much money moved, by payment."""
    return [intent.amount_received for intent in intents(client) if intent.amount_received]


# Once


@pytest.mark.parametrize("card", [GOOD, {"token": "tok_visa"}])
def test_a_good_card_pays_the_order(session, client, order, card):
    assert pay(session, client, order, **card) is order
    session.expire_all()
    assert order.status is OrderStatus.PAID
    assert taken(client) == [59550]


def test_order_and_payment_know_each_other(session, client, order):
    pay(session, client, order, **GOOD)
    [intent] = intents(client)
    assert order.payment_intent_id == intent.id
    assert intent.metadata["order_id"] == order.id
    assert (intent.amount, intent.currency) == (order.amount, order.currency)
    assert intent.description == "1x Desk lamp, 1x Table, 1x Bookshelf, 3x Chair"


def test_a_description_is_never_too_long_for_stripe(session, client):
    session.add_all([Item(id=item_id, name="x" * 80, price=100) for item_id in range(100, 120)])
    session.commit()
    pay(session, client, place_order(session, range(100, 120)), **GOOD)
    assert [len(intent.description) for intent in intents(client)] == [1000]


def test_a_paid_order_is_not_charged_again(session, client, order):
    pay(session, client, order, **GOOD)
    pay(session, client, order, payment_method="pm_card_mastercard")
    assert taken(client) == [59550]


def test_a_price_that_changed_meanwhile_is_not_charged(session, client, order):
    order.lines[0].item.price = 1
    session.commit()
    pay(session, client, order, **GOOD)
    assert taken(client) == [59550]


def test_a_payment_is_by_one_card(session, client, order):
    with pytest.raises(TypeError, match="one of the two"):
        pay(session, client, order)
    with pytest.raises(TypeError, match="one of the two"):
        pay(session, client, order, payment_method="pm_card_visa", token="tok_visa")


# When the way to Stripe fails


@pytest.mark.parametrize("retry", [{"token": "tok_visa"}, {"token": "tok_mastercard"}, GOOD])
@pytest.mark.parametrize("fault", ["timeout", "lost_response"])
@pytest.mark.parametrize("call", [METHOD, INTENT, CONFIRM])
def test_an_order_is_charged_once_when_a_call_is_lost(
    session, client, local, order, call, fault, retry
):
    local.faults.inject(fault, f"*{call}")
    with pytest.raises(stripe.APIConnectionError):
        pay(session, client, order, token="tok_visa")
    assert order.status is OrderStatus.PENDING
    pay(session, client, order, **retry)
    assert order.status is OrderStatus.PAID
    assert taken(client) == [59550]


def test_a_repeated_call_has_the_key_of_the_first(session, client, local, order):
    local.faults.inject("lost_response", f"*{CONFIRM}")
    with pytest.raises(stripe.APIConnectionError):
        pay(session, client, order, **GOOD)
    pay(session, client, order, **GOOD)
    first, second = keys(local, CONFIRM)
    assert first == second


def test_a_lost_charge_is_found_even_after_stripe_forgot_the_key(session, client, local, order):
    """Stripe keeps keys for a day: what counts then is the PaymentIntent that the order knows."""
    local.faults.inject("lost_response", f"*{CONFIRM}")
    with pytest.raises(stripe.APIConnectionError):
        pay(session, client, order, **GOOD)
    order.idempotency_key = "as good as forgotten"
    session.commit()
    pay(session, client, order, **DECLINED)
    assert order.status is OrderStatus.PAID
    assert taken(client) == [59550]


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (METHOD, "rate_limit"),
        (INTENT, "rate_limit"),
        (INTENT, "server_error"),
        (CONFIRM, "rate_limit"),
        (CONFIRM, "server_error"),
    ],
)
def test_an_order_can_be_paid_after_stripe_answered_with_an_error(
    session, client, local, order, call, fault
):
    local.faults.inject(fault, f"*{call}")
    with pytest.raises(stripe.StripeError):
        pay(session, client, order, token="tok_visa")
    assert order.status is OrderStatus.PENDING
    pay(session, client, order, token="tok_visa")
    assert taken(client) == [59550]


def test_a_token_that_met_an_error_of_stripes_is_spent_and_the_next_one_pays(
    session, client, local, order
):
    """Whether it became a PaymentMethod, nobody can say: Stripe keeps its answer, a 500."""
    local.faults.inject("server_error", f"*{METHOD}")
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            pay(session, client, order, token="tok_visa")
    pay(session, client, order, token="tok_mastercard")
    assert taken(client) == [59550]


def test_after_an_answer_the_next_attempt_has_a_new_key(session, client, local, order):
    """Stripe repeats its answer, an error too, for as long as it keeps the key."""
    local.faults.inject("server_error", f"*{CONFIRM}")
    with pytest.raises(stripe.APIError):
        pay(session, client, order, **GOOD)
    pay(session, client, order, **GOOD)
    first, second = keys(local, CONFIRM)
    assert first != second


@pytest.mark.parametrize("fault", ["timeout", "lost_response", "server_error"])
@pytest.mark.parametrize("call", [INTENT, CONFIRM])
def test_a_token_of_the_page_goes_on_where_the_attempt_stopped(
    session, client, local, order, token, call, fault
):
    """It works once at Stripe, and its PaymentMethod may exist already."""
    local.faults.inject(fault, f"*{call}")
    with pytest.raises(stripe.StripeError):
        pay(session, client, order, token=token)
    pay(session, client, order, token=token)
    assert taken(client) == [59550]


# Declines


@pytest.mark.parametrize(
    ("card", "words"),
    [
        ("pm_card_visa_chargeDeclined", "Your bank declined this card."),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "not enough money"),
        ("pm_card_visa_chargeDeclinedLostCard", "Your bank declined this card."),
        ("pm_card_visa_chargeDeclinedStolenCard", "Your bank declined this card."),
        ("pm_card_chargeDeclinedExpiredCard", "expired"),
        ("pm_card_chargeDeclinedIncorrectCvc", r"security code \(CVC\)"),
        ("pm_card_chargeDeclinedProcessingError", "try again in a few minutes"),
        ("pm_card_authenticationRequired", "Your bank wants to ask you first"),
    ],
)
def test_a_decline_is_told_in_words_for_the_customer(session, client, order, card, words):
    with pytest.raises(PaymentDeclined, match=words):
        pay(session, client, order, payment_method=card)
    assert order.status is OrderStatus.PENDING
    assert taken(client) == []


def test_another_card_pays_a_declined_order_on_the_same_payment(session, client, order):
    with pytest.raises(PaymentDeclined):
        pay(session, client, order, **DECLINED)
    pay(session, client, order, **GOOD)
    assert [intent.id for intent in intents(client)] == [order.payment_intent_id]
    assert taken(client) == [59550]


def test_the_same_card_is_asked_again_and_not_answered_from_memory(session, client, local, order):
    for _ in range(2):
        with pytest.raises(PaymentDeclined):
            pay(session, client, order, **DECLINED)
    assert len(set(keys(local, CONFIRM))) == 2


@pytest.mark.parametrize(
    "card", [{"token": "tok_nope"}, {"payment_method": "pm_nope"}], ids=["token", "payment_method"]
)
def test_a_card_that_does_not_exist_is_refused_by_its_name(session, client, order, card):
    with pytest.raises(CardUnusable) as refusal:
        pay(session, client, order, **card)
    assert [refusal.value.field] == list(card)
    pay(session, client, order, **GOOD)
    assert taken(client) == [59550]


def test_a_token_pays_one_order_only(session, client, order, token):
    pay(session, client, order, token=token)
    with pytest.raises(CardUnusable):
        pay(session, client, place_order(session, [1]), token=token)
    assert taken(client) == [59550]


# The bank asks its customer first

ASKS = {"payment_method": "pm_card_authenticationRequired"}
BACK = "http://shop.invalid/back"


def asked(session, client, order):
    """Where the bank asks."""
    with pytest.raises(BankAsks) as bank:
        pay(session, client, order, **ASKS, return_url=BACK)
    return bank.value.url


def test_a_bank_that_asks_leaves_the_order_pending(session, client, order):
    asked(session, client, order)
    assert order.status is OrderStatus.PENDING
    assert taken(client) == []


def test_an_answer_that_the_bank_takes_pays_the_order(session, client, local, order):
    asked(session, client, order)
    Payer(local).answer(order.payment_intent_id)
    assert resume(session, client, order).status is OrderStatus.PAID
    assert taken(client) == [59550]


def test_the_same_card_is_asked_anew_and_not_sent_to_a_question_that_is_over(
    session, client, local, order
):
    first = asked(session, client, order)
    Payer(local).answer(order.payment_intent_id, "failed")
    with pytest.raises(PaymentDeclined, match="could not make sure"):
        resume(session, client, order)
    assert asked(session, client, order) != first
    Payer(local).answer(order.payment_intent_id)
    resume(session, client, order)
    assert taken(client) == [59550]


def test_a_question_whose_address_was_lost_is_asked_again(session, client, local, order):
    local.faults.inject("lost_response", f"*{CONFIRM}")
    with pytest.raises(stripe.APIConnectionError):
        pay(session, client, order, **ASKS, return_url=BACK)
    assert "3d_secure" in asked(session, client, order)


def test_there_is_nothing_to_resume_before_anybody_paid(session, client, order):
    with pytest.raises(OrderNotPayable):
        resume(session, client, order)


# Whose payment


def test_a_payment_of_another_order_proves_nothing(session, client, order):
    other = place_order(session, SEED)
    pay(session, client, other, **GOOD)
    [intent] = intents(client)
    with pytest.raises(ForeignPaymentIntent):
        settle(session, order, intent)
    assert order.status is OrderStatus.PENDING


@pytest.mark.parametrize(
    "difference",
    [
        {"amount": 100},
        {"currency": "eur"},
        {"metadata": {}},
        {"metadata": {"order_id": "ord_another"}},
    ],
)
def test_a_payment_of_another_amount_or_currency_proves_nothing(session, client, order, difference):
    intent = client.v1.payment_intents.create(
        {
            "amount": order.amount,
            "currency": order.currency,
            "metadata": {"order_id": order.id},
            "payment_method": "pm_card_visa",
            "allowed_payment_method_types": ["card"],
            "confirm": True,
            **difference,
        }
    )
    with pytest.raises(ForeignPaymentIntent):
        settle(session, order, intent)
    assert order.status is OrderStatus.PENDING


def test_settling_twice_changes_nothing(session, client, order):
    pay(session, client, order, **GOOD)
    [intent] = intents(client)
    settle(session, order, intent)
    assert order.status is OrderStatus.PAID


def test_an_order_whose_payment_was_canceled_at_stripe_is_canceled(session, client, local, order):
    local.faults.inject("timeout", f"*{CONFIRM}")
    with pytest.raises(stripe.APIConnectionError):
        pay(session, client, order, **GOOD)
    client.v1.payment_intents.cancel(order.payment_intent_id)
    with pytest.raises(OrderNotPayable, match="it is canceled"):
        pay(session, client, order, **GOOD)
    with pytest.raises(OrderNotPayable):
        pay(session, client, order, **GOOD)
    assert taken(client) == []


# What Stripe may count on, and the database


@pytest.fixture
def shop(database_url, way):
    """A shop whose database other sessions and threads see."""
    app = build(database_url, STRIPE_HTTP_CLIENT=way)
    with app.app_context():
        yield app
    close(app)


def test_order_and_key_are_committed_before_stripe_hears_of_them(shop, local, way):
    order = place_order(db.session, SEED)
    committed = []

    def look(act):
        with db.sessionmaker() as elsewhere:
            committed.append(elsewhere.get(Order, order.id).idempotency_key)
        return act()

    way.interrupt(INTENT, look)
    pay(db.session, shop.extensions["stripe"], order, **GOOD)
    key = keys(local, INTENT)[0]
    assert key == f"{committed[0]}:intent"


def test_the_payment_is_known_to_the_order_before_money_moves(shop, way):
    order = place_order(db.session, SEED)
    committed = []

    def look(act):
        with db.sessionmaker() as elsewhere:
            committed.append(elsewhere.get(Order, order.id).payment_intent_id)
        return act()

    way.interrupt(CONFIRM, look)
    pay(db.session, shop.extensions["stripe"], order, **GOOD)
    assert committed == [order.payment_intent_id]


@pytest.mark.parametrize("call", [METHOD, INTENT, CONFIRM])
def test_no_connection_to_the_database_is_held_while_stripe_is_asked(shop, way, call):
    order_id = place_order(db.session, SEED).id
    db.session.close()
    held = []

    def look(act):
        held.append(db.engine.pool.checkedout())
        return act()

    way.interrupt(call, look)
    order = find_order(db.session, order_id)
    pay(db.session, shop.extensions["stripe"], order, token="tok_visa")
    assert held == [0]


@pytest.mark.parametrize(
    "cards",
    [
        ["tok_visa", "tok_visa"],
        ["tok_visa", "tok_mastercard"],
        ["tok_visa", "tok_chargeDeclined", "tok_mastercard", "tok_visa"],
    ],
    ids=["a double click", "two cards", "four tabs"],
)
@pytest.mark.parametrize("call", [METHOD, INTENT, CONFIRM])
def test_at_the_same_moment_an_order_is_paid_once(shop, local, call, cards):
    """Every click has read the pending order before any of them goes on."""
    order_id = place_order(db.session, SEED).id
    together = threading.Barrier(len(cards), timeout=10)

    def meet(act):
        together.wait()
        return act()

    def click(token):
        way = Interrupted(local)
        way.interrupt(call, meet)
        client = stripe.StripeClient(SECRET_KEY, http_client=way)
        with db.sessionmaker() as session:
            order = find_order(session, order_id)
            try:
                return pay(session, client, order, token=token).status
            except PaymentDeclined:
                return order.status

    def click_in_thread(token):
        with shop.app_context():
            return click(token)

    with ThreadPoolExecutor(len(cards)) as clicks:
        outcomes = list(clicks.map(click_in_thread, cards))

    assert OrderStatus.PAID in outcomes
    assert taken(stripe.StripeClient(SECRET_KEY, http_client=InProcess(local))) == [59550]
    assert db.session.scalar(sa.select(Order.status)) is OrderStatus.PAID
