"""The way to Stripe's page and back: what the customer reads, and what none of it decides."""

from urllib.parse import urlsplit

import pytest
import stripe
from bs4 import BeautifulSoup

from local_stripe import SECRET_KEY
from local_stripe.transport import InProcess
from sample_app.models import Order
from sample_app.orders import place_order
from tests.sample_app.payer import Payer
from tests.sample_app.shopper import signed_in

JSON = {"Content-Type": "application/json"}
BUTTON = "Check out on Stripe's page"
DECLINED = "pm_card_visa_chargeDeclined"
DAY = 24 * 60 * 60  # seconds
BANK_ASKS = "tok_threeDSecure2Required"


@pytest.fixture
def at_stripe(local):
    return stripe.StripeClient(SECRET_KEY, http_client=InProcess(local))


@pytest.fixture
def payer(local):
    return Payer(local)


@pytest.fixture
def ada(app, session):
    return signed_in(app, session, "ada@example.com")


def go_to_checkout(shopper, order_id):
    """Press the button of the pay page; the answer, not followed: it leads out of the shop."""
    shopper.open(f"/shop/orders/{order_id}/pay")
    path, fields = shopper.form(BUTTON)
    return shopper.client.post(path, data=fields)


def only_session(client):
    [session] = client.v1.checkout.sessions.list().data
    return session


def way_back(session):
    """Where Stripe sends the customer after paying, as a path of the shop."""
    url = urlsplit(session.success_url.replace("{CHECKOUT_SESSION_ID}", session.id))
    return f"{url.path}?{url.query}"


def test_where_stripe_does_not_answer_a_link_leads_back_to_the_order(shopper, order, local):
    shopper.open(f"/shop/orders/{order.id}/pay")
    path, fields = shopper.form(BUTTON)
    local.faults.inject("timeout", "/v1/checkout/sessions")
    page = BeautifulSoup(shopper.client.post(path, data=fields).text, "html.parser")
    assert page.main.find("a")["href"] == f"/shop/orders/{order.id}"


def status(session, order):
    session.refresh(order)
    return order.status


# There


def test_the_button_leads_to_stripes_page(shopper, at_stripe, order):
    response = go_to_checkout(shopper, order.id)
    assert (response.status_code, response.location) == (303, only_session(at_stripe).url)


def test_a_program_is_led_there_too(client, at_stripe, order):
    response = client.post(f"/orders/{order.id}/checkout", headers=JSON)
    assert (response.status_code, response.location) == (303, only_session(at_stripe).url)


def test_only_a_program_asks_without_a_form_of_the_shop(client, order):
    assert client.post(f"/orders/{order.id}/checkout", data={"a": "form"}).status_code == 415
    assert client.post(f"/shop/orders/{order.id}/checkout", data={}).status_code == 400


def test_stripe_is_told_where_to_put_its_id(shopper, at_stripe, order):
    """Braces that were encoded would come back as they are."""
    go_to_checkout(shopper, order.id)
    session = only_session(at_stripe)
    back = f"http://localhost/shop/orders/{order.id}/checkout"
    assert session.success_url == f"{back}/success?session_id={{CHECKOUT_SESSION_ID}}"
    assert session.cancel_url == f"{back}/cancel"


def test_a_price_that_the_browser_sends_is_not_looked_at(shopper, at_stripe, order):
    shopper.open(f"/shop/orders/{order.id}/pay")
    path, fields = shopper.form(BUTTON)
    shopper.client.post(path, data={**fields, "amount": "1", "unit_amount": "1"})
    assert only_session(at_stripe).amount_total == order.amount == 15800


def test_nobody_goes_to_pay_a_customers_order(ada, shopper, client):
    path = ada.place_order("Chair")
    shopper.open("/")
    _, fields = shopper.form("Add Chair to the cart")
    assert shopper.client.post(f"{path}/checkout", data=fields).status_code == 404
    assert client.post(f"{path.removeprefix('/shop')}/checkout", headers=JSON).status_code == 404


def test_a_paid_order_leads_to_its_own_page(shopper, order):
    shopper.open(f"/shop/orders/{order.id}/pay")
    path, fields = shopper.form(BUTTON)
    shopper.pay("tok_visa")
    shopper.send(path, fields)
    assert shopper.path == f"/shop/orders/{order.id}"


def test_a_program_is_told_that_the_order_is_paid(client):
    paid = client.post("/orders", json={"token": "tok_visa", "item_ids": [1]}).json
    response = client.post(f"/orders/{paid['id']}/checkout", headers=JSON)
    assert response.status_code == 409
    assert response.json["message"] == "This order cannot be paid: it is paid."


# And back


