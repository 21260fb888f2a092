"""The bank's page: the card's owner completes the challenge or fails it, and is led back."""

from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.usefixtures("stripe_url")  # its pages are served
BACK = "https://shop.example/back?order=7#paid"


@pytest.fixture
def shop(page: Page) -> Page:
    """A browser in which the shop exists."""
    page.route(
        "https://shop.example/**",
        lambda route: route.fulfill(content_type="text/html", body="<h1>The shop</h1>"),
    )
    return page


@pytest.fixture
def pay(client, shop):
    """A payment by a card that asks, with the bank's page open in the browser."""

    def pay(card="threeDSecure2Required", **params):
        intent = client.v1.payment_intents.create(
            {
                "amount": 3900,
                "currency": "usd",
                "payment_method": f"pm_card_{card}",
                "confirm": True,
                "return_url": BACK,
                **params,
            }
        )
        shop.goto(intent.next_action.redirect_to_url.url)
        expect(shop.get_by_role("button")).to_have_count(2)
        return intent

    return pay


def came_back_with(page: Page) -> dict[str, str]:
    """What the address says with which the browser came back to the shop."""
    page.wait_for_url("https://shop.example/**")
    parts = urlsplit(page.url)
    assert (parts.path, parts.fragment) == ("/back", "paid")
    return {name: values[0] for name, values in parse_qs(parts.query).items()}


@pytest.mark.parametrize(
    "button, outcome, status",
    [
        ("Complete authentication", "succeeded", "succeeded"),
        ("Fail authentication", "failed", "requires_payment_method"),
    ],
)
def test_the_owner_answers_and_is_led_back(client, pay, shop, button, outcome, status):
    intent = pay()

    expect(shop.get_by_text("$39.00")).to_be_visible()
    expect(shop.get_by_text("Visa ···· 3220")).to_be_visible()
    expect(shop.get_by_text("Test shop")).to_be_visible()
    shop.get_by_role("button", name=button).click()

    assert came_back_with(shop) == {
        "order": "7",
        "payment_intent": intent.id,
        "payment_intent_client_secret": intent.client_secret,
        "redirect_status": outcome,
    }
    assert client.v1.payment_intents.retrieve(intent.id).status == status


def test_a_card_declined_after_the_challenge_leads_back_too(client, pay, shop):
    intent = pay("threeDSecureRequiredChargeDeclined")

    shop.get_by_role("button", name="Complete authentication").click()

    assert came_back_with(shop)["redirect_status"] == "failed"
    error = client.v1.payment_intents.retrieve(intent.id).last_payment_error
    assert error.code == "card_declined"


def test_amounts_without_cents_are_written_without_cents(pay, shop):
    pay(currency="jpy")

    expect(shop.get_by_text("¥3,900")).to_be_visible()


def test_a_card_is_saved_after_its_challenge(client, shop):
    intent = client.v1.setup_intents.create(
        {
            "payment_method": "pm_card_authenticationRequiredOnSetup",
            "confirm": True,
            "return_url": BACK,
        }
    )
    shop.goto(intent.next_action.redirect_to_url.url)
    expect(shop.get_by_text("Amount")).to_be_hidden()

    shop.get_by_role("button", name="Complete authentication").click()

    assert came_back_with(shop) == {
        "order": "7",
        "setup_intent": intent.id,
        "setup_intent_client_secret": intent.client_secret,
        "redirect_status": "succeeded",
    }


def test_a_challenge_that_is_over_says_so(client, pay, shop):
    intent = pay()
    client.v1.payment_intents.cancel(intent.id)

    shop.reload()

    expect(shop.get_by_role("heading", name="This challenge is over")).to_be_visible()
    expect(shop.get_by_text("The payment was canceled.")).to_be_visible()
    expect(shop.get_by_role("button")).to_have_count(0)


def test_who_confirms_an_amount_that_is_over_is_not_told_that_they_paid(client, pay, shop):
    intent = pay()
    client.v1.payment_intents.update(intent.id, {"amount": 9900})

    shop.get_by_role("button", name="Complete authentication").click()

    assert came_back_with(shop)["redirect_status"] == "failed"
    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_confirmation"


def test_an_answer_that_comes_too_late_changes_nothing(client, pay, shop):
    """The page is still open, while the payment was completed in another tab."""
    intent = pay()
    client.v1.payment_intents.confirm(
        intent.id, {"payment_method": "pm_card_visa", "return_url": BACK}
    )

    shop.get_by_role("button", name="Fail authentication").click()

    assert came_back_with(shop)["redirect_status"] == "succeeded"
    assert client.v1.payment_intents.retrieve(intent.id).status == "succeeded"


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x"])
def test_the_way_back_is_a_web_page(client, pay, shop, address):
    pay(return_url=address)

    shop.get_by_role("button", name="Complete authentication").click()

    expect(shop.get_by_role("alert")).to_have_text("The shop's address is none.")


def test_an_address_without_its_secret_shows_nothing(client, pay, shop):
    intent = pay()

    shop.goto(shop.url.replace(intent.client_secret, "pi_1_secret_2"))

    expect(shop.get_by_role("heading", name="There is nothing to confirm")).to_be_visible()
    expect(shop.get_by_text("$39.00")).to_be_hidden()


def test_assistive_technology_finds_nothing_serious(pay, shop):
    pay()

    found = Axe().run(shop).response["violations"]

    assert [rule["id"] for rule in found if rule["impact"] in ("serious", "critical")] == []


def test_the_page_fits_a_phone(pay, shop):
    shop.set_viewport_size({"width": 320, "height": 560})
    pay()

    assert shop.evaluate("document.documentElement.scrollWidth") == 320
