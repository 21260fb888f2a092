"""The Checkout page, as a payer meets it: pay, be declined, come back, find it closed."""

import pytest
import stripe
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.payer import ASKS, DECLINED, GOOD, PHONE, PayForm, charges, current

pytestmark = pytest.mark.usefixtures("stripe_url")  # its pages are served
SHOP = "https://shop.example"
DAYS = 86_400  # seconds
DEBIT, EMPTY_ACCOUNT = "000123456789", "000222222227"


class Payer(PayForm):
    """Somebody in front of a Checkout page."""

    def __init__(self, page: Page, session: stripe.checkout.Session, base: str = "") -> None:
        super().__init__(page)
        self.page = page
        self.session = session
        self.url = f"{base}/c/pay/{session.id}" if base else str(session.url)
        page.route(
            f"{SHOP}/**",
            lambda route: route.fulfill(content_type="text/html", body="<h1>The shop</h1>"),
        )
        self.come()

    def come(self) -> None:
        """Open the session's page; wait until it shows something."""
        self.page.goto(self.url)
        expect(self.page.locator("#loading")).to_be_hidden()

    def arrives(self, where: str) -> None:
        """Wait until the shop's page is there, `paid` or `cart`."""
        self.page.wait_for_url(f"{SHOP}/{where}**")


@pytest.fixture
def sell(client):
    """A session for two things, $39.00 and twice $5.00, with these parameters changed."""

    def sell(**params) -> stripe.checkout.Session:
        wanted = {
            "mode": "payment",
            "success_url": f"{SHOP}/paid?session_id={{CHECKOUT_SESSION_ID}}",
            "cancel_url": f"{SHOP}/cart",
            "line_items": [line("Lamp", 3900), line("Cup", 500, 2)],
            "branding_settings": {"display_name": "Lights & Cups"},
        }
        return client.v1.checkout.sessions.create({**wanted, **params})

    return sell


def line(name: str, amount: int, quantity: int = 1, currency: str = "usd"):
    price = {"currency": currency, "unit_amount": amount, "product_data": {"name": name}}
    return {"price_data": price, "quantity": quantity}


@pytest.fixture
def visit(page: Page, sell):
    """Somebody who came to the page of a new session."""

    def visit(**params) -> Payer:
        return Payer(page, sell(**params))

    return visit


@pytest.fixture
def now(client):
    """The payer's session as it is now, with its payment."""
    return lambda payer: current(client, payer.session)


def test_the_page_shows_what_is_sold_and_takes_the_payment(visit, now):
    payer = visit()

    expect(payer.page).to_have_title("Pay Lights & Cups")
    expect(payer.page.locator("#total")).to_have_text("$49.00")
    expect(payer.page.get_by_role("listitem")).to_have_text(["LampQty 1$39.00", "CupQty 2$10.00"])
    payer.fill()
    payer.page.get_by_role("button", name="Pay $49.00").click()
    payer.arrives("paid")

    assert payer.page.url == f"{SHOP}/paid?session_id={payer.session.id}"
    done = now(payer)
    assert (done.status, done.payment_status) == ("complete", "paid")
    assert done.payment_intent.amount_received == 4900
    assert (done.customer_details.email, done.customer_details.name) == (
        "ann@example.com",
        "Ann Lee",
    )
    assert done.customer_details.address.postal_code == "94107"


def test_a_declined_card_is_told_and_another_pays(visit, client):
    payer = visit()

    payer.fill(DECLINED)
    payer.button.click()
    expect(payer.problem).to_have_text("Your card was declined.")
    payer.page.get_by_label("Card number").fill(GOOD)
    payer.button.click()
    payer.arrives("paid")

    assert charges(client, payer.session) == ["succeeded", "failed"]


def test_what_is_missing_or_wrong_is_said_and_nothing_is_sent(visit, now):
    payer = visit()

    payer.page.get_by_label("Card number").fill("4242424242424241")
    payer.page.get_by_label("Expiration").fill("01 / 20")
    payer.button.click()

    expect(payer.page.get_by_label("Email")).to_be_focused()
    expect(payer.page.locator(".error:visible")).to_have_text(
        [
            "Your email address is incomplete.",
            "Your card number is invalid.",
            "Your card's expiration year is in the past.",
            "Your card's security code is incomplete.",
            "Your name is missing.",
            "Your postal code is incomplete.",
        ]
    )
    payer.fill()
    expect(payer.page.locator(".error:visible")).to_have_count(0)
    assert now(payer).payment_intent is None


def test_all_of_it_can_be_done_by_keyboard(visit):
    payer = visit()
    keyboard = payer.page.keyboard

    payer.page.get_by_label("Email").focus()
    keyboard.type("ann@example.com")
    keyboard.press("Tab")
    keyboard.type("42424242424242421234123")
    keyboard.press("Tab")
    keyboard.type("Ann Lee")
    keyboard.press("Tab")  # the country is right
    keyboard.press("Tab")
    keyboard.type("94107")
    keyboard.press("Enter")

    payer.arrives("paid")


