"""Checkout inside a page of the shop's: Stripe's page in a frame, or Elements of the shop's own."""

from collections.abc import Iterator
from typing import Any

import pytest
import stripe
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import FrameLocator, Locator, Page, Route, expect
from stripe.checkout import Session

from local_stripe import PUBLISHABLE_KEY
from tests.browser.payer import ASKS, DECLINED, GOOD, PHONE, PayForm, charges, current
from tests.browser.served import served
from tests.browser.shopper import TABS

PAGE = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Pay</title>
  <script src="{stripe_js}"></script>
</head>
<body>
  <main aria-label="The shop">
    <h1>Pay</h1>
    {content}
  </main>
  <script>
    const stripe = Stripe("{key}");

    async function embed(secret) {{
      const fetchClientSecret = async () => secret;
      const onComplete = () => {{ window.completed = true; }};
      const checkout = await stripe.createEmbeddedCheckoutPage({{ fetchClientSecret, onComplete }});
      checkout.mount("#here");
    }}

    async function mount(clientSecret) {{
      const checkout = stripe.initCheckoutElementsSdk({{ clientSecret }});
      const element = checkout.createPaymentElement();
      const ready = new Promise((resolve) => element.on("ready", resolve));
      element.mount("#here");
      await ready;
      window.actions = (await checkout.loadActions()).actions;
      document.forms[0].addEventListener("submit", async (event) => {{
        event.preventDefault();
        const email = document.forms[0].email.value || undefined;
        const {{ error }} = await actions.confirm({{ email }});
        document.querySelector("[role=alert]").textContent = error?.message ?? "";
      }});
    }}
  </script>
</body>
</html>
"""
BOX = '<div id="here"></div>'
FORM = f"""<form>
      <p><label>Email <input name="email" type="email"></label></p>
      {BOX}
      <p role="alert"></p>
      <button>Pay $39.00</button>
    </form>"""


@pytest.fixture(scope="module")
def shop_url(stripe_url: str) -> Iterator[str]:
    known = {"stripe_js": f"{stripe_url}/v3/", "key": PUBLISHABLE_KEY}
    pages = {
        "/embedded_page": PAGE.format(content=BOX, **known),
        "/elements": PAGE.format(content=FORM, **known),
        "/back": "<h1>Thank you</h1>",
    }
    with served(pages) as url:
        yield url


class Shop:
    """The shop's page, and a session that is paid in it."""

    ui_mode: str
    shows: str  # the function of the page that shows a session
    bank_frame: str
    too_late: str  # what is said once the session has expired

    def __init__(self, page: Page, url: str, client: stripe.StripeClient) -> None:
        self.page, self.url, self.client = page, url, client
        self.form = PayForm(self.frame)

    def sell(self, **params: Any) -> Session:
        """A new session for a lamp, open in the page."""
        price = {"currency": "usd", "unit_amount": 3900, "product_data": {"name": "Lamp"}}
        if params.get("redirect_on_completion") != "never":
            params = {"return_url": f"{self.url}back?id={{CHECKOUT_SESSION_ID}}", **params}
        session = self.client.v1.checkout.sessions.create(
            {
                "mode": "payment",
                "ui_mode": self.ui_mode,
                "line_items": [{"price_data": price, "quantity": 1}],
                **params,
            }
        )
        self.show(session)
        return session

    def show(self, session: Session) -> None:
        self.page.goto(self.url + self.ui_mode)
        self.page.evaluate(f"(secret) => {self.shows}(secret)", session.client_secret)
        expect(self.button).to_be_enabled()

    def fill(self, number: str) -> None:
        """Fill in everything that is asked for."""
        raise NotImplementedError

    def pay(self, number: str) -> None:
        self.fill(number)
        self.button.click()

    def arrives(self, session: Session) -> None:
        """Wait until the shop's next page is there."""
        self.page.wait_for_url(f"**/back?id={session.id}")

    def tab_to(self, what: Locator) -> None:
        """Press Tab until this has the focus, in whichever frame it is."""
        for _ in range(TABS):
            self.page.keyboard.press("Tab")
            if what.evaluate("(it) => document.hasFocus() && document.activeElement === it"):
                return
        raise AssertionError(f"Tab never came to {what}")

    def answer(self, button: str) -> None:
        self.bank.get_by_role("button", name=button).click()

    def status(self, session: Session) -> str | None:
        return current(self.client, session).payment_status

    @property
    def frame(self) -> FrameLocator:
        return self.page.frame_locator("#here iframe")

    @property
    def bank(self) -> FrameLocator:
        return self.page.frame_locator(self.bank_frame)

    @property
    def button(self) -> Locator:
        return self.there.get_by_role("button", name="Pay $39.00")

    @property
    def problem(self) -> Locator:
        return self.there.get_by_role("alert")

    @property
    def email(self) -> Locator:
        return self.there.get_by_label("Email")

    @property
    def there(self) -> Page | FrameLocator:
        """Where what is not of the card is asked and said."""
        raise NotImplementedError


