"""The pay page with the Payment Element: the page confirms; the shop decides what, and for whom."""

import pytest
import stripe

from local_stripe import PUBLISHABLE_KEY, SECRET_KEY
from local_stripe.transport import InProcess
from tests.sample_app.calls import keys
from tests.sample_app.payer import Payer
from tests.sample_app.shopper import signed_in


@pytest.fixture
def at_stripe(local):
    return stripe.StripeClient(SECRET_KEY, http_client=InProcess(local))


@pytest.fixture
def page(local):
    """Stripe.js in the page, with the publishable key."""
    return stripe.StripeClient(PUBLISHABLE_KEY, http_client=InProcess(local))


@pytest.fixture
def ada(app, session):
    return signed_in(app, session, "ada@example.com")


def press_pay(shopper, order_id):
    """What the page's script gets for the form."""
    shopper.open(f"/shop/orders/{order_id}/pay/element")
    (form,) = shopper.page.select("form#pay")
    fields = {field["name"]: field["value"] for field in form.find_all("input")}
    return shopper.client.post(f"/shop/orders/{order_id}/pay/element", data=fields)


def confirm(page, secret, payment_method="pm_card_visa"):
    path = f"/v1/payment_intents/{secret.partition('_secret_')[0]}/confirm"
    page.raw_request("post", path, client_secret=secret, payment_method=payment_method)


def come_back(shopper, order_id):
    shopper.open(f"/shop/orders/{order_id}/pay/return")


def status(session, order):
    session.refresh(order)
    return order.status


def test_the_page_holds_no_field_for_a_card(shopper, order):
    shopper.open(f"/shop/orders/{order.id}/pay/element")
    (form,) = shopper.page.select("form#pay")
    assert [field["name"] for field in form.find_all("input")] == ["csrf_token"]
    assert (form["data-amount"], form["data-currency"]) == ("15800", "usd")


def test_the_page_may_confirm_the_orders_own_payment(shopper, at_stripe, order):
    secret = press_pay(shopper, order.id).json["client_secret"]
    [intent] = at_stripe.v1.payment_intents.list().data
    assert intent.client_secret == secret
    assert (intent.amount, intent.metadata["order_id"]) == (15800, order.id)


def test_pressed_twice_it_is_the_same_payment(shopper, at_stripe, order):
    first = press_pay(shopper, order.id).json
    assert press_pay(shopper, order.id).json == first
    assert len(at_stripe.v1.payment_intents.list().data) == 1


def test_who_paid_in_the_page_has_paid(shopper, page, session, order):
    confirm(page, press_pay(shopper, order.id).json["client_secret"])
    assert status(session, order) == "pending"
    come_back(shopper, order.id)
    assert shopper.rows(".message") == ["Thank you. Your order is paid."]
    assert status(session, order) == "paid"


def test_who_was_declined_in_the_page_can_try_again(shopper, page, session, order):
    secret = press_pay(shopper, order.id).json["client_secret"]
    with pytest.raises(stripe.CardError):
        confirm(page, secret, "pm_card_visa_chargeDeclined")
    come_back(shopper, order.id)
    assert shopper.rows(".message")[0].startswith("Your bank declined this card.")
    confirm(page, press_pay(shopper, order.id).json["client_secret"])
    come_back(shopper, order.id)
    assert status(session, order) == "paid"


def test_nobody_gets_the_secret_of_a_customers_payment(ada, shopper, order):
    path = ada.place_order("Chair")
    assert shopper.open(f"{path}/pay/element").status_code == 404
    shopper.open(f"/shop/orders/{order.id}/pay/element")
    _, fields = shopper.form("Pay $158.00")
    assert shopper.client.post(f"{path}/pay/element", data=fields).status_code == 404


def test_a_paid_order_has_no_secret_to_give(shopper, order):
    shopper.open(f"/shop/orders/{order.id}/pay/element")
    _, fields = shopper.form("Pay $158.00")
    shopper.open(f"/shop/orders/{order.id}/pay")
    shopper.pay("tok_visa")
    path = f"/shop/orders/{order.id}/pay/element"
    assert shopper.client.post(path, data=fields).status_code == 409
    shopper.open(path)
    assert shopper.path == f"/shop/orders/{order.id}"


def test_who_pays_in_the_page_cannot_pay_at_checkout_as_well(shopper, local, at_stripe, order):
    shopper.open(f"/shop/orders/{order.id}/pay")
    path, fields = shopper.form("Check out on Stripe's page")
    shopper.client.post(path, data=fields)
    press_pay(shopper, order.id)
    [session] = at_stripe.v1.checkout.sessions.list().data
    assert session.status == "expired"
    with pytest.raises(stripe.InvalidRequestError):
        Payer(local).pay(session.id)


def test_who_goes_to_checkout_cannot_pay_in_the_page_as_well(shopper, page, order):
    secret = press_pay(shopper, order.id).json["client_secret"]
    shopper.open(f"/shop/orders/{order.id}/pay")
    path, fields = shopper.form("Check out on Stripe's page")
    shopper.client.post(path, data=fields)
    with pytest.raises(stripe.InvalidRequestError):
        confirm(page, secret)


def test_after_an_error_of_stripes_the_next_click_works(shopper, app, local, order):
    local.faults.inject("server_error", "*/payment_intents")
    assert press_pay(shopper, order.id).status_code == 503
    assert press_pay(shopper, order.id).status_code == 200
    first, second = keys(local, "/payment_intents")
    assert first != second
