"""Stripe.js and its card field, in a shop's page, as a customer meets them."""

from collections.abc import Iterator
from typing import Any

import pytest
import stripe
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, FrameLocator, Page, Route, expect

from local_stripe import PUBLISHABLE_KEY
from tests.browser.served import served

SHOP = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Pay</title><script src="{stripe_js}"></script></head>
<body>
  <main>
    <h1>Pay</h1>
    <form><label for="card">Card</label><div id="card"></div><button>Pay $39.00</button></form>
  </main>
  <script>
    const stripe = Stripe("{key}");
    const elements = stripe.elements();
    const events = [];
    let card, result, submits = 0;
    document.forms[0].addEventListener("submit", (event) => {{
      event.preventDefault();
      submits += 1;
    }});

    function mount(options) {{
      card = elements.create("card", options);
      const ready = new Promise((resolve) => card.on("ready", resolve));
      for (const name of ["ready", "change", "focus", "blur"]) {{
        card.on(name, (event) => events.push([name, event]));
      }}
      card.mount("#card");
      return ready.then(() => null);
    }}
  </script>
</body>
</html>
"""

GOOD = {"number": "4242424242424242", "expiry": "1234", "code": "123"}
LABELS = {
    "number": "card number",
    "expiry": "Expiration",
    "code": "Security code",
    "zip": "Postal code",
}


class Checkout:
    """The shop's page with a card field in it."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        page.goto(url)

    def mount(self, **options: object) -> None:
        self.page.evaluate("options => mount(options)", options)

    @property
    def frame(self) -> FrameLocator:
        return self.page.frame_locator("iframe")

    def field(self, name: str):
        return self.frame.get_by_label(LABELS[name])

    def type(self, **fields: str) -> None:
        """Type into the fields by name, a key at a time."""
        for name, text in fields.items():
            self.field(name).click()
            self.page.keyboard.type(text)

    def create_token(self, data: dict[str, Any] | None = None) -> dict[str, Any]:
        return self.page.evaluate("data => stripe.createToken(card, data)", data or {})

    def last_change(self) -> dict[str, Any]:
        return self.page.evaluate("events.findLast(([name]) => name === 'change')[1]")

    def wait_for(self, condition: str) -> None:
        self.page.wait_for_function(condition)


@pytest.fixture(scope="module")
def shop_url(stripe_url: str) -> Iterator[str]:
    """A shop on a port of its own, hence of another origin than the local Stripe."""
    pages = {
        "/": SHOP.format(stripe_js=f"{stripe_url}/v3/", key=PUBLISHABLE_KEY),
        "/proxied": SHOP.format(stripe_js="/proxy/12111/v3/", key=PUBLISHABLE_KEY),
    }
    with served(pages) as url:
        yield url


@pytest.fixture(scope="module")
def shop_page(browser: Browser, shop_url: str) -> Iterator[Page]:
    """The shop's page, for tests that leave nothing in it."""
    with browser.new_page() as page:
        page.goto(shop_url)
        yield page


@pytest.fixture
def checkout(page: Page, shop_url: str) -> Checkout:
    return Checkout(page, shop_url)


def test_a_token_shows_the_brand_and_the_last_digits(
    checkout: Checkout, client: stripe.StripeClient
):
    checkout.mount()
    checkout.type(**GOOD, zip="94107")

    token = checkout.create_token({"name": "Jenny Rosen"})["token"]

    card = token["card"]
    assert (card["brand"], card["last4"]) == ("Visa", "4242")
    assert (card["exp_month"], card["exp_year"]) == (12, 2034)
    assert (card["name"], card["address_zip"]) == ("Jenny Rosen", "94107")
    assert client.v1.tokens.retrieve(token["id"]).card.last4 == "4242"


def test_a_payment_method_has_the_billing_details_of_the_page(checkout: Checkout):
    checkout.mount()
    checkout.type(number="5555555555554444", expiry="0140", code="123", zip="94107")

    result = checkout.page.evaluate(
        """stripe.createPaymentMethod({
             type: "card", card, billing_details: {name: "Jenny Rosen", address: {country: "US"}},
           })"""
    )

    method = result["paymentMethod"]
    assert method["object"] == "payment_method"
    assert (method["card"]["brand"], method["card"]["last4"]) == ("mastercard", "4444")
    assert method["billing_details"]["name"] == "Jenny Rosen"
    assert method["billing_details"]["address"]["postal_code"] == "94107"
    assert method["billing_details"]["address"]["country"] == "US"


