"""Stripe's pages in the payer's language: Checkout, the card field, the Payment Element."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import stripe
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, FrameLocator, Page, expect

from local_stripe import PUBLISHABLE_KEY
from local_stripe.languages import TABLES
from tests.browser.payer import ASKS, DECLINED
from tests.browser.served import served

PHONE = {"width": 320, "height": 640}
SHOP_PAGE = """<!doctype html>
<html lang="de">
<head><meta charset="utf-8"><title>Zahlen</title><script src="{stripe_js}"></script></head>
<body><main><h1>Zahlen</h1><div id="card"></div><div id="payment"></div></main></body>
</html>
"""


@pytest.fixture
def sell(client: stripe.StripeClient, stripe_url: str):
    """The address of a page on which a lamp is paid for, with these parameters."""

    def sell(**params: Any) -> str:
        price = {"currency": "eur", "unit_amount": 123456, "product_data": {"name": "Lamp"}}
        wanted = {
            "mode": "payment",
            "success_url": "https://shop.example/paid",
            "cancel_url": "https://shop.example/cart",
            "line_items": [{"price_data": price, "quantity": 2}],
            "branding_settings": {"display_name": "Card"},
            "allowed_payment_method_types": ["card", "sepa_debit"],
        }
        return str(client.v1.checkout.sessions.create({**wanted, **params}).url)

    return sell


def come(page: Page, url: str) -> None:
    page.goto(url)
    expect(page.locator("#open")).to_be_visible()


def test_checkout_speaks_the_language_that_the_shop_asks_for(page, sell):
    come(page, sell(locale="de"))

    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page).to_have_title("Zahlung an Card")  # a shop's name is not translated
    expect(page.locator("#total")).to_have_text("2.469,12\xa0€")
    expect(page.get_by_role("listitem")).to_have_text("LampAnz. 22.469,12\xa0€")
    expect(page.get_by_role("link", name="Zurück")).to_be_visible()
    expect(page.get_by_label("SEPA-Lastschrift")).to_be_visible()
    expect(page.get_by_label("Land oder Region")).to_have_value("DE")
    expect(page.get_by_label("Land oder Region").locator("option:checked")).to_have_text(
        "Deutschland"
    )
    page.get_by_role("button", name="2.469,12 € bezahlen").click()
    expect(page.locator("#number-error")).to_have_text("Ihre Kartennummer ist unvollständig.")
    assert Axe().run(page).violations_count == 0


def test_a_bank_refuses_in_the_payers_language(page, sell):
    come(page, sell(locale="de"))

    fill(page, DECLINED)
    expect(page.get_by_role("alert")).to_have_text("Ihre Karte wurde abgelehnt.")
    fill(page, ASKS)
    page.get_by_role("button", name="Fail authentication").click()
    expect(page.get_by_role("alert")).to_contain_text("konnte nicht authentifiziert werden")


def fill(page: Page, number: str) -> None:
    page.get_by_label("E-Mail").fill("ann@example.com")
    page.get_by_label("Kartennummer").fill(number)
    page.get_by_label("Ablaufdatum").fill("1234")
    page.get_by_label("Prüfnummer").fill("123")
    page.get_by_label("Name auf der Karte").fill("Ann Lee")
    page.locator("#submit").click()


@pytest.mark.parametrize(
    ("browsers", "locale", "title", "total"),
    [
        ("fr-CA", None, "Paiement à Card", "2\xa0469,12\xa0€"),
        ("de-AT", "auto", "Zahlung an Card", "€\xa02.469,12"),
        ("en-GB", None, "Pay Card", "€2,469.12"),
        ("he-IL", None, "Pay Card", "€2,469.12"),  # Checkout does not speak it
        ("fr-CA", "en", "Pay Card", "€2,469.12"),
    ],
)
def test_unless_the_shop_says_so_the_browser_decides(
    browser: Browser, sell, browsers, locale, title, total
):
    with browser.new_context(locale=browsers) as context:
        page = context.new_page()
        come(page, sell(**({"locale": locale} if locale else {})))
        expect(page).to_have_title(title)
        written = page.locator("#total").inner_text().replace("\u202f", "\xa0")
    assert written == total


def test_a_closed_session_says_so_in_its_language(page, sell, client):
    url = sell(locale="es-419")
    client.v1.checkout.sessions.expire(url.rpartition("/")[2])

    page.goto(url)

    words = {**table("es"), **table("es-419")}
    expect(page.get_by_role("heading")).to_have_text(words["This page has expired"])


def test_a_page_whose_words_cannot_be_loaded_either_says_so_in_english(browser: Browser, sell):
    with browser.new_context(locale="de-AT") as context:
        page = context.new_page()
        page.route("**/v1/**", lambda route: route.abort())
        page.route("**/words/**", lambda route: route.abort())
        page.goto(sell())
        expect(page.get_by_role("heading", name="could not be loaded")).to_be_visible()


def test_no_language_breaks_the_page_of_a_phone(page, sell):
    """Long words wrap, nothing sticks out, and the form speaks as it was told."""
    page.set_viewport_size(PHONE)
    broken = []
    for tag in TABLES:
        come(page, sell(locale=tag))
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            broken.append(f"{tag}: sticks out")
        if page.locator("#submit").evaluate(
            "({scrollWidth, clientWidth}) => scrollWidth > clientWidth"
        ):
            broken.append(f"{tag}: button")
        words = {"Name on card": "Name on card", **table(tag.partition("-")[0]), **table(tag)}
        if not page.get_by_label(words["Name on card"], exact=True).is_visible():
            broken.append(f"{tag}: label")
    assert broken == []


def table(tag: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(TABLES[tag].read_text("utf-8")) if tag in TABLES else {}
    return found


@pytest.fixture
def shop(page: Page, stripe_url: str) -> Iterator[Page]:
    """A shop's page with Stripe.js."""
    html = SHOP_PAGE.format(stripe_js=f"{stripe_url}/v3/")
    with served({"/": html}) as url:
        page.goto(url)
        yield page