def test_who_paid_is_thanked_and_the_order_waits_for_the_webhook(
    shopper, payer, at_stripe, session, order
):
    go_to_checkout(shopper, order.id)
    payer.pay(only_session(at_stripe).id)
    shopper.open(way_back(only_session(at_stripe)))
    assert shopper.rows("h1") == ["Thank you"]
    assert "waiting for Stripe to tell our stockroom" in shopper.text
    assert status(session, order) == "pending"


def test_who_has_not_paid_reads_that(shopper, at_stripe, session, order):
    """Anybody can type this address: it proves nothing."""
    go_to_checkout(shopper, order.id)
    shopper.open(way_back(only_session(at_stripe)))
    assert shopper.rows("h1") == ["The payment was not completed"]
    assert status(session, order) == "pending"


def test_who_pays_by_debit_reads_that_the_bank_takes_its_time(
    shopper, payer, at_stripe, session, order
):
    go_to_checkout(shopper, order.id)
    payer.pay(only_session(at_stripe).id, "pm_usBankAccount_success")
    shopper.open(way_back(only_session(at_stripe)))
    assert shopper.rows("h1") == ["We are waiting for your bank"]
    assert status(session, order) == "pending"


@pytest.mark.parametrize(
    ("account", "heading", "button"),
    [
        ("pm_usBankAccount_success", "Thank you", "See your order"),
        (
            "pm_usBankAccount_insufficientFunds",
            "The payment was not completed",
            "Back to your order",
        ),
    ],
)
def test_who_looks_again_reads_what_the_bank_has_said(
    shopper, payer, local, at_stripe, order, account, heading, button
):
    """The session of a debit that failed goes on saying complete, and unpaid."""
    go_to_checkout(shopper, order.id)
    payer.pay(only_session(at_stripe).id, account)
    local.advance(10 * DAY)
    shopper.open(way_back(only_session(at_stripe)))
    assert shopper.rows("h1") == [heading]
    assert shopper.rows("main a.button") == [button]


def test_who_was_declined_reads_that_nothing_was_taken(shopper, payer, at_stripe, order):
    go_to_checkout(shopper, order.id)
    with pytest.raises(stripe.CardError):
        payer.pay(only_session(at_stripe).id, DECLINED)
    shopper.open(way_back(only_session(at_stripe)))
    assert "Nothing was taken from you" in shopper.text


def test_a_paid_session_of_another_order_says_nothing_about_this_one(
    shopper, payer, at_stripe, session, order
):
    """A table for the price of a coat hook."""
    cheap = place_order(session, [6])
    go_to_checkout(shopper, cheap.id)
    payer.pay(only_session(at_stripe).id)
    back = way_back(only_session(at_stripe)).replace(cheap.id, order.id)
    assert shopper.open(back).status_code == 404
    assert status(session, order) == "pending"


def test_nobody_is_thanked_for_a_payment_that_only_refers_to_the_order(
    shopper, payer, at_stripe, order
):
    """As on a Payment Link, whose visitor writes the reference into its address."""
    hook = {"currency": "usd", "unit_amount": 900, "product_data": {"name": "Coat hook"}}
    params = {
        "mode": "payment",
        "line_items": [{"price_data": hook, "quantity": 1}],
        "client_reference_id": order.id,
        "success_url": "https://shop.example/",
    }
    other = at_stripe.v1.checkout.sessions.create(params)
    payer.pay(other.id)
    back = f"/shop/orders/{order.id}/checkout/success?session_id={other.id}"
    assert shopper.open(back).status_code == 404


@pytest.mark.parametrize(
    "session_id", ["", "cs_", "cs_test_unknown", "pi_1", "../account", "cs_test_1?expand[]=x", "é"]
)
def test_what_is_no_session_of_the_order_is_not_found(shopper, order, session_id):
    path = f"/shop/orders/{order.id}/checkout/success"
    response = shopper.client.get(path, query_string={"session_id": session_id})
    assert response.status_code == 404


def test_who_pressed_back_finds_the_order_as_it_was(shopper, at_stripe, session, order):
    go_to_checkout(shopper, order.id)
    shopper.open(urlsplit(only_session(at_stripe).cancel_url).path)
    assert shopper.path == f"/shop/orders/{order.id}/pay"
    assert shopper.rows(".message") == [
        "You have not paid. Your order is kept, with everything in it."
    ]
    assert shopper.rows(".lines h3") == ["Desk lamp", "Chair"]
    assert status(session, order) == "pending"


def test_who_goes_back_and_forth_finds_the_same_page_of_stripes(shopper, at_stripe, order):
    first = go_to_checkout(shopper, order.id).location
    shopper.open(urlsplit(only_session(at_stripe).cancel_url).path)
    assert go_to_checkout(shopper, order.id).location == first