def test_the_page_hears_of_brand_and_completeness(checkout: Checkout):
    checkout.mount(hidePostalCode=True)
    checkout.type(number="378282246310005", expiry="1234")
    checkout.wait_for("events.at(-1)[1].brand === 'amex' && !events.at(-1)[1].complete")

    checkout.type(code="1234")
    checkout.wait_for("events.at(-1)[1].complete")

    assert checkout.last_change() == {
        "elementType": "card",
        "brand": "amex",
        "complete": True,
        "empty": False,
        "error": None,
        "value": {"postalCode": ""},
    }
    assert checkout.page.locator("#card").get_attribute("class") == (
        "StripeElement StripeElement--focus StripeElement--complete"
    )


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ({"number": "42424242"}, "incomplete_number"),
        (GOOD | {"expiry": "1220"}, "invalid_expiry_year_past"),
        (GOOD, "incomplete_zip"),
    ],
)
def test_what_is_wrong_with_a_card_is_said_by_its_code(
    checkout: Checkout, typed: dict[str, str], code: str
):
    checkout.mount()
    checkout.type(**typed)

    error = checkout.create_token()["error"]

    assert (error["type"], error["code"]) == ("validation_error", code)
    assert error["message"].startswith(("Your card", "Your postal code"))
    checkout.wait_for("document.querySelector('#card').matches('.StripeElement--invalid')")
    assert checkout.last_change()["error"] == error


def test_a_wrong_number_is_said_while_typing_and_an_unfinished_one_on_leaving(checkout: Checkout):
    checkout.mount()
    checkout.type(number="4242424242424241")
    checkout.wait_for("events.at(-1)[1].error?.code === 'invalid_number'")

    checkout.page.keyboard.press("Backspace")
    checkout.wait_for("events.at(-1)[1].error === undefined")

    checkout.field("code").click()
    checkout.wait_for("events.at(-1)[1].error?.code === 'incomplete_number'")
    expect(checkout.field("number")).to_have_attribute("aria-invalid", "true")
    expect(checkout.field("number")).to_have_accessible_description(
        "Your card number is incomplete."
    )


def test_what_the_api_refuses_comes_back_as_its_error(checkout: Checkout):
    checkout.mount(hidePostalCode=True)
    checkout.type(**GOOD | {"number": "4111111111111111"})

    error = checkout.create_token()["error"]

    assert (error["type"], error["code"]) == ("card_error", "card_declined")


def test_a_customer_can_pay_with_the_keyboard_alone(checkout: Checkout):
    checkout.mount()
    keyboard = checkout.page.keyboard
    keyboard.press("Tab")
    keyboard.type("4242424242424242" + "1234" + "123" + "94107")
    keyboard.press("Enter")

    checkout.wait_for("submits === 1")
    assert checkout.create_token()["token"]["card"]["last4"] == "4242"
    keyboard.press("Tab")
    expect(checkout.page.get_by_role("button")).to_be_focused()
    keyboard.press("Shift+Tab")
    expect(checkout.field("zip")).to_be_focused()


def test_backspace_in_an_empty_field_goes_back(checkout: Checkout):
    checkout.mount()
    checkout.type(number="4242424242424242")
    expect(checkout.field("expiry")).to_be_focused()

    checkout.page.keyboard.press("Backspace")
    checkout.page.keyboard.press("Backspace")

    expect(checkout.field("number")).to_have_value("4242 4242 4242 424")


def test_a_pasted_card_is_formatted(checkout: Checkout):
    checkout.mount()
    checkout.field("number").fill("378282246310005")
    checkout.field("expiry").fill("12/2034")

    expect(checkout.field("number")).to_have_value("3782 822463 10005")
    expect(checkout.field("expiry")).to_have_value("12 / 34")


def test_a_digit_in_the_middle_can_be_mended(checkout: Checkout):
    checkout.mount()
    checkout.type(number="4242 5242 4242")
    press = checkout.page.keyboard.press
    press("Home")
    [press("ArrowRight") for _ in range(6)]
    press("Backspace")
    press("4")
    press("End")
    checkout.page.keyboard.type("4242")

    expect(checkout.field("number")).to_have_value("4242 4242 4242 4242")


