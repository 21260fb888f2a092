"""`payer`: a customer at Stripe's pages, in code."""

from urllib.parse import parse_qs, urlsplit

import pytest
import stripe
from flask import Flask

from classroom import connect, payer, serve, timeline
from tests.sandbox import sandbox

pytestmark = pytest.mark.usefixtures("new_notebook")

SHOP = "https://shop.example"


def checkout_session(**params) -> stripe.checkout.Session:
    lamp = {"currency": "usd", "unit_amount": 3900, "product_data": {"name": "Desk lamp"}}
    sold = {"mode": "payment", "line_items": [{"price_data": lamp, "quantity": 1}]}
    return connect().v1.checkout.sessions.create(
        {**sold, "success_url": f"{SHOP}/thanks?session_id={{CHECKOUT_SESSION_ID}}", **params}
    )


def now(session: stripe.checkout.Session) -> stripe.checkout.Session:
    return connect().v1.checkout.sessions.retrieve(session.id)


def test_who_pays_comes_to_the_shops_success_page():
    session = checkout_session()
    assert payer.pay(session.url) == f"{SHOP}/thanks?session_id={session.id}"
    paid = now(session)
    assert (paid.status, paid.payment_status) == ("complete", "paid")
    assert paid.customer_details.email == "ada@example.com"


@pytest.mark.parametrize("method", ["3782 822463 10005", "pm_card_mastercard"])
def test_who_pays_may_choose_another_card(method):
    session = checkout_session()
    payer.pay(session.url, method)
    assert now(session).payment_status == "paid"


def test_who_is_declined_may_pay_with_another_card():
    session = checkout_session()
    with pytest.raises(stripe.CardError, match="declined"):
        payer.pay(session.url, "4000 0000 0000 0002")
    assert now(session).status == "open"
    payer.pay(session.url)
    assert now(session).status == "complete"


def test_who_saves_a_card_pays_nothing():
    session = checkout_session(mode="setup", line_items=[], currency="usd")
    payer.pay(session.url)
    assert now(session).status == "complete"


@pytest.mark.parametrize(
    ("authenticated", "told", "status"),
    [(True, "succeeded", "complete"), (False, "failed", "open")],
)
def test_a_bank_that_asks_is_answered_on_the_way(authenticated, told, status):
    session = checkout_session()
    question = payer.pay(session.url, "4000 0027 6000 3184")
    assert "/3d_secure_2/" in question
    back = payer.answer(question, authenticated=authenticated)
    assert back.startswith(session.url)
    assert parse_qs(urlsplit(back).query)["redirect_status"] == [told]
    assert now(session).status == status


def test_a_bank_that_stripe_js_would_ask_in_the_page_leads_nowhere_else():
    intent = connect().v1.payment_intents.create(
        {
            "amount": 3900,
            "currency": "usd",
            "payment_method": "pm_card_authenticationRequired",
            "confirm": True,
            "allowed_payment_method_types": ["card"],
        }
    )
    assert payer.answer(intent.next_action.use_stripe_sdk["stripe_js"]) == ""
    assert connect().v1.payment_intents.retrieve(intent.id).status == "succeeded"


def test_the_timeline_shows_a_browser_and_neither_card_nor_secret(capsys):
    question = payer.pay(checkout_session().url, "4000 0027 6000 3184")
    payer.answer(question)
    timeline()
    shown = capsys.readouterr().out
    assert "browser  --> Stripe    POST /v1/payment_pages/cs_test_…1/confirm" in shown
    assert "POST /v1/3ds2/challenge_complete source=payatt_…1 outcome=authenticated" in shown
    assert "secret" not in shown
    assert "4000" not in shown
    assert "ada@" not in shown


def test_who_pays_may_do_so_on_a_hub(monkeypatch):
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/ada/")
    serve(Flask("hub"))
    session = checkout_session()
    assert session.url.startswith("/user/ada/")
    payer.answer(payer.pay(session.url, "4000 0027 6000 3184"))
    assert now(session).status == "complete"


def test_on_a_sandbox_people_pay(monkeypatch):
    with sandbox() as own:
        for name, value in own.environment.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(RuntimeError, match="your Stripe sandbox"):
            payer.pay("https://checkout.stripe.com/c/pay/cs_test_1")