def test_back_leads_to_the_shop_and_the_page_can_be_opened_again(visit, now):
    payer = visit()

    payer.page.get_by_role("link", name="Back").click()
    payer.arrives("cart")
    payer.come()
    payer.fill()
    payer.button.click()
    payer.arrives("paid")

    assert now(payer).payment_status == "paid"


def test_an_expired_session_says_so_and_leads_back(visit, client):
    payer = visit()

    client.v1.checkout.sessions.expire(payer.session.id)
    payer.fill()
    payer.button.click()

    expect(payer.page.get_by_role("heading", name="This page has expired")).to_be_visible()
    payer.page.get_by_role("link", name="Return to the shop").click()
    payer.arrives("cart")


def test_a_completed_session_says_so(visit):
    payer = visit()
    payer.fill()
    payer.button.click()
    payer.arrives("paid")

    payer.come()

    expect(payer.page.get_by_role("heading")).to_have_text("You’re all done here")
    expect(payer.button).to_be_hidden()


def test_an_address_without_a_session_says_so(page: Page, visit):
    payer = visit()

    page.goto(f"{payer.session.url}x")

    expect(page.get_by_role("heading")).to_have_text("There is nothing to pay here")


def test_a_page_that_cannot_be_loaded_says_so(page: Page, visit):
    payer = visit()

    page.route("**/v1/**", lambda route: route.abort())
    payer.come()

    expect(page.get_by_role("heading", name="This page could not be loaded")).to_be_visible()


def test_a_double_click_pays_once(visit, client):
    payer = visit()

    payer.fill()
    payer.button.dblclick()
    payer.arrives("paid")

    assert charges(client, payer.session) == ["succeeded"]


def test_an_answer_that_is_lost_leads_to_the_shop_all_the_same(visit, client):
    payer = visit()

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    payer.page.route("**/confirm", lose)
    payer.fill()
    payer.button.click()
    payer.arrives("paid")

    assert charges(client, payer.session) == ["succeeded"]


def test_a_stripe_that_does_not_answer_is_told_and_asked_again(visit, now):
    payer = visit()

    payer.page.route("**/v1/**", lambda route: route.abort())
    payer.fill()
    payer.button.click()
    expect(payer.problem).to_have_text("The local Stripe did not answer.")
    payer.page.unroute("**/v1/**")
    payer.button.click()
    payer.arrives("paid")

    assert now(payer).payment_status == "paid"


def test_two_tabs_pay_once_and_both_arrive(visit, client):
    first = visit()
    second = Payer(first.page.context.new_page(), first.session)

    first.fill()
    second.fill("5555555555554444")
    first.button.click(no_wait_after=True)
    second.button.click(no_wait_after=True)
    first.arrives("paid")
    second.arrives("paid")

    assert charges(client, first.session) == ["succeeded"]


@pytest.mark.parametrize(
    ("answer", "status"), [("Complete", "complete"), ("Fail", "open")], ids=["complete", "fail"]
)
def test_3d_secure_leads_to_the_bank_and_back(visit, now, answer, status):
    payer = visit()

    payer.fill(ASKS)
    payer.button.click()
    payer.page.get_by_role("button", name=f"{answer} authentication").click()

    if status == "complete":
        payer.arrives("paid")
    else:
        expect(payer.problem).to_contain_text("unable to authenticate your payment method")
        assert payer.page.url == payer.session.url
    assert now(payer).status == status


def test_on_a_phone_the_reason_is_in_view_after_the_bank(visit):
    payer = visit()
    payer.page.set_viewport_size(PHONE)

    payer.fill(ASKS)
    payer.button.click()
    payer.page.get_by_role("button", name="Fail authentication").click()

    expect(payer.problem).to_contain_text("unable to authenticate")
    expect(payer.problem).to_be_in_viewport()


def test_after_a_failed_challenge_another_card_pays(visit, now):
    payer = visit()
    payer.fill(ASKS)
    payer.button.click()
    payer.page.get_by_role("button", name="Fail authentication").click()
    expect(payer.problem).not_to_be_empty()

    payer.fill()
    payer.button.click()
    payer.arrives("paid")

    assert now(payer).payment_status == "paid"


def test_all_of_it_works_behind_a_proxy_with_a_path_prefix(page: Page, sell, now):
    hub = "https://hub.example/user/ann/proxy/12111"
    session = sell()
    origin = session.url.partition("/c/pay/")[0]
    page.route(
        f"{hub}/**",
        lambda route: route.fulfill(
            response=route.fetch(url=route.request.url.replace(hub, origin))
        ),
    )
    payer = Payer(page, session, hub)

    payer.fill(ASKS)
    payer.button.click()
    page.get_by_role("button", name="Complete authentication").click()
    payer.arrives("paid")

    assert now(payer).payment_status == "paid"