def test_the_page_cannot_read_the_card(page: Page, shop_url: str):
    """Not through the frame, nor the document, nor the messages, nor the requests it makes."""
    page.add_init_script(
        """window.overheard = [];
           const listen = ({data}) => overheard.push(JSON.stringify(data));
           addEventListener("message", listen, true);
           const Channel = window.MessageChannel;
           window.MessageChannel = function () {
             const channel = new Channel();
             channel.port1.addEventListener("message", listen);
             return channel;
           };"""
    )
    requests = []
    page.on(
        "request", lambda request: requests.append((request.frame, request.url, request.post_data))
    )
    checkout = Checkout(page, shop_url)
    checkout.mount(hidePostalCode=True)
    checkout.type(**GOOD)

    assert checkout.create_token()["token"]["card"]["last4"] == "4242"

    with pytest.raises(Error, match="cross-origin"):
        page.evaluate("frames[0].document.querySelector('input').value")
    assert page.evaluate("document.querySelector('iframe').contentDocument") is None
    assert page.evaluate("overheard.length") > 3
    seen = page.content() + page.evaluate("overheard.join() + JSON.stringify(events)")
    assert "4242424242" not in seen.replace(" ", "")
    carriers = [frame for frame, *texts in requests if "4242424242" in f"{texts}"]
    assert [frame.name or frame.url for frame in carriers] == [page.frames[1].url]


def test_only_the_page_around_it_can_speak_to_the_card_field(checkout: Checkout, stripe_url: str):
    """A message that does not come from the page named in the frame's address is not heard."""
    checkout.page.evaluate(
        """url => new Promise((resolve) => {
             const frame = document.createElement("iframe");
             frame.src = `${url}/v3/card#https://another.example`;
             frame.onload = resolve;
             document.body.append(frame);
           })""",
        stripe_url,
    )
    answered = checkout.page.evaluate(
        """url => {
             const {port1, port2} = new MessageChannel();
             const answer = new Promise((resolve) => { port1.onmessage = () => resolve(true); });
             const silence = new Promise((resolve) => setTimeout(resolve, 300, false));
             frames[0].postMessage({}, url, [port2]);
             return Promise.race([answer, silence]);
           }""",
        stripe_url,
    )

    assert answered is False


@pytest.mark.parametrize(
    ("expression", "name"),
    [
        ("stripe.handleCardAction('secret')", "stripe.handleCardAction"),
        ("stripe.confirmCardPayment('pi_1_secret', {save: true})", "save"),
        ("stripe.confirmPayment({confirmParams: {mandate: 1}})", "mandate"),
        ("stripe.createConfirmationToken({params: {}})", "without elements"),
        ("stripe.redirectToCheckout({})", "stripe.redirectToCheckout"),
        ("stripe.elements({clientSecret: 'pi_1_secret', fonts: []})", "fonts"),
        ("stripe.elements({mode: 'payment', appearance: {theme: 'flat'}})", 'theme "flat"'),
        ("stripe.elements({locale: 'tlh'})", 'locale "tlh"'),
        ("elements.create('address')", 'elements.create("address")'),
        ("elements.fetchUpdates()", "elements.fetchUpdates"),
        ("elements.create('card', {iconStyle: 'solid'})", "iconStyle"),
        ("elements.create('card', {style: {complete: {}}})", "complete"),
        ("elements.create('card', {style: {base: {padding: 0}}})", "padding"),
        ("fresh().on('escape', () => {})", '"escape"'),
        ("fresh().collapse()", "card.collapse"),
        ("stripe.createToken(fresh(), {currency: 'usd'})", "currency"),
        ("stripe.createToken('bank_account', {})", "without a card element"),
        ("stripe.createPaymentMethod('card', card)", "stripe.createPaymentMethod"),
        ("stripe.createPaymentMethod({type: 'sepa_debit'})", "stripe.createPaymentMethod"),
        ("Stripe('pk_test_1', {stripeAccount: 'acct_1'})", "stripeAccount"),
    ],
)
def test_what_it_does_not_implement_it_refuses_by_name(shop_page: Page, expression: str, name: str):
    with pytest.raises(Error) as refusal:
        shop_page.evaluate(f"fresh = () => stripe.elements().create('card'); {expression}")

    assert "local Stripe.js does not implement" in refusal.value.message
    assert name in refusal.value.message