class EmbeddedPage(Shop):
    """Stripe's page in a frame."""

    ui_mode, shows, bank_frame = "embedded_page", "embed", "#here iframe"
    too_late = "This page has expired"

    def fill(self, number: str) -> None:
        self.form.fill(number)

    @property
    def there(self) -> FrameLocator:
        return self.frame


class Elements(Shop):
    """A form of the shop's, with a Payment Element in it."""

    ui_mode, shows, bank_frame = "elements", "mount", "dialog iframe"
    too_late = "nobody can pay any more"

    def fill(self, number: str) -> None:
        self.email.fill("ann@example.com")
        self.form.fill_card(number)

    def act(self, script: str) -> Any:
        """What an action of the Checkout gives."""
        return self.page.evaluate(f"actions.{script}")

    def start(self, script: str) -> None:
        """Act without waiting: somebody must answer first."""
        self.page.evaluate(f"() => {{ actions.{script}.then((r) => {{ window.result = r; }}); }}")

    @property
    def there(self) -> Page:
        return self.page


@pytest.fixture
def embedded(page: Page, shop_url: str, client: stripe.StripeClient) -> EmbeddedPage:
    return EmbeddedPage(page, shop_url, client)


@pytest.fixture
def elements(page: Page, shop_url: str, client: stripe.StripeClient) -> Elements:
    return Elements(page, shop_url, client)


@pytest.fixture(params=[EmbeddedPage, Elements])
def shop(request: pytest.FixtureRequest, page: Page, shop_url: str, client) -> Shop:
    """One after the other: what is said of it is true in both places."""
    return request.param(page, shop_url, client)


# ---- in both places ----


def test_a_declined_card_is_told_and_another_pays(shop, client):
    session = shop.sell()

    shop.pay(DECLINED)
    expect(shop.problem).to_have_text("Your card was declined.")
    shop.pay(GOOD)
    shop.arrives(session)

    assert charges(client, session) == ["succeeded", "failed"]


def test_the_bank_asks_and_the_payer_confirms(shop):
    session = shop.sell()

    shop.pay(ASKS)
    shop.answer("Complete authentication")
    shop.arrives(session)

    assert shop.status(session) == "paid"


def test_the_payer_does_not_confirm_and_another_card_pays(shop, client):
    session = shop.sell()

    shop.pay(ASKS)
    shop.answer("Fail authentication")
    expect(shop.problem).to_contain_text("unable to authenticate your payment method")
    assert shop.status(session) == "unpaid"
    shop.pay(GOOD)
    shop.arrives(session)

    assert shop.status(session) == "paid"


def test_all_of_it_can_be_done_by_keyboard(shop):
    session = shop.sell()
    keyboard = shop.page.keyboard

    shop.tab_to(shop.email)
    keyboard.type("ann@example.com")
    shop.tab_to(shop.frame.get_by_label("Card number"))
    keyboard.type(f"{ASKS}1234123")
    if shop.ui_mode == "embedded_page":
        shop.tab_to(shop.frame.get_by_label("Name on card"))
        keyboard.type("Ann Lee")
    shop.tab_to(shop.frame.get_by_label("Postal code"))
    keyboard.type("94107")
    keyboard.press("Enter")
    complete = shop.bank.get_by_role("button", name="Complete authentication")
    expect(complete).to_be_visible()
    shop.tab_to(complete)
    keyboard.press("Enter")

    shop.arrives(session)
    assert shop.status(session) == "paid"


def test_it_fits_a_phone_and_the_frame_grows_with_what_is_in_it(shop):
    shop.page.set_viewport_size(PHONE)
    shop.sell()

    shop.email.fill("ann@example.com")
    shop.button.click()
    expect(shop.frame.locator(".error:visible")).not_to_have_count(0)

    assert cut_off(shop.page) == []


def test_on_a_phone_the_banks_question_is_in_view_and_so_is_what_came_of_it(shop):
    shop.page.set_viewport_size(PHONE)
    shop.sell()

    shop.pay(ASKS)
    fail = shop.bank.get_by_role("button", name="Fail")
    expect(shop.bank.get_by_role("heading", name="Is it you who pays?")).to_be_in_viewport()
    expect(fail).to_be_in_viewport()
    assert cut_off(shop.page) == []
    fail.click()

    expect(shop.problem).to_contain_text("unable to authenticate")
    expect(shop.problem).to_be_in_viewport()


