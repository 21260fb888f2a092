"""The shop in a real browser, with a local Stripe: as a customer meets it."""

import json
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from werkzeug import Response

from local_stripe import LocalStripe
from sample_app.database import db
from sample_app.models import Customer
from sample_app.orders import place_order
from tests.browser.payer import DECLINED, GOOD
from tests.browser.shopper import Shopper, new_order, served, taken_for

DECLINE = "Your bank declined this card. Please try another card, or ask your bank."
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def taken(local: LocalStripe) -> Callable[[str], list[int]]:
    return partial(taken_for, local)


@pytest.fixture
def shopper(page: Page, shop_url: str) -> Iterator[Shopper]:
    """Whatever the test does, no page may run into an error or its own content policy."""
    shopper = Shopper(page, shop_url)
    yield shopper
    assert shopper.complaints == []


# Shopping


def test_a_customer_signs_up_fills_the_cart_pays_and_finds_the_order_again(shopper, taken):
    shopper.sign_up("ada@example.com")
    shopper.add("Desk lamp")
    shopper.add("Chair")
    shopper.page.get_by_role("link", name="See the cart").click()
    shopper.page.get_by_label("Chair: Quantity").fill("2")
    shopper.press("Update Chair")
    shopper.press("Place the order")
    expect(shopper.pay_button).to_have_text("Pay $158.00")
    order_id = shopper.page.url.split("/")[-2]
    shopper.pay(GOOD)
    expect(shopper.message).to_have_text("Thank you. Your order is paid.")
    expect(shopper.status).to_have_text("Paid")
    assert taken(order_id) == [15800]

    shopper.page.get_by_role("link", name="Orders").click()
    expect(shopper.page.locator(".history .what")).to_have_text("1x Desk lamp, 2x Chair")


def test_after_a_declined_card_a_good_one_pays_the_same_order(shopper, order_id, taken):
    shopper.open_card_form(order_id)
    shopper.pay(DECLINED)
    expect(shopper.problem).to_have_text(DECLINE)
    assert taken(order_id) == []

    shopper.pay(GOOD)
    expect(shopper.status).to_have_text("Paid")
    assert shopper.page.url.endswith(order_id)
    assert taken(order_id) == [8900]


def test_a_double_click_pays_once(shopper, order_id, taken):
    shopper.open_card_form(order_id)
    shopper.type_card(GOOD)
    with shopper.requests() as sent:
        shopper.pay_button.dblclick()
        expect(shopper.status).to_have_text("Paid")
    posts = [request.url for request in sent if request.method == "POST"]
    assert posts.count(f"{shopper.url}/shop/orders/{order_id}/pay") == 1
    assert taken(order_id) == [8900]


def test_enter_in_the_card_field_pays(shopper, order_id):
    shopper.open_card_form(order_id)
    shopper.type_card(GOOD)
    shopper.card.get_by_label("Security code").press("Enter")
    expect(shopper.status).to_have_text("Paid")


def test_a_mistyped_number_is_told_at_once_and_never_sent(shopper, order_id):
    shopper.open_card_form(order_id)
    with shopper.requests() as sent:
        shopper.type_card("4242424242424241")
        expect(shopper.problem).to_have_text("Your card number is invalid.")
        shopper.pay_button.click()
        expect(shopper.card.get_by_label("Credit or debit card number")).to_be_focused()
    assert sent == []
    shopper.type_card(GOOD)
    expect(shopper.problem).to_be_hidden()


def test_going_back_after_paying_shows_the_paid_order(shopper, order_id):
    shopper.open_card_form(order_id)
    shopper.pay(GOOD)
    expect(shopper.status).to_have_text("Paid")
    shopper.page.go_back()
    expect(shopper.page).to_have_url(f"{shopper.url}/shop/orders/{order_id}")
    expect(shopper.status).to_have_text("Paid")


# The card's number


def test_the_shops_own_scripts_cannot_read_the_card_number(shopper, order_id):
    shopper.open_card_form(order_id)
    shopper.type_card(GOOD)
    frame = "document.querySelector('#card iframe')"
    assert shopper.page.evaluate(f"{frame}.contentDocument") is None
    assert shopper.page.evaluate(f"() => {{ {TRY_TO_READ} }}") == "SecurityError"