@pytest.mark.parametrize(
    ("account", "payment_status", "event"),
    [(DEBIT, "paid", "succeeded"), (EMPTY_ACCOUNT, "unpaid", "failed")],
    ids=["success", "failure"],
)
def test_a_bank_debit_completes_the_session_and_settles_days_later(
    visit, now, local, client, account, payment_status, event
):
    payer = visit(allowed_payment_method_types=["card", "us_bank_account"])

    payer.fill_bank(account)
    payer.button.click()
    payer.arrives("paid")
    waiting = now(payer)
    local.advance(5 * DAYS)

    assert (waiting.status, waiting.payment_status) == ("complete", "unpaid")
    assert now(payer).payment_status == payment_status
    told = client.v1.events.list({"type": f"checkout.session.async_payment_{event}"}).data
    assert told[0].data.object["id"] == payer.session.id


def test_an_account_in_the_euro_area_pays_by_its_iban(visit, now):
    payer = visit(
        line_items=[line("Lamp", 3900, currency="eur")],
        allowed_payment_method_types=["sepa_debit"],
    )

    expect(payer.page.get_by_role("radio")).to_have_count(0)
    payer.page.get_by_label("Email").fill("ann@example.com")
    payer.page.get_by_label("Account holder").fill("Ann Lee")
    payer.page.get_by_label("IBAN").fill("at61 1904 3002 3457 3201")
    payer.button.click()
    payer.arrives("paid")

    assert now(payer).payment_intent.status == "processing"


@pytest.mark.parametrize(
    ("currency", "amount", "shown"),
    [
        ("jpy", 4900, "¥4,900"),
        ("kwd", 4900, "KWD 4.900"),
        ("eur", 490000, "€4,900.00"),
        ("huf", 4900000, "HUF 49,000"),
    ],
)
def test_the_total_has_the_form_of_its_currency(visit, currency, amount, shown):
    payer = visit(line_items=[line("Lamp", amount, currency=currency)])

    expect(payer.page.locator("#total")).to_have_text(shown)
    expect(payer.button).to_have_text(f"Pay {shown}")


def test_a_text_of_the_shop_is_never_taken_for_a_page(visit):
    nasty = "<img src=x onerror=document.title='gotcha'> & <b>bold</b>"

    payer = visit(
        line_items=[line(nasty, 3900)],
        branding_settings={"display_name": nasty},
        customer_email='"><script>alert(1)</script>@example.com',
    )

    expect(payer.page.locator(".what")).to_have_text(nasty)
    expect(payer.page).to_have_title(f"Pay {nasty}")
    assert payer.page.locator("main img, main b, main script").count() == 0


def test_an_address_that_the_shop_knows_is_not_asked_for(visit, now):
    payer = visit(customer_email="shop@example.com")

    expect(payer.page.get_by_label("Email")).to_have_value("shop@example.com")
    expect(payer.page.get_by_label("Email")).not_to_be_editable()
    payer.fill()
    payer.button.click()
    payer.arrives("paid")

    assert now(payer).customer_details.email == "shop@example.com"


def test_a_card_is_saved_where_nothing_is_sold(client, page):
    customer = client.v1.customers.create({"email": "ann@example.com"})
    session = client.v1.checkout.sessions.create(
        {
            "mode": "setup",
            "currency": "usd",
            "customer": customer.id,
            "success_url": f"{SHOP}/paid",
        }
    )
    payer = Payer(page, session)

    expect(page.get_by_role("link", name="Back")).to_be_hidden()
    payer.fill()
    page.get_by_role("button", name="Save").click()
    payer.arrives("paid")

    (saved,) = client.v1.customers.payment_methods.list(customer.id).data
    assert saved.card.last4 == "4242"


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1200, "light")])
def test_nobody_is_kept_from_paying(browser: Browser, sell, width, scheme):
    size = {"width": width, "height": 800}
    context = browser.new_context(color_scheme=scheme, viewport=size)
    session = sell(allowed_payment_method_types=["card", "us_bank_account"])
    payer = Payer(context.new_page(), session)

    payer.button.click()
    card = Axe().run(payer.page)
    payer.page.get_by_label("US bank account").check()
    bank = Axe().run(payer.page)
    scrolls = "document.documentElement.scrollWidth > innerWidth"
    is_too_wide = payer.page.evaluate(scrolls)
    context.close()

    assert card.violations_count == 0, card.generate_report()
    assert bank.violations_count == 0, bank.generate_report()
    assert not is_too_wide


def test_the_page_of_a_closed_session_is_clean_too(visit, client):
    payer = visit()
    client.v1.checkout.sessions.expire(payer.session.id)

    payer.come()
    results = Axe().run(payer.page)

    assert results.violations_count == 0, results.generate_report()