def test_a_double_click_pays_once(shop, client):
    session = shop.sell()
    asked: list[str] = []
    shop.page.on("request", lambda request: asked.append(request.url))

    shop.fill(GOOD)
    shop.button.dblclick()
    shop.arrives(session)

    assert len([url for url in asked if url.endswith("/confirm")]) == 1
    assert charges(client, session) == ["succeeded"]


def test_two_tabs_pay_once_and_both_arrive(shop, client):
    session = shop.sell()
    second = type(shop)(shop.page.context.new_page(), shop.url, client)
    second.show(session)

    shop.fill(GOOD)
    second.fill("5555555555554444")
    shop.button.click(no_wait_after=True)
    second.button.click(no_wait_after=True)
    shop.arrives(session)
    second.arrives(session)

    assert charges(client, session) == ["succeeded"]


def test_a_session_that_expired_meanwhile_takes_no_payment(shop, client):
    session = shop.sell()

    shop.fill(GOOD)
    client.v1.checkout.sessions.expire(session.id)
    shop.button.click()

    expect(shop.there.get_by_text(shop.too_late)).to_be_visible()
    assert current(client, session).payment_intent is None


def test_everybody_can_use_it(shop):
    shop.sell(allowed_payment_method_types=["card", "us_bank_account"])

    shop.email.fill("ann@example.com")
    shop.button.click()
    expect(shop.frame.locator(".error:visible")).not_to_have_count(0)
    found = violations(shop.page)
    shop.frame.get_by_label("US bank account").check()

    assert found + violations(shop.page) == []


def test_everybody_can_answer_the_bank(shop):
    shop.sell()

    shop.pay(ASKS)
    expect(shop.bank.get_by_role("button")).to_have_count(2)

    assert violations(shop.page) == []


# What has a place too small for it. The inside of a line has no place of its own.
CUT_OFF = """() => [...document.querySelectorAll("html, body *")]
    .filter((it) => it.scrollWidth > it.clientWidth && it.clientWidth)
    .map((it) => it.outerHTML.slice(0, 100))"""
FITS = "document.documentElement.scrollHeight <= innerHeight"


def cut_off(page: Page) -> list[str]:
    """What does not fit its place, here or in a frame, once no frame has to scroll."""
    for frame in page.frames[1:]:
        frame.wait_for_function(FITS)
    return [it for frame in page.frames for it in frame.evaluate(CUT_OFF)]


def violations(page: Page) -> list[str]:
    """What is in the way of somebody, here or in a frame: axe sees only those that have it."""
    axe = Axe().axe_script + "; axe.configure({ allowedOrigins: ['<unsafe_all_origins>'] });"
    for frame in page.frames:
        frame.evaluate(axe)
    result = page.evaluate("axe.run()")
    assert "frame-tested" not in [rule["id"] for rule in result["incomplete"]]
    return [rule["id"] for rule in result["violations"]]


# ---- Stripe's page in a frame ----


def test_an_embedded_page_that_stays_tells_the_shops_page(embedded):
    session = embedded.sell(redirect_on_completion="never")
    embedded.pay(GOOD)
    embedded.page.wait_for_function("window.completed")
    expect(embedded.frame.get_by_role("heading", name="You’re all done here")).to_be_visible()
    assert embedded.status(session) == "paid"


def test_a_frame_without_the_secret_shows_nothing(embedded):
    session = embedded.sell()
    embedded.page.evaluate(
        """() => { const frame = document.querySelector("#here iframe");
                   frame.src = frame.src.replace(/#.*/, "?again#cs_x_secret_y"); }"""
    )
    expect(embedded.frame.get_by_role("heading", name="could not be loaded")).to_be_visible()
    assert embedded.status(session) == "unpaid"


# ---- Elements of the shop's page ----


def test_elements_speak_the_sessions_language(elements):
    elements.sell(locale="de")
    expect(elements.frame.get_by_label("Kartennummer")).to_be_visible()
    assert elements.act("getSession().total.total.amount") == "39,00\xa0$"


def test_elements_pay_for_what_the_shops_server_sells_meanwhile(elements, client):
    session = elements.sell()
    price = {"currency": "usd", "unit_amount": 1500, "product_data": {"name": "Cup"}}
    cup = {"price_data": price, "quantity": 1}
    elements.page.expose_function(
        "changeOnServer",
        lambda: client.v1.checkout.sessions.update(session.id, {"line_items": [cup]}).amount_total,
    )

    updated = elements.act("runServerUpdate(changeOnServer)")
    elements.pay(GOOD)
    elements.arrives(session)

    assert (updated["type"], updated["session"]["lineItems"][0]["name"]) == ("success", "Cup")
    assert updated["session"]["total"]["total"] == {"minorUnitsAmount": 1500, "amount": "$15.00"}
    assert current(client, session).amount_total == 1500