TRY_TO_READ = """
    try { return document.querySelector("#card iframe").contentWindow.document.body.innerHTML }
    catch (error) { return error.name }
"""


def test_the_shop_is_sent_a_token_and_never_the_card_number(shopper, order_id):
    shopper.open_card_form(order_id)
    with shopper.requests() as sent:
        shopper.pay(GOOD)
        expect(shopper.status).to_have_text("Paid")
    to_shop = [
        f"{request.url} {request.post_data}" for request in sent if shopper.url in request.url
    ]
    assert "token=tok_" in "".join(to_shop)
    assert GOOD not in "".join(to_shop)


# When something is missing


def test_without_stripes_script_the_page_says_so(page, shop_url, order_id):
    page.route("**/v3/", lambda route: route.abort())
    page.goto(f"{shop_url}/shop/orders/{order_id}/pay")
    expect(page.get_by_role("alert")).to_contain_text("The card field did not load.")
    expect(page.locator("#pay button")).to_be_disabled()


def test_without_scripts_everything_works_but_paying_and_the_page_says_so(browser, shop_url):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(shop_url)
    page.get_by_role("button", name="Add Chair to the cart").click()
    page.get_by_role("link", name="See the cart").click()
    page.get_by_role("button", name="Place the order").click()
    expect(page.locator("noscript p")).to_be_visible()
    expect(page.locator("noscript p")).to_contain_text("Paying needs JavaScript")
    expect(page.locator("#pay button")).to_be_hidden()
    context.close()


# Keyboard, screen reader, phone


def test_everything_can_be_done_with_the_keyboard(shopper):
    press = shopper.page.keyboard.press
    shopper.open("/")
    press("Tab")
    expect(shopper.page.get_by_role("link", name="Skip to the content")).to_be_focused()
    press("Enter")
    shopper.tab_to("Add Desk lamp to the cart")
    press("Enter")
    expect(shopper.message).to_contain_text("Desk lamp is in your cart.")
    shopper.open("/")
    shopper.tab_to("Cart 1 in it")
    press("Enter")
    expect(shopper.page.get_by_role("button", name="Place the order")).to_be_visible()
    shopper.tab_to("Place the order")
    press("Enter")
    expect(shopper.pay_button).to_be_enabled()
    shopper.tab_to("Sign in")
    press("Tab")
    expect(shopper.card.get_by_label("Credit or debit card number")).to_be_focused()
    shopper.page.keyboard.type(f"{GOOD}1240123")
    shopper.tab_to("Pay $39.00")
    press("Enter")
    expect(shopper.status).to_have_text("Paid")


def test_what_has_the_focus_is_seen(shopper):
    shopper.open("/")
    shopper.tab_to("Add Desk lamp to the cart")
    assert shopper.page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "3px"


def test_the_label_of_the_card_leads_into_its_field(shopper, order_id):
    shopper.open_card_form(order_id)
    shopper.page.get_by_text("Card", exact=True).click()
    expect(shopper.card.get_by_label("Credit or debit card number")).to_be_focused()


def the_catalogue(shopper: Shopper, app: Flask) -> None:
    shopper.open("/")
    shopper.add("Chair")


def an_empty_cart(shopper: Shopper, app: Flask) -> None:
    shopper.page.context.clear_cookies()
    shopper.open("/shop/cart")


def a_full_cart(shopper: Shopper, app: Flask) -> None:
    shopper.open("/")
    shopper.add("Desk lamp")
    shopper.add("Table")
    shopper.open("/shop/cart")


def a_refused_sign_up(shopper: Shopper, app: Flask) -> None:
    shopper.open("/sign-up")
    shopper.press("Make the account")


def a_refused_sign_in(shopper: Shopper, app: Flask) -> None:
    shopper.open("/shop/orders")
    shopper.page.get_by_label("E-mail").fill("nobody@example.com")
    shopper.page.get_by_label("Password").fill("not the password")
    shopper.press("Sign in")


