"""The shop in a real browser, with a local Stripe: as a customer meets it."""

import json
import threading
from collections.abc import Callable, Iterator

import pytest
import stripe
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, FrameLocator, Page, expect
from werkzeug.serving import WSGIRequestHandler, make_server

from local_stripe import PUBLISHABLE_KEY, SECRET_KEY, LocalStripe, WallClock
from local_stripe.server import start
from local_stripe.transport import InProcess
from sample_app import create_app

GOOD, DECLINED = "4242424242424242", "4000000000000002"
DECLINE = "Your bank declined this card. Please try another card, or ask your bank."
PHONE = {"width": 390, "height": 844}
TABS = 40  # more than any page has stops


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def local() -> LocalStripe:
    return LocalStripe(clock=WallClock())


@pytest.fixture(scope="module")
def shop_url(local: LocalStripe, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A shop on a port of its own; a notebook on 127.0.0.1 may show it."""
    with start(local) as stripe_server:
        app = create_app(
            {
                "DATABASE_URL": f"sqlite:///{tmp_path_factory.mktemp('shop')}/shop.db",
                "SECRET_KEY": "for-tests",
                "STRIPE_HTTP_CLIENT": InProcess(local),
                "STRIPE_SECRET_KEY": SECRET_KEY,
                "STRIPE_PUBLISHABLE_KEY": PUBLISHABLE_KEY,
                "STRIPE_JS_URL": f"{stripe_server.url}/v3/",
                "FRAME_ANCESTORS": "http://127.0.0.1:*",
            }
        )
        app.test_cli_runner().invoke(args=["seed"], catch_exceptions=False)
        server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.port}"
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def taken(local: LocalStripe) -> Callable[[str], list[int]]:
    """What Stripe took for an order, charge by charge."""
    client = stripe.StripeClient(SECRET_KEY, http_client=InProcess(local))

    def charges(order_id: str) -> list[int]:
        intents = client.v1.payment_intents.list({"limit": 100}).data
        theirs = [intent for intent in intents if intent.metadata["order_id"] == order_id]
        return [intent.amount_received for intent in theirs if intent.amount_received]

    return charges


class Customer:
    """Somebody who shops."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, path: str) -> None:
        self.page.goto(self.url + path)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def sign_up(self, email: str) -> None:
        self.open("/sign-up")
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Password").fill("a short sentence")
        self.press("Make the account")
        expect(self.message).to_contain_text(f"You are signed in as {email}.")

    def fill_cart(self, *names: str) -> None:
        self.open("/")
        for name in names:
            self.press(f"Add {name} to the cart")
            expect(self.message).to_contain_text(f"{name} is in your cart.")

    def place_order(self, *names: str) -> str:
        """Order these; returns the order's id, and is at the pay page."""
        self.fill_cart(*names)
        self.open("/shop/cart")
        self.press("Place the order")
        expect(self.pay_button).to_be_enabled()
        return self.page.url.split("/")[-2]

    def type_card(self, number: str, expiry: str = "1240", cvc: str = "123") -> None:
        self.card.get_by_label("Credit or debit card number").fill(number)
        self.card.get_by_label("Expiration date").fill(expiry)
        self.card.get_by_label("Security code").fill(cvc)

    def pay(self, number: str) -> None:
        self.type_card(number)
        self.pay_button.click()

    def tab_to(self, name: str) -> None:
        """Press Tab until the stop of this name has the focus."""
        focused = "document.activeElement.textContent.replace(/\\s+/g, ' ').trim()"
        for _ in range(TABS):
            self.page.keyboard.press("Tab")
            if self.page.evaluate(focused) == name:
                return
        raise AssertionError(f"Tab never came to {name!r}")

    @property
    def card(self) -> FrameLocator:
        return self.page.frame_locator("#card iframe")

    @property
    def pay_button(self):
        return self.page.locator("#pay button")

    @property
    def message(self):
        return self.page.get_by_role("status")

    @property
    def problem(self):
        return self.page.get_by_role("alert")

    @property
    def status(self):
        return self.page.locator(".status")

    def _note(self, message) -> None:
        # A page that answers 402, 404 or 422 is reported by the browser, and is meant.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)


@pytest.fixture
def customer(page: Page, shop_url: str) -> Iterator[Customer]:
    """Whatever the test does, no page may run into an error or its own content policy."""
    customer = Customer(page, shop_url)
    yield customer
    assert customer.complaints == []


# Shopping


def test_a_customer_signs_up_fills_the_cart_pays_and_finds_the_order_again(customer, taken):
    customer.sign_up("ada@example.com")
    order_id = customer.place_order("Desk lamp", "Chair", "Chair")
    customer.pay(GOOD)
    expect(customer.message).to_contain_text("Thank you. Your order is paid.")
    expect(customer.status).to_have_text("Paid")
    assert taken(order_id) == [15800]

    customer.open("/shop/orders")
    expect(customer.page.locator(".history .what")).to_have_text("1x Desk lamp, 2x Chair")


def test_after_a_declined_card_a_good_one_pays_the_same_order(customer, taken):
    order_id = customer.place_order("Table")
    customer.pay(DECLINED)
    expect(customer.problem).to_have_text(DECLINE)
    assert taken(order_id) == []

    expect(customer.pay_button).to_be_enabled()
    customer.pay(GOOD)
    expect(customer.status).to_have_text("Paid")
    assert customer.page.url.endswith(order_id)
    assert taken(order_id) == [24900]


def test_a_double_click_pays_once(customer, taken):
    order_id = customer.place_order("Rug")
    posts = []
    customer.page.on("request", lambda sent: sent.method == "POST" and posts.append(sent.url))
    customer.type_card(GOOD)
    customer.pay_button.dblclick()
    expect(customer.status).to_have_text("Paid")
    assert [url for url in posts if url.startswith(customer.url)] == [
        f"{customer.url}/shop/orders/{order_id}/pay"
    ]
    assert taken(order_id) == [8900]


def test_enter_in_the_card_field_pays(customer):
    customer.place_order("Rug")
    customer.type_card(GOOD)
    customer.card.get_by_label("Security code").press("Enter")
    expect(customer.status).to_have_text("Paid")


def test_a_mistyped_number_is_told_at_once_and_sent_nowhere(customer):
    customer.place_order("Rug")
    customer.type_card("4242424242424241")
    expect(customer.problem).to_have_text("Your card number is invalid.")
    customer.pay_button.click()
    expect(customer.pay_button).to_be_enabled()
    expect(customer.page).to_have_url(f"{customer.page.url}")
    customer.type_card(GOOD)
    expect(customer.problem).to_be_empty()


def test_going_back_after_paying_shows_the_paid_order(customer):
    order_id = customer.place_order("Mirror")
    customer.pay(GOOD)
    expect(customer.status).to_have_text("Paid")
    customer.page.go_back()
    expect(customer.page).to_have_url(f"{customer.url}/shop/orders/{order_id}")
    expect(customer.status).to_have_text("Paid")


# The card's number


def test_the_shops_own_scripts_cannot_read_the_card_number(customer):
    customer.place_order("Chair")
    customer.type_card(GOOD)
    assert customer.page.evaluate("document.querySelector('#card iframe').contentDocument") is None
    read = """() => {
        try { return document.querySelector("#card iframe").contentWindow.document.body.innerHTML }
        catch (error) { return error.name }
    }"""
    assert customer.page.evaluate(read) == "SecurityError"
    assert "4242" not in customer.page.evaluate("document.getElementById('pay').innerText").replace(
        "4242 4242 4242 4242",
        "",  # the test card that the page itself names
    )


def test_the_card_number_never_travels_to_the_shop_only_a_token_does(customer):
    customer.place_order("Chair")
    requests = []
    customer.page.on("request", requests.append)
    customer.pay(GOOD)
    expect(customer.status).to_have_text("Paid")
    to_shop = [f"{sent.url} {sent.post_data}" for sent in requests if customer.url in sent.url]
    assert GOOD not in "".join(to_shop)
    assert [text for text in to_shop if "token=tok_" in text]


# When something is missing


def test_without_stripes_script_the_page_says_so(customer):
    customer.page.route("**/v3/", lambda route: route.abort())
    customer.fill_cart("Chair")
    customer.open("/shop/cart")
    customer.press("Place the order")
    expect(customer.problem).to_contain_text("The card field did not load.")
    expect(customer.pay_button).to_be_disabled()


def test_without_scripts_everything_works_but_paying_and_the_page_says_so(browser, shop_url):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(shop_url)
    page.get_by_role("button", name="Add Chair to the cart").click()
    page.get_by_role("link", name="See the cart").click()
    page.get_by_role("button", name="Place the order").click()
    expect(page.get_by_text("Paying needs JavaScript")).to_be_visible()
    expect(page.locator("#pay button")).to_be_hidden()
    context.close()


# Keyboard, screen reader, phone


def test_everything_can_be_done_with_the_keyboard(customer):
    press = customer.page.keyboard.press
    customer.open("/")
    press("Tab")
    expect(customer.page.get_by_role("link", name="Skip to the content")).to_be_focused()
    press("Enter")
    customer.tab_to("Add Desk lamp to the cart")
    press("Enter")
    expect(customer.message).to_contain_text("Desk lamp is in your cart.")
    customer.page.goto(customer.url)
    customer.tab_to("Cart 1 in it")
    press("Enter")
    customer.tab_to("Place the order")
    press("Enter")
    expect(customer.pay_button).to_be_enabled()
    customer.page.get_by_role("link", name="Skip to the content").focus()
    press("Enter")
    press("Tab")
    expect(customer.card.get_by_label("Credit or debit card number")).to_be_focused()
    customer.page.keyboard.type(f"{GOOD}1240123")
    customer.tab_to("Pay $39.00")
    press("Enter")
    expect(customer.status).to_have_text("Paid")


def test_what_has_the_focus_is_seen(customer):
    customer.open("/")
    customer.tab_to("Add Desk lamp to the cart")
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert customer.page.evaluate(outline) == "solid"


def test_the_label_of_the_card_leads_into_the_field(customer):
    customer.place_order("Chair")
    customer.page.get_by_text("Card", exact=True).click()
    expect(customer.card.get_by_label("Credit or debit card number")).to_be_focused()


def the_catalogue(customer: Customer) -> None:
    customer.fill_cart("Chair")


def an_empty_cart(customer: Customer) -> None:
    customer.open("/shop/cart")


def a_full_cart(customer: Customer) -> None:
    customer.fill_cart("Desk lamp", "Table")
    customer.open("/shop/cart")


def a_refused_sign_up(customer: Customer) -> None:
    customer.open("/sign-up")
    customer.press("Make the account")


def a_refused_sign_in(customer: Customer) -> None:
    customer.open("/shop/orders")
    customer.page.get_by_label("E-mail").fill("nobody@example.com")
    customer.page.get_by_label("Password").fill("not the password")
    customer.press("Sign in")


def the_card_form(customer: Customer) -> None:
    customer.place_order("Table", "Chair")


def a_declined_card(customer: Customer) -> None:
    customer.place_order("Table")
    customer.pay(DECLINED)
    expect(customer.problem).to_have_text(DECLINE)
    expect(customer.pay_button).to_be_enabled()


def a_paid_order(customer: Customer) -> None:
    customer.place_order("Bookshelf")
    customer.pay(GOOD)
    expect(customer.status).to_have_text("Paid")


def an_order_to_pay(customer: Customer) -> None:
    order_id = customer.place_order("Bookshelf")
    customer.open(f"/shop/orders/{order_id}")


def a_new_history(customer: Customer) -> None:
    customer.sign_up(f"{id(customer)}@example.com")
    customer.open("/shop/orders")


def a_long_history(customer: Customer) -> None:
    customer.sign_up(f"{id(customer)}@example.com")
    customer.place_order("Desk lamp", "Table", "Bookshelf", "Rug", "Chair")
    customer.place_order("Mirror")
    customer.open("/shop/orders?limit=1")
    customer.page.get_by_role("link", name="Older orders").click()


def nothing_there(customer: Customer) -> None:
    customer.open("/nothing")


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
    a_new_history,
    a_long_history,
    nothing_there,
]
every_place = pytest.mark.parametrize("go_to", PLACES, ids=lambda place: place.__name__)