def test_the_order_page_says_what_it_waits_for(shopper, order):
    shopper.open(f"/shop/orders/{order.id}")
    assert shopper.page.select("#waiting") == []
    go_to_checkout(shopper, order.id)
    shopper.open(f"/shop/orders/{order.id}")
    assert "we are waiting for Stripe to tell us" in shopper.text
    assert shopper.page.select("#waiting a")[0]["href"] == f"/shop/orders/{order.id}"


def test_a_paid_order_waits_for_nothing(shopper, payer, at_stripe, session, order):
    go_to_checkout(shopper, order.id)
    payer.pay(only_session(at_stripe).id)
    order.status = "paid"
    session.commit()
    shopper.open(way_back(only_session(at_stripe)))
    assert shopper.page.select("#waiting") == []
    shopper.open(f"/shop/orders/{order.id}")
    assert shopper.page.select("#waiting") == []


def test_who_presses_pay_while_a_debit_is_under_way_is_led_back_to_the_order(
    shopper, payer, at_stripe, order
):
    go_to_checkout(shopper, order.id)
    payer.pay(only_session(at_stripe).id, "pm_usBankAccount_success")
    shopper.open(f"/shop/orders/{order.id}/pay")
    response = shopper.pay("tok_visa")
    assert response.status_code == 409
    assert "another payment for it is under way" in shopper.text
    assert shopper.page.main.find("a")["href"] == f"/shop/orders/{order.id}"


# The bank asks first, on the shop's own pay page


@pytest.fixture
def asked(shopper, order, at_stripe):
    """A payment whose customer was sent to the bank."""
    shopper.open(f"/shop/orders/{order.id}/pay")
    path = shopper.path
    (form,) = shopper.page.select("form#pay")
    csrf_token = form.find("input", attrs={"name": "csrf_token"})["value"]
    response = shopper.client.post(path, data={"csrf_token": csrf_token, "token": BANK_ASKS})
    [intent] = at_stripe.v1.payment_intents.list().data
    assert response.status_code == 303
    assert response.location == intent.next_action.redirect_to_url.url
    return intent


def back_from_the_bank(intent):
    return urlsplit(intent.next_action.redirect_to_url.return_url).path


def test_who_answers_the_bank_has_paid(shopper, session, payer, at_stripe, order, asked):
    payer.answer(asked.id, "authenticated")
    shopper.open(back_from_the_bank(asked))
    assert shopper.path == f"/shop/orders/{order.id}"
    assert shopper.rows(".message") == ["Thank you. Your order is paid."]
    assert status(session, order) == "paid"


def test_who_fails_at_the_bank_can_try_again(shopper, session, payer, at_stripe, order, asked):
    payer.answer(asked.id, "failed")
    shopper.open(back_from_the_bank(asked))
    assert shopper.path == f"/shop/orders/{order.id}/pay"
    assert shopper.rows(".message")[0].startswith("Your bank could not make sure that it was you.")
    shopper.pay("tok_visa")
    assert status(session, order) == "paid"


def test_who_says_to_have_answered_and_has_not_is_asked_again(shopper, session, order, asked):
    shopper.open(back_from_the_bank(asked) + "?redirect_status=succeeded")
    assert shopper.rows(".message")[0].startswith("Your bank still waits for your answer.")
    assert status(session, order) == "pending"


def test_who_leaves_the_bank_alone_can_pay_with_another_card(shopper, session, order, asked):
    shopper.open(f"/shop/orders/{order.id}/pay")
    shopper.pay("tok_visa")
    assert status(session, order) == "paid"


def test_who_went_to_checkout_meanwhile_comes_back_from_the_bank_to_the_order(
    shopper, order, asked
):
    go_to_checkout(shopper, order.id)
    shopper.open(back_from_the_bank(asked))
    assert shopper.path == f"/shop/orders/{order.id}"
    assert shopper.rows(".status") == ["Not paid yet"]


def test_a_payment_that_the_address_names_is_not_the_orders(shopper, at_stripe, session, order):
    """`pi_…` in the address is what the browser says."""
    other = place_order(session, [1])
    shopper.open(f"/shop/orders/{other.id}/pay")
    shopper.pay("tok_visa")
    [paid] = at_stripe.v1.payment_intents.list().data
    shopper.open(f"/shop/orders/{order.id}/pay/return?payment_intent={paid.id}")
    assert session.get(Order, order.id, populate_existing=True).status == "pending"


def test_a_program_has_no_page_to_show_and_is_declined(client):
    response = client.post("/orders", json={"token": BANK_ASKS, "item_ids": [1]})
    assert response.status_code == 402
    assert response.json["message"].startswith("Your bank wants to ask you first.")
    assert response.json["order"]["status"] == "pending"