def mount(page: Page, group: dict[str, Any], **options: Any) -> FrameLocator:
    """Mount an element of this kind; the frame that its fields are in."""
    page.evaluate(
        """([key, options, {type, ...group}]) => {
          window.stripe = Stripe(key, options);
          window.elements = stripe.elements(group);
          window.element = elements.create(type);
          const ready = new Promise((resolve) => element.on("ready", resolve));
          element.mount(`#${type}`);
          return ready.then(() => null);
        }""",
        [PUBLISHABLE_KEY, options, group],
    )
    return page.frame_locator(f"#{group['type']} iframe")


def test_the_card_field_speaks_as_stripe_js_was_told(shop):
    fields = mount(shop, {"type": "card"}, locale="de")

    expect(fields.get_by_placeholder("Kartennummer")).to_be_visible()
    error = shop.evaluate("stripe.createToken(element).then(({ error }) => error)")
    assert (error["code"], error["message"]) == (
        "incomplete_number",
        "Ihre Kartennummer ist unvollständig.",
    )


def test_elements_may_speak_another_language_than_stripe_js(shop):
    group = {"type": "payment", "mode": "payment", "amount": 3900, "currency": "eur"}
    fields = mount(shop, {**group, "locale": "it"}, locale="de")

    expect(fields.get_by_label(table("it")["Card number"])).to_be_visible()


def test_a_decline_is_told_in_the_language_of_stripe_js(shop, client):
    intent = client.v1.payment_intents.create({"amount": 3900, "currency": "eur"})
    error = shop.evaluate(
        """([key, secret]) => Stripe(key, { locale: "de" })
          .confirmCardPayment(secret, { payment_method: "pm_card_chargeDeclined" })
          .then(({ error }) => error)""",
        [PUBLISHABLE_KEY, intent.client_secret],
    )
    assert error["message"] == "Ihre Karte wurde abgelehnt."