def test_elements_show_a_session_and_pay_it(elements):
    session = elements.sell()
    known = elements.act("getSession()")
    assert known["total"]["total"] == {"minorUnitsAmount": 3900, "amount": "$39.00"}
    assert [line["name"] for line in known["lineItems"]] == ["Lamp"]
    assert (known["status"], known["canConfirm"]) == ({"type": "open"}, False)
    assert elements.act("updateEmail('ann')")["error"]["code"] == "invalidEmail"
    assert elements.act("updateEmail('ann@example.com')")["session"]["canConfirm"]
    elements.form.fill_card(GOOD)
    done = elements.act("confirm({ redirect: 'if_required' })")
    assert done["session"]["status"] == {"type": "complete", "paymentStatus": "paid"}
    details = elements.client.v1.checkout.sessions.retrieve(session.id).customer_details
    assert details.email == "ann@example.com"


def test_elements_lead_back_to_the_shop(elements):
    session = elements.sell(
        return_url=f"{elements.url}back?id={{CHECKOUT_SESSION_ID}}",
        customer_email="ann@example.com",
    )
    elements.form.fill_card(GOOD)
    elements.start("confirm()")
    elements.page.wait_for_url(f"**/back?id={session.id}")
    assert elements.status(session) == "paid"


def test_elements_say_that_a_card_was_declined_and_why(elements):
    session = elements.sell(customer_email="ann@example.com")
    elements.form.fill_card(DECLINED)
    refused = elements.act("confirm({ redirect: 'if_required' })")
    assert refused == {
        "type": "error",
        "error": {
            "message": "Your card was declined.",
            "code": "paymentFailed",
            "paymentFailed": {"declineCode": "generic_decline"},
        },
    }
    assert elements.status(session) == "unpaid"


def test_elements_say_so_when_the_session_ends_while_the_bank_asks(elements):
    session = elements.sell(customer_email="ann@example.com")
    elements.form.fill_card(ASKS)
    elements.start("confirm({ redirect: 'if_required' })")
    complete = elements.page.frame_locator("dialog iframe").get_by_role("button", name="Complete")
    expect(complete).to_be_visible()
    elements.client.v1.checkout.sessions.expire(session.id)
    complete.click()
    elements.page.wait_for_function("window.result")
    assert "was not confirmed" in elements.page.evaluate("result.error.message")
    assert elements.status(session) == "unpaid"


def test_elements_show_no_question_of_the_bank_that_is_over(elements):
    session = elements.sell(customer_email="ann@example.com")
    elements.form.fill_card(ASKS)

    def too_late(route: Route) -> None:
        elements.client.v1.checkout.sessions.expire(session.id)
        route.continue_()

    elements.page.route("**/3d_secure_2/hosted?*", too_late)
    elements.start("confirm({ redirect: 'if_required' })")
    elements.page.wait_for_function("window.result")
    assert elements.page.evaluate("result.type") == "error"
    expect(elements.page.locator("dialog")).to_have_count(0)


def test_elements_ask_once_however_often_pay_is_clicked(elements):
    session = elements.sell(customer_email="ann@example.com")
    elements.form.fill_card(ASKS)
    confirm = "actions.confirm({ redirect: 'if_required' })"
    elements.page.evaluate(
        f"() => {{ Promise.all([{confirm}, {confirm}]).then((r) => {{ window.result = r; }}); }}"
    )
    elements.page.frame_locator("dialog iframe").get_by_role("button", name="Complete").click()
    elements.page.wait_for_function("window.result")
    assert elements.page.evaluate("result.map(({ type }) => type)") == ["success", "success"]
    assert elements.status(session) == "paid"


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("stripe.createEmbeddedCheckoutPage({})", "embedded Checkout needs fetchClientSecret"),
        (
            "stripe.initEmbeddedCheckout({ clientSecret: 'pi_1_secret_2' })",
            "no client secret of a Checkout Session",
        ),
        (
            "stripe.initCheckoutElementsSdk({ clientSecret: Promise.resolve('') })",
            "does not implement stripe.initCheckoutElementsSdk(…) with a promise",
        ),
        (
            "stripe.initCheckoutElementsSdk({ clientSecret: 'cs_1_secret_2' }).changeEmail()",
            "does not implement checkout.changeEmail()",
        ),
    ],
)
def test_what_is_not_there_is_refused_by_name(elements, script, message):
    elements.page.goto(f"{elements.url}elements")
    said = elements.page.evaluate(
        f"async () => {{ try {{ await {script}; }} catch (error) {{ return error.message; }} }}"
    )
    assert message in said
