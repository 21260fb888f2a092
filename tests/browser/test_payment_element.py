"""The Payment Element and 3D Secure in a shop's page, as a customer meets them."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import stripe
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error, FrameLocator, Page, Route, expect

from local_stripe import PUBLISHABLE_KEY, LocalStripe
from tests.browser.payer import ASKS, DECLINED, GOOD
from tests.browser.served import served

DAY = 86_400
PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Pay</title><script src="{stripe_js}"></script></head>
<body>
  <main>
    <h1>Pay</h1>
    <form><div id="here"></div><button>Pay $39.00</button></form>
  </main>
  <script>
    const stripe = Stripe("{key}");
    const events = [];
    let elements, element, submits = 0;
    document.forms[0].addEventListener("submit", (event) => {{
      event.preventDefault();
      submits += 1;
    }});

    function mount(type, group, options) {{
      elements = stripe.elements(group);
      element = elements.create(type, options);
      const ready = new Promise((resolve) => element.on("ready", resolve));
      element.on("change", (event) => events.push(event));
      element.mount("#here");
      return ready.then(() => null);
    }}
  </script>
</body>
</html>
"""
DEFERRED = {"mode": "payment", "amount": 3900, "currency": "usd"}


class Shop:
    """The shop's page in a browser, and what the customer does there."""

    def __init__(self, page: Page, url: str, client: stripe.StripeClient) -> None:
        self.page = page
        self.client = client
        self.next_page = f"{url}back"
        page.goto(url)

    def intent(self, **params: Any) -> stripe.PaymentIntent:
        """What the shop's server makes for the page."""
        return self.client.v1.payment_intents.create(
            {"amount": 3900, "currency": "usd", "payment_method_types": ["card"], **params},
            {"stripe_version": "2026-08-26.dahlia"},
        )

    def mount(self, type: str = "payment", options: Any = None, **group: Any) -> None:
        self.page.evaluate(
            "([type, group, options]) => mount(type, group, options)", [type, group, options or {}]
        )

    def do(self, script: str, argument: Any = None) -> Any:
        return self.page.evaluate(script, argument)

    @property
    def fields(self) -> FrameLocator:
        return self.page.frame_locator("#here iframe")

    def type(self, number: str) -> None:
        """Fill the card in, a key at a time: a full field hands on to the next."""
        self.fields.get_by_label("Card number").click()
        self.page.keyboard.type(f"{number}1234123")
        self.fields.get_by_label("Postal code").fill("94107")

    def confirm(self, **options: Any) -> None:
        """Call stripe.confirmPayment; the page keeps what it resolves with."""
        self.page.evaluate(
            "options => { stripe.confirmPayment({elements, ...options})"
            ".then((result) => { window.result = result; }); }",
            options,
        )

    def result(self) -> dict[str, Any]:
        self.page.wait_for_function("window.result")
        return self.page.evaluate("window.result")

    @property
    def bank(self) -> FrameLocator:
        return self.page.frame_locator("dialog iframe")

    def answer(self, button: str) -> None:
        self.bank.get_by_role("button", name=button).click()


@pytest.fixture(scope="module")
def shop_url(stripe_url: str) -> Iterator[str]:
    pages = {
        "/": PAGE.format(stripe_js=f"{stripe_url}/v3/", key=PUBLISHABLE_KEY),
        "/proxied": PAGE.format(stripe_js="/proxy/12111/v3/", key=PUBLISHABLE_KEY),
        "/back": "<h1>Thank you</h1>",
    }
    with served(pages) as url:
        yield url


@pytest.fixture
def shop(page: Page, client: stripe.StripeClient, shop_url: str) -> Shop:
    return Shop(page, shop_url, client)


def came_back_with(page: Page) -> dict[str, str]:
    """What the address says with which the browser came back to the shop."""
    page.wait_for_url("**/back?**")
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


# ---- the element ----


def test_a_good_card_pays_in_the_page(shop: Shop):
    intent = shop.intent()
    shop.mount(clientSecret=intent.client_secret)
    shop.type(GOOD)

    shop.confirm(redirect="if_required")

    assert shop.result()["paymentIntent"]["status"] == "succeeded"
    done = shop.client.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert done.status == "succeeded"
    address = done.latest_charge.billing_details.address
    assert (address.country, address.postal_code) == ("US", "94107")


def test_by_default_the_browser_goes_on_to_the_shops_next_page(shop: Shop):
    intent = shop.intent()
    shop.mount(clientSecret=intent.client_secret)
    shop.type(GOOD)

    shop.confirm(confirmParams={"return_url": f"{shop.next_page}?order=7"})

    assert came_back_with(shop.page) == {
        "order": "7",
        "payment_intent": intent.id,
        "payment_intent_client_secret": intent.client_secret,
        "redirect_status": "succeeded",
    }