def the_card_form(shopper: Shopper, app: Flask) -> None:
    shopper.open_card_form(new_order(app, [1, 2, 5, 5]))


def a_declined_card(shopper: Shopper, app: Flask) -> None:
    the_card_form(shopper, app)
    shopper.pay(DECLINED)
    expect(shopper.problem).to_have_text(DECLINE)


def an_order_to_pay(shopper: Shopper, app: Flask) -> None:
    shopper.open(f"/shop/orders/{new_order(app, [1, 2, 5, 5])}")


def a_paid_order(shopper: Shopper, app: Flask) -> None:
    the_card_form(shopper, app)
    shopper.pay(GOOD)
    expect(shopper.status).to_have_text("Paid")


def an_empty_history(shopper: Shopper, app: Flask) -> None:
    shopper.page.context.clear_cookies()
    shopper.sign_up("bob@example.com")
    shopper.open("/shop/orders")


def a_long_history(shopper: Shopper, app: Flask) -> None:
    shopper.page.context.clear_cookies()
    shopper.sign_up("cleo@example.com")
    with app.app_context():
        cleo = db.session.scalar(select(Customer).where(Customer.email == "cleo@example.com"))
        place_order(db.session, [8], cleo)
        place_order(db.session, [1, 2, 3, 4, 5, 5], cleo)
        place_order(db.session, [7], cleo)
    shopper.open("/shop/orders?limit=1")
    shopper.page.get_by_role("link", name="Older orders").click()
    expect(shopper.page.get_by_role("link", name="Newest orders")).to_be_visible()


def nothing_there(shopper: Shopper, app: Flask) -> None:
    shopper.open("/nothing")


PLACES = [
    the_catalogue,
    an_empty_cart,
    a_full_cart,
    a_refused_sign_up,
    a_refused_sign_in,
    the_card_form,
    a_declined_card,
    an_order_to_pay,
    a_paid_order,
    an_empty_history,
    a_long_history,
    nothing_there,
]


@pytest.fixture(scope="module")
def visitor(browser: Browser, shop_url: str) -> Iterator[Shopper]:
    context = browser.new_context()
    context.set_default_timeout(10_000)
    yield Shopper(context.new_page(), shop_url)
    context.close()


@pytest.fixture(scope="module", params=PLACES, ids=lambda go_to: go_to.__name__)
def place(request: pytest.FixtureRequest, visitor: Shopper, app: Flask) -> Page:
    """A page of the shop, in each of its states; it is opened once for all that is asked of it."""
    request.param(visitor, app)
    return visitor.page


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_every_page_is_accessible(place, color_scheme):
    place.set_viewport_size(DESK)
    place.emulate_media(color_scheme=color_scheme)
    violations = Axe().run(place).response["violations"]
    serious = [found for found in violations if found["impact"] in {"serious", "critical"}]
    assert not serious, json.dumps(serious, indent=1)


def test_no_page_scrolls_sideways_on_a_phone(place):
    place.set_viewport_size(PHONE)
    assert place.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


# In a notebook


@pytest.fixture(scope="module")
def notebook_port(shop_url: str) -> Iterator[int]:
    """A page that shows the shop in a frame."""
    html = f'<!doctype html><title>Notebook</title><iframe src="{shop_url}/sign-up"></iframe>'
    with served(Response(html, mimetype="text/html")) as port:
        yield port


def test_a_customer_signs_up_in_the_frame_of_a_notebook(page, notebook_port):
    page.goto(f"http://127.0.0.1:{notebook_port}/")
    shop = page.frame_locator("iframe")
    shop.get_by_label("E-mail").fill("dora@example.com")
    shop.get_by_label("Password").fill("a short sentence")
    shop.get_by_role("button", name="Make the account").click()
    expect(shop.get_by_role("status")).to_contain_text("You are signed in as dora@example.com.")


def test_a_page_of_another_site_cannot_show_the_shop(page, notebook_port):
    with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        page.goto(f"http://localhost:{notebook_port}/")
