"""Checkout inside a page of the shop's: Stripe's page in a frame, or Elements of the shop's own."""

from collections.abc import Iterator
from typing import Any

import pytest
import stripe
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import FrameLocator, Page, Route, expect

from local_stripe import PUBLISHABLE_KEY, SECRET_KEY, LocalStripe
from local_stripe.server import start
from local_stripe.transport import InProcess
from tests.browser.served import served

PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Pay</title><script src="{stripe_js}"></script></head>
<body>
  <main><h1>Pay</h1><div id="here"></div></main>
  <script>const stripe = Stripe("{key}");</script>
</body>
</html>
"""
GOOD, DECLINED, ASKS = "4242424242424242", "4000000000000002", "4000002760003184"


@pytest.fixture(scope="module")
def client(local: LocalStripe) -> stripe.StripeClient:
    return stripe.StripeClient(SECRET_KEY, http_client=InProcess(local))


@pytest.fixture(scope="module")
def shop_url(local: LocalStripe) -> Iterator[str]:
    with start(local) as stripe_server:
        page = PAGE.format(stripe_js=f"{stripe_server.url}/v3/", key=PUBLISHABLE_KEY)
        with served({"/": page, "/back": "<h1>Thank you</h1>"}) as url:
            yield url


class Shop:
    """The shop's page, and a session that is paid in it."""

    def __init__(self, page: Page, url: str, client: stripe.StripeClient) -> None:
        self.page, self.url, self.client = page, url, client
        page.goto(url)

    def session(self, ui_mode: str, **params: Any) -> stripe.checkout.Session:
        price = {"currency": "usd", "unit_amount": 3900, "product_data": {"name": "Lamp"}}
        return self.client.v1.checkout.sessions.create(
            {
                "mode": "payment",
                "ui_mode": ui_mode,
                "line_items": [{"price_data": price, "quantity": 1}],
                **params,
            }
        )

    def embed(self, **params: Any) -> stripe.checkout.Session:
        """Show Stripe's page inside this one."""
        back = {} if params else {"return_url": f"{self.url}back?id={{CHECKOUT_SESSION_ID}}"}
        session = self.session("embedded_page", **back, **params)
        self.page.evaluate(
            """async (secret) => {
                const fetchClientSecret = async () => secret;
                const onComplete = () => { window.completed = true; };
                const checkout = await stripe.createEmbeddedCheckoutPage({ fetchClientSecret, onComplete });
                checkout.mount("#here");
            }""",  # noqa: E501
            session.client_secret,
        )
        return session

    def mount(self, **params: Any) -> stripe.checkout.Session:
        """Show a Payment Element that pays the session."""
        session = self.session("elements", **params)
        self.page.evaluate(
            """async (clientSecret) => {
                window.checkout = stripe.initCheckoutElementsSdk({ clientSecret });
                const element = checkout.createPaymentElement();
                const ready = new Promise((resolve) => element.on("ready", resolve));
                element.mount("#here");
                await ready;
                window.actions = (await checkout.loadActions()).actions;
            }""",
            session.client_secret,
        )
        return session

    def act(self, script: str) -> Any:
        """What an action of the Checkout gives."""
        return self.page.evaluate(f"actions.{script}")

    def start(self, script: str) -> None:
        """Act without waiting: somebody must answer first."""
        self.page.evaluate(f"() => {{ actions.{script}.then((r) => {{ window.result = r; }}); }}")

    @property
    def frame(self) -> FrameLocator:
        return self.page.frame_locator("#here iframe")

    def fill(self, number: str) -> None:
        self.frame.get_by_label("Card number").fill(number)
        self.frame.get_by_label("Expiration").fill("1234")
        self.frame.get_by_label("Security code").fill("123")
        self.frame.get_by_label("Postal code").fill("94107")

    def fill_page(self, number: str) -> None:
        self.frame.get_by_label("Email").fill("ann@example.com")
        self.frame.get_by_label("Name on card").fill("Ann Lee")
        self.fill(number)

    def status(self, session: stripe.checkout.Session) -> str | None:
        return self.client.v1.checkout.sessions.retrieve(session.id).payment_status


@pytest.fixture
def shop(page: Page, shop_url: str, client: stripe.StripeClient) -> Shop:
    return Shop(page, shop_url, client)


# ---- Stripe's page in a frame ----


def test_an_embedded_page_is_declined_then_paid_and_the_shops_page_goes_on(shop):
    session = shop.embed()
    shop.fill_page(DECLINED)
    shop.frame.get_by_role("button", name="Pay $39.00").click()
    expect(shop.frame.get_by_role("alert")).to_have_text("Your card was declined.")
    shop.frame.get_by_label("Card number").fill(GOOD)
    shop.frame.get_by_role("button", name="Pay $39.00").click()
    shop.page.wait_for_url(f"**/back?id={session.id}")
    assert shop.status(session) == "paid"


def test_an_embedded_page_leads_to_the_bank_and_back(shop):
    session = shop.embed()
    shop.fill_page(ASKS)
    shop.frame.get_by_role("button", name="Pay $39.00").click()
    shop.frame.get_by_role("button", name="Complete").click()
    shop.page.wait_for_url(f"**/back?id={session.id}")
    assert shop.status(session) == "paid"