def test_a_decline_is_told_and_another_card_can_pay(shop: Shop):
    intent = shop.intent()
    shop.mount(clientSecret=intent.client_secret)
    shop.type(DECLINED)
    shop.confirm(confirmParams={"return_url": shop.next_page})

    error = shop.result()["error"]
    assert (error["code"], error["type"]) == ("card_declined", "card_error")
    assert error["payment_intent"]["status"] == "requires_payment_method"

    shop.do("() => { element.clear(); window.result = undefined; }")
    shop.type(GOOD)
    shop.confirm(redirect="if_required")
    assert shop.result()["paymentIntent"]["status"] == "succeeded"


def test_what_is_missing_is_shown_and_nothing_is_sent(shop: Shop):
    intent = shop.intent()
    shop.mount(clientSecret=intent.client_secret)

    shop.confirm(redirect="if_required")

    error = shop.result()["error"]
    assert (error["type"], error["code"]) == ("validation_error", "incomplete_number")
    expect(shop.fields.get_by_text("Your card number is incomplete.")).to_be_visible()
    assert shop.client.v1.payment_intents.retrieve(intent.id).status == "requires_payment_method"


def test_the_page_hears_when_the_form_is_complete(shop: Shop):
    shop.mount(**DEFERRED)

    shop.type(GOOD)

    shop.page.wait_for_function("events.at(-1)?.complete")
    assert shop.do("() => events.at(-1)") == {
        "elementType": "payment",
        "complete": True,
        "empty": False,
        "collapsed": False,
        "value": {"type": "card"},
    }
    assert "StripeElement--complete" in shop.page.locator("#here").get_attribute("class")


def test_enter_in_a_field_submits_the_shops_form(shop: Shop):
    shop.mount(**DEFERRED)

    shop.fields.get_by_label("Card number").press("Enter")

    shop.page.wait_for_function("submits === 1")


def test_the_page_cannot_read_what_is_typed(shop: Shop):
    shop.mount(**DEFERRED)
    shop.type(GOOD)

    assert shop.do("() => document.querySelector('#here iframe').contentDocument") is None


def test_a_bank_account_pays_days_later(shop: Shop, local: LocalStripe):
    types = ["card", "us_bank_account"]
    intent = shop.intent(payment_method_types=types)
    shop.mount(clientSecret=intent.client_secret)
    shop.fields.get_by_text("US bank account").click()
    shop.fields.get_by_label("Name on the account").fill("Ann")
    shop.fields.get_by_label("Routing number").fill("110000000")
    shop.fields.get_by_label("Account number").fill("000123456789")

    shop.confirm(redirect="if_required")

    assert shop.result()["paymentIntent"]["status"] == "processing"
    local.advance(4 * DAY)
    assert shop.client.v1.payment_intents.retrieve(intent.id).status == "succeeded"


def test_a_shop_sets_colours_and_what_it_knows_of_the_customer(shop: Shop):
    known = {"address": {"country": "GB", "postal_code": "SW1A 1AA"}}
    shop.mount(
        options={"defaultValues": {"billingDetails": known}},
        **DEFERRED,
        appearance={"theme": "night", "variables": {"colorText": "rgb(1, 2, 3)"}},
    )

    expect(shop.fields.get_by_label("Country")).to_have_value("GB")
    expect(shop.fields.get_by_label("Postal code")).to_have_value("SW1A 1AA")
    expect(shop.fields.get_by_label("Card number")).to_have_css("color", "rgb(1, 2, 3)")


# ---- the server confirms ----


def test_a_confirmation_token_is_made_before_there_is_an_intent(shop: Shop):
    shop.mount(**DEFERRED)
    shop.type(GOOD)
    assert shop.do("() => elements.submit()") == {"selectedPaymentMethod": "card"}

    made = shop.do("() => stripe.createConfirmationToken({elements})")["confirmationToken"]

    assert made["payment_method_preview"]["card"]["last4"] == "4242"
    done = shop.client.v1.payment_intents.create(
        {
            "amount": 3900,
            "currency": "usd",
            "confirm": True,
            "confirmation_token": made["id"],
            "return_url": shop.next_page,
        }
    )
    assert done.status == "succeeded"