@pytest.mark.parametrize("key", ["", "sk_test_1", "pk_live_1"])
def test_only_a_publishable_test_key_is_taken(shop_page: Page, key: str):
    with pytest.raises(Error, match="publishable test key"):
        shop_page.evaluate("key => Stripe(key)", key)


def test_the_page_can_give_and_take_the_focus(checkout: Checkout):
    checkout.mount()
    checkout.page.evaluate("card.focus()")
    expect(checkout.field("number")).to_be_focused()
    checkout.wait_for("events.at(-1)[0] === 'focus'")

    checkout.page.evaluate("card.blur()")
    checkout.wait_for("events.at(-1)[0] === 'blur'")

    checkout.page.get_by_text("Card", exact=True).click()
    expect(checkout.field("number")).to_be_focused()


def test_a_cleared_field_is_empty_and_without_error(checkout: Checkout):
    checkout.mount()
    checkout.type(number="4242424242424241")

    checkout.page.evaluate("card.clear()")

    checkout.wait_for("events.at(-1)[1].empty")
    assert checkout.last_change()["error"] is None
    expect(checkout.field("number")).to_have_value("")


def test_an_update_changes_the_field_in_place(checkout: Checkout):
    checkout.mount(style={"base": {"fontSize": "20px"}, "invalid": {"color": "rgb(1, 2, 3)"}})
    checkout.type(number="4242424242424241")
    expect(checkout.field("number")).to_have_css("font-size", "20px")
    expect(checkout.field("number")).to_have_css("color", "rgb(1, 2, 3)")

    checkout.page.evaluate("card.update({disabled: true, hidePostalCode: true})")

    expect(checkout.field("number")).to_be_disabled()
    expect(checkout.field("zip")).to_be_hidden()
    expect(checkout.field("number")).to_have_css("font-size", "20px")


def test_a_destroyed_card_makes_room_for_another(checkout: Checkout):
    checkout.mount()
    with pytest.raises(Error, match="one card element at a time"):
        checkout.page.evaluate("elements.create('card')")

    checkout.page.evaluate("card.destroy()")

    assert checkout.page.locator("iframe").count() == 0
    assert checkout.page.locator("#card").get_attribute("class") == ""
    checkout.mount()
    assert checkout.page.evaluate("elements.getElement('card') === card")


def test_a_stripe_that_is_gone_is_an_error_not_a_wait(page: Page, shop_url: str):
    checkout = Checkout(page, shop_url)
    checkout.mount(hidePostalCode=True)
    checkout.type(**GOOD)
    page.route("**/v1/tokens", lambda route: route.abort())

    assert checkout.create_token()["error"]["type"] == "api_connection_error"


def test_it_works_behind_a_proxy_with_a_path_prefix(page: Page, shop_url: str, stripe_url: str):
    """As on JupyterHub: shop and local Stripe on one host, told apart by their paths."""
    prefix = f"{shop_url}proxy/12111"

    def forward(route: Route) -> None:
        route.fulfill(response=route.fetch(url=route.request.url.replace(prefix, stripe_url)))

    page.route(f"{prefix}/**", forward)
    warnings = []
    page.on("console", lambda message: warnings.append(message.text))
    checkout = Checkout(page, f"{shop_url}proxied")
    checkout.mount(hidePostalCode=True)
    checkout.type(**GOOD)

    assert checkout.create_token()["token"]["card"]["last4"] == "4242"
    assert any("shares the local Stripe's origin" in warning for warning in warnings)


def test_the_field_fits_a_phone(checkout: Checkout):
    checkout.page.set_viewport_size({"width": 320, "height": 500})
    checkout.mount()
    checkout.type(**GOOD, zip="94107")

    boxes = [checkout.field(name).bounding_box() for name in LABELS]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 320 for box in boxes)
    assert len({box["y"] for box in boxes}) == 1


@pytest.mark.parametrize("number", ["4242424242424242", "4242424242424241"])
def test_assistive_technology_finds_nothing_serious(checkout: Checkout, number: str):
    checkout.mount()
    checkout.type(number=number)

    for part in (checkout.page, checkout.page.frames[1]):
        found = Axe().run(part).response["violations"]
        serious = [rule["id"] for rule in found if rule["impact"] in ("serious", "critical")]
        assert serious == []