def test_an_embedded_page_that_stays_tells_the_shops_page(shop):
    session = shop.embed(redirect_on_completion="never")
    shop.fill_page(GOOD)
    shop.frame.get_by_role("button", name="Pay $39.00").click()
    shop.page.wait_for_function("window.completed")
    expect(shop.frame.get_by_role("heading", name="You’re all done here")).to_be_visible()
    assert shop.status(session) == "paid"


def test_a_frame_without_the_secret_shows_nothing(shop):
    session = shop.embed()
    shop.page.evaluate(
        """() => { const frame = document.querySelector("#here iframe");
                   frame.src = frame.src.replace(/#.*/, "?again#cs_x_secret_y"); }"""
    )
    expect(shop.frame.get_by_role("heading", name="could not be loaded")).to_be_visible()
    assert shop.status(session) == "unpaid"


def test_an_embedded_page_can_be_used_by_everybody(shop):
    shop.embed()
    expect(shop.frame.get_by_role("button", name="Pay $39.00")).to_be_visible()
    assert Axe().run(shop.page).response["violations"] == []


# ---- Elements of the shop's page ----


def test_elements_show_a_session_and_pay_it(shop):
    session = shop.mount()
    known = shop.act("getSession()")
    assert known["total"]["total"] == {"minorUnitsAmount": 3900, "amount": "$39.00"}
    assert [line["name"] for line in known["lineItems"]] == ["Lamp"]
    assert (known["status"], known["canConfirm"]) == ({"type": "open"}, False)
    assert shop.act("updateEmail('ann')")["error"]["code"] == "invalidEmail"
    assert shop.act("updateEmail('ann@example.com')")["session"]["canConfirm"]
    shop.fill(GOOD)
    done = shop.act("confirm({ redirect: 'if_required' })")
    assert done["session"]["status"] == {"type": "complete", "paymentStatus": "paid"}
    details = shop.client.v1.checkout.sessions.retrieve(session.id).customer_details
    assert details.email == "ann@example.com"


def test_elements_lead_back_to_the_shop(shop):
    session = shop.mount(
        return_url=f"{shop.url}back?id={{CHECKOUT_SESSION_ID}}", customer_email="ann@example.com"
    )
    shop.fill(GOOD)
    shop.start("confirm()")
    shop.page.wait_for_url(f"**/back?id={session.id}")
    assert shop.status(session) == "paid"


def test_elements_say_that_a_card_was_declined_and_why(shop):
    session = shop.mount(customer_email="ann@example.com")
    shop.fill(DECLINED)
    refused = shop.act("confirm({ redirect: 'if_required' })")
    assert refused == {
        "type": "error",
        "error": {
            "message": "Your card was declined.",
            "code": "paymentFailed",
            "paymentFailed": {"declineCode": "generic_decline"},
        },
    }
    assert shop.status(session) == "unpaid"


@pytest.mark.parametrize(
    ("button", "outcome", "status"), [("Complete", "success", "paid"), ("Fail", "error", "unpaid")]
)
def test_elements_ask_the_cards_owner_over_the_page(shop, button, outcome, status):
    session = shop.mount(customer_email="ann@example.com")
    shop.fill(ASKS)
    shop.start("confirm({ redirect: 'if_required' })")
    shop.page.frame_locator("dialog iframe").get_by_role("button", name=button).click()
    shop.page.wait_for_function("window.result")
    assert shop.page.evaluate("result.type") == outcome
    assert shop.status(session) == status


def test_elements_say_so_when_the_session_ends_while_the_bank_asks(shop):
    session = shop.mount(customer_email="ann@example.com")
    shop.fill(ASKS)
    shop.start("confirm({ redirect: 'if_required' })")
    complete = shop.page.frame_locator("dialog iframe").get_by_role("button", name="Complete")
    expect(complete).to_be_visible()
    shop.client.v1.checkout.sessions.expire(session.id)
    complete.click()
    shop.page.wait_for_function("window.result")
    assert "was not confirmed" in shop.page.evaluate("result.error.message")
    assert shop.status(session) == "unpaid"


def test_elements_show_no_question_of_the_bank_that_is_over(shop):
    session = shop.mount(customer_email="ann@example.com")
    shop.fill(ASKS)

    def too_late(route: Route) -> None:
        shop.client.v1.checkout.sessions.expire(session.id)
        route.continue_()

    shop.page.route("**/3d_secure_2/hosted?*", too_late)
    shop.start("confirm({ redirect: 'if_required' })")
    shop.page.wait_for_function("window.result")
    assert shop.page.evaluate("result.type") == "error"
    expect(shop.page.locator("dialog")).to_have_count(0)


def test_elements_ask_once_however_often_pay_is_clicked(shop):
    session = shop.mount(customer_email="ann@example.com")
    shop.fill(ASKS)
    confirm = "actions.confirm({ redirect: 'if_required' })"
    shop.page.evaluate(
        f"() => {{ Promise.all([{confirm}, {confirm}]).then((r) => {{ window.result = r; }}); }}"
    )
    shop.page.frame_locator("dialog iframe").get_by_role("button", name="Complete").click()
    shop.page.wait_for_function("window.result")
    assert shop.page.evaluate("result.map(({ type }) => type)") == ["success", "success"]
    assert shop.status(session) == "paid"


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
def test_what_is_not_there_is_refused_by_name(shop, script, message):
    said = shop.page.evaluate(
        f"async () => {{ try {{ await {script}; }} catch (error) {{ return error.message; }} }}"
    )
    assert message in said