@pytest.mark.parametrize("outcome, status", [("Complete", "succeeded"), ("Fail", None)])
def test_the_page_lets_the_bank_ask_for_a_payment_the_server_confirmed(
    shop: Shop, outcome: str, status: str | None
):
    shop.mount(**DEFERRED)
    shop.type(ASKS)
    shop.do("() => elements.submit()")
    made = shop.do("() => stripe.createConfirmationToken({elements})")["confirmationToken"]
    waiting = shop.client.v1.payment_intents.create(
        {
            "amount": 3900,
            "currency": "usd",
            "confirm": True,
            "confirmation_token": made["id"],
            "return_url": shop.next_page,
        }
    )
    assert waiting.status == "requires_action"

    shop.do(
        "clientSecret => { stripe.handleNextAction({clientSecret})"
        ".then((result) => { window.result = result; }); }",
        waiting.client_secret,
    )
    shop.answer(f"{outcome} authentication")

    result = shop.result()
    assert result.get("paymentIntent", {}).get("status") == status
    if status is None:
        assert result["error"]["code"] == "payment_intent_authentication_failure"


def test_a_payment_that_waits_elsewhere_leads_there(shop: Shop):
    waiting = shop.intent(
        payment_method="pm_card_authenticationRequired",
        confirm=True,
        return_url=shop.next_page,
    )

    shop.do("clientSecret => { stripe.handleNextAction({clientSecret}); }", waiting.client_secret)
    shop.page.get_by_role("button", name="Complete authentication").click()

    assert came_back_with(shop.page)["redirect_status"] == "succeeded"


# ---- 3D Secure over the page ----


@pytest.mark.parametrize("redirect", ["if_required", "always"])
def test_the_bank_asks_over_the_page_and_the_customer_confirms(shop: Shop, redirect: str):
    intent = shop.intent()
    shop.mount(clientSecret=intent.client_secret)
    shop.type(ASKS)

    shop.confirm(redirect=redirect, confirmParams={"return_url": shop.next_page})
    expect(shop.bank.get_by_text("$39.00")).to_be_visible()
    shop.answer("Complete authentication")

    if redirect == "always":
        assert came_back_with(shop.page)["redirect_status"] == "succeeded"
    else:
        assert shop.result()["paymentIntent"]["status"] == "succeeded"
        expect(shop.page.locator("dialog")).to_have_count(0)


def test_an_impatient_customer_is_asked_by_the_bank_once(shop: Shop):
    intent = shop.intent()
    shop.mount(clientSecret=intent.client_secret)
    shop.type(ASKS)

    for _ in range(2):
        shop.confirm(redirect="if_required", confirmParams={"return_url": shop.next_page})
    expect(shop.bank.get_by_text("$39.00")).to_be_visible()
    shop.answer("Complete authentication")

    assert shop.result()["paymentIntent"]["status"] == "succeeded"
    expect(shop.page.locator("dialog")).to_have_count(0)


def test_a_payment_that_was_given_up_while_the_bank_asked_is_no_success(shop: Shop):
    intent = shop.intent()
    shop.mount(clientSecret=intent.client_secret)
    shop.type(ASKS)
    shop.confirm(confirmParams={"return_url": shop.next_page})
    expect(shop.bank.get_by_text("$39.00")).to_be_visible()

    shop.client.v1.payment_intents.cancel(intent.id)
    shop.answer("Complete authentication")

    assert came_back_with(shop.page)["redirect_status"] == "failed"


@pytest.mark.parametrize("way_out", ["button", "Escape"])
def test_a_customer_who_does_not_confirm_has_not_paid(shop: Shop, way_out: str):
    intent = shop.intent()
    shop.mount(clientSecret=intent.client_secret)
    shop.type(ASKS)
    shop.confirm(redirect="if_required")
    expect(shop.bank.get_by_role("button")).to_have_count(2)

    if way_out == "button":
        shop.answer("Fail authentication")
    else:
        shop.page.keyboard.press("Escape")

    error = shop.result()["error"]
    assert error["code"] == "payment_intent_authentication_failure"
    assert error["payment_intent"]["status"] == "requires_payment_method"
    expect(shop.page.locator("dialog")).to_have_count(0)


def test_a_card_element_pays_with_a_challenge_too(shop: Shop):
    intent = shop.intent()
    shop.mount("card", {"hidePostalCode": True})
    shop.fields.get_by_label("card number").click()
    shop.page.keyboard.type(f"{ASKS}1234123")

    shop.do(
        "secret => { stripe.confirmCardPayment(secret, {payment_method: {card: element}})"
        ".then((result) => { window.result = result; }); }",
        intent.client_secret,
    )
    shop.answer("Complete authentication")

    assert shop.result()["paymentIntent"]["status"] == "succeeded"


def test_a_page_may_leave_the_challenge_for_later(shop: Shop):
    intent = shop.intent()

    result = shop.do(
        "secret => stripe.confirmCardPayment(secret, "
        "{payment_method: 'pm_card_authenticationRequired'}, {handleActions: false})",
        intent.client_secret,
    )

    assert result["paymentIntent"]["status"] == "requires_action"
    expect(shop.page.locator("dialog")).to_have_count(0)