@every_place
def test_every_page_is_accessible_in_light_and_dark(customer, go_to):
    go_to(customer)
    assert serious_findings(customer.page) == []
    customer.page.emulate_media(color_scheme="dark")
    assert serious_findings(customer.page) == []


@every_place
def test_no_page_scrolls_sideways_on_a_phone(customer, go_to):
    customer.page.set_viewport_size(PHONE)
    go_to(customer)
    width = customer.page.evaluate("document.documentElement.scrollWidth")
    assert width == PHONE["width"]


def serious_findings(page: Page) -> list[str]:
    violations = Axe().run(page).response["violations"]
    return [
        json.dumps({"rule": found["id"], "nodes": [node["html"] for node in found["nodes"]]})
        for found in violations
        if found["impact"] in {"serious", "critical"}
    ]


# In a notebook


def framed(page: Page, notebook: str, shop_url: str) -> FrameLocator:
    """A page at the address `notebook` that shows the shop in a frame."""
    html = f'<!doctype html><title>Notebook</title><iframe src="{shop_url}/sign-up"></iframe>'
    page.route(notebook, lambda route: route.fulfill(content_type="text/html", body=html))
    page.goto(notebook)
    return page.frame_locator("iframe")


def test_a_customer_signs_up_in_the_frame_of_a_notebook(browser: Browser, page, shop_url):
    shop = framed(page, "http://127.0.0.1:8888/lab", shop_url)
    shop.get_by_label("E-mail").fill("framed@example.com")
    shop.get_by_label("Password").fill("a short sentence")
    shop.get_by_role("button", name="Make the account").click()
    expect(shop.get_by_role("status")).to_contain_text("You are signed in as framed@example.com.")


def test_no_other_site_can_show_the_shop_in_a_frame(page, shop_url):
    shop = framed(page, "http://other.example/", shop_url)
    expect(shop.get_by_label("E-mail")).to_have_count(0)
    assert page.frames[1].url.startswith("chrome-error:")