def test_a_page_looks_at_its_payment(shop: Shop):
    intent = shop.intent(metadata={"note": "secret"})

    seen = shop.do("secret => stripe.retrievePaymentIntent(secret)", intent.client_secret)

    assert seen["paymentIntent"]["id"] == intent.id
    assert "metadata" not in seen["paymentIntent"]


def test_an_unknown_payment_is_an_error(shop: Shop):
    seen = shop.do("() => stripe.retrievePaymentIntent('pi_1_secret_2')")

    assert seen["error"]["code"] == "resource_missing"


def test_a_message_of_the_page_itself_ends_no_challenge(shop: Shop):
    intent = shop.intent()
    shop.mount(clientSecret=intent.client_secret)
    shop.type(ASKS)
    shop.confirm(redirect="if_required")
    expect(shop.bank.get_by_role("button")).to_have_count(2)

    waiting = shop.client.v1.payment_intents.retrieve(intent.id)
    source = waiting.next_action.use_stripe_sdk["source"]
    shop.do("source => window.postMessage({type: 'challenge', source}, '*')", source)
    shop.do("() => new Promise((done) => setTimeout(done))")  # after the message was heard

    expect(shop.page.locator("dialog")).to_have_count(1)
    shop.answer("Complete authentication")
    assert shop.result()["paymentIntent"]["status"] == "succeeded"


# ---- misuse and refusals ----


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("stripe.confirmPayment({elements: late(), redirect: 'if_required'})", "clientSecret"),
        ("stripe.createConfirmationToken({elements: late()})", "call elements.submit() before"),
        ("stripe.confirmPayment({clientSecret: 'pi_1_secret_2'})", "return_url"),
        ("stripe.confirmPayment({clientSecret: 'x', redirect: 'never'})", "redirect is"),
        ("stripe.elements().create('payment')", "needs elements({clientSecret})"),
        ("stripe.elements({mode: 'payment'})", "needs an amount and a currency"),
        ("stripe.elements({mode: 'subscription'})", 'mode "subscription"'),
        ("late('accordion')", 'layout "accordion"'),
    ],
)
def test_wrong_use_is_told(shop: Shop, script: str, said: str):
    with pytest.raises(Error) as refusal:
        shop.do(
            "() => { const late = (layout) => { const group = stripe.elements({mode: 'payment'"
            ", amount: 1, currency: 'usd'}); group.create('payment', {layout}); return group; };"
            f"return {script}; }}",
        )

    assert said in str(refusal.value)


@pytest.mark.parametrize(
    ("group", "said"),
    [
        ({"clientSecret": "pi_1_secret_2"}, "No such payment_intent"),
        ({**DEFERRED, "paymentMethodTypes": ["sepa_debit"]}, "a form for sepa_debit"),
    ],
)
def test_what_cannot_be_shown_is_an_event(shop: Shop, group: dict[str, Any], said: str):
    shop.do(
        "group => { mount('payment', group);"
        "element.on('loaderror', ({error}) => { window.result = error; }); }",
        group,
    )

    assert said in shop.result()["message"]


def test_it_works_behind_a_proxy_with_a_path_prefix(shop: Shop, shop_url: str, stripe_url: str):
    """As on JupyterHub: shop and local Stripe on one host, told apart by their paths."""
    prefix = f"{shop_url}proxy/12111"

    def forward(route: Route) -> None:
        route.fulfill(response=route.fetch(url=route.request.url.replace(prefix, stripe_url)))

    shop.page.route(f"{prefix}/**", forward)
    shop.page.goto(f"{shop_url}proxied")
    shop.mount(clientSecret=shop.intent().client_secret)
    shop.type(ASKS)

    shop.confirm(redirect="if_required")
    shop.answer("Complete authentication")

    assert shop.result()["paymentIntent"]["status"] == "succeeded"


def test_assistive_technology_finds_nothing_serious(shop: Shop):
    intent = shop.intent(payment_method_types=["card", "us_bank_account"])
    shop.mount(clientSecret=intent.client_secret)
    shop.type(ASKS)
    shop.confirm(redirect="if_required")
    expect(shop.bank.get_by_role("button")).to_have_count(2)

    for part in shop.page.frames:
        if part.is_detached() or "controller" in part.url:
            continue
        found = Axe().run(part).response["violations"]
        assert [rule["id"] for rule in found if rule["impact"] in ("serious", "critical")] == []


def test_the_element_fits_a_phone(shop: Shop):
    shop.page.set_viewport_size({"width": 320, "height": 600})
    shop.mount(**DEFERRED)

    frame = shop.page.frames[1]
    assert frame.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shop.page.wait_for_function(
        "document.querySelector('#here iframe').getBoundingClientRect().height > 200"
    )
