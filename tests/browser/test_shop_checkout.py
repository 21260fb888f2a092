"""Paying on the pages of Stripe and of the bank, and what the shop makes of it, in a real browser.

Stripe's webhooks reach the shop when a test has them delivered: what a page says before and after
is then no matter of luck.
"""

import json
import re
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect

from local_stripe import LocalStripe
from tests.browser.payer import ASKS, DECLINED, GOOD
from tests.browser.shopper import Shopper, taken_for
from tests.sample_app.deliveries import carry

BUTTON = "Check out on Stripe's page"
PAYS, BOUNCES = "000123456789", "000222222227"
DAY = 24 * 60 * 60  # seconds


@pytest.fixture(scope="module")
def deliver(app: Flask, local: LocalStripe) -> Callable[[], object]:
    """Let the shop hear of everything that happened at Stripe."""
    return carry(app, local)


@pytest.fixture
def taken(local: LocalStripe, order_id: str) -> Callable[[], list[int]]:
    return partial(taken_for, local, order_id)


class Payer(Shopper):
    """A shopper who goes where the shop leads."""

    def go_to_checkout(self, order_id: str) -> None:
        self.open(f"/shop/orders/{order_id}/pay")
        self.press(BUTTON)
        expect(self.submit).to_be_enabled()

    def pay_at_stripe(self, number: str, *, double_click: bool = False) -> None:
        fill = self.page.get_by_label
        fill("Email", exact=True).fill("ada@example.com")
        fill("Card number").fill(number)
        fill("Expiration date").fill("1240")
        fill("Security code").fill("123")
        fill("Name on card").fill("Ada Lovelace")
        fill("Postal code").fill("94107")
        self.submit.click(click_count=2 if double_click else 1)

    def debit(self, account: str) -> None:
        fill = self.page.get_by_label
        fill("Email", exact=True).fill("ada@example.com")
        fill("US bank account").check()
        fill("Name on the account").fill("Ada Lovelace")
        fill("Routing number").fill("110000000")
        fill("Account number").fill(account)
        self.submit.click()

    def open_element(self, order_id: str) -> None:
        self.open(f"/shop/orders/{order_id}/pay")
        self.page.get_by_role("link", name="Use Stripe's Payment Element instead").click()
        expect(self.pay_button).to_be_enabled()

    def pay_in_element(self, number: str) -> None:
        fill = self.page.frame_locator("#payment iframe").get_by_label
        fill("Card number").fill(number)
        fill("Expiration date").fill("1240")
        fill("Security code").fill("123")
        fill("Postal code").fill("94107")
        self.pay_button.click()

    @property
    def bank(self) -> FrameLocator:
        return self.page.frame_locator("iframe[src*='3d_secure_2']")

    def answer_the_bank(self, button: str) -> None:
        self.page.get_by_role("button", name=button).click()

    @property
    def submit(self) -> Locator:
        return self.page.locator("#submit")

    @property
    def heading(self) -> Locator:
        return self.page.get_by_role("heading", level=1)

    @property
    def waiting(self) -> Locator:
        return self.page.locator("#waiting")


@pytest.fixture
def payer(page: Page, shop_url: str) -> Iterator[Payer]:
    """Whatever the test does, no page may run into an error or its own content policy."""
    payer = Payer(page, shop_url)
    yield payer
    assert payer.complaints == []


# On Stripe's page


def test_a_customer_pays_at_stripe_and_the_order_page_hears_of_it(payer, order_id, deliver, taken):
    payer.go_to_checkout(order_id)
    payer.pay_at_stripe(GOOD)
    expect(payer.heading).to_have_text("Thank you")
    expect(payer.waiting).to_contain_text("waiting for Stripe to tell our stockroom")

    payer.page.get_by_role("link", name="See your order").click()
    expect(payer.status).to_have_text("Not paid yet")
    expect(payer.waiting).to_contain_text("we are waiting for Stripe to tell us")

    deliver()
    expect(payer.status).to_have_text("Paid")  # nobody pressed anything: the page looked
    assert taken() == [8900]


def test_after_a_declined_card_another_one_pays_at_stripe(payer, order_id, taken):
    payer.go_to_checkout(order_id)
    payer.pay_at_stripe(DECLINED)
    expect(payer.page.get_by_role("alert")).to_contain_text("declined")
    payer.pay_at_stripe(GOOD)
    expect(payer.heading).to_have_text("Thank you")
    assert taken() == [8900]


def test_who_completes_the_banks_page_has_paid_at_stripe(payer, order_id, taken):
    payer.go_to_checkout(order_id)
    payer.pay_at_stripe(ASKS)
    payer.answer_the_bank("Complete authentication")
    expect(payer.heading).to_have_text("Thank you")
    assert taken() == [8900]


def test_who_fails_at_the_bank_tries_again_at_stripe(payer, order_id, taken):
    payer.go_to_checkout(order_id)
    payer.pay_at_stripe(ASKS)
    payer.answer_the_bank("Fail authentication")
    expect(payer.page.get_by_role("alert")).to_contain_text("authenticate")
    assert taken() == []
    payer.pay_at_stripe(GOOD)
    expect(payer.heading).to_have_text("Thank you")
    assert taken() == [8900]


def test_who_comes_back_without_paying_finds_the_order_and_pays_by_card(payer, order_id, taken):
    payer.go_to_checkout(order_id)
    at_stripe = payer.page.url
    payer.page.get_by_role("link", name="Back").click()
    expect(payer.message).to_have_text(re.compile("You have not paid. Your order is kept"))
    payer.pay(GOOD)
    expect(payer.status).to_have_text("Paid")

    payer.page.goto(at_stripe)
    expect(payer.submit).to_be_hidden()
    assert taken() == [8900]


def test_a_double_click_on_the_way_there_opens_one_page(payer, order_id, app, taken):
    payer.open(f"/shop/orders/{order_id}/pay")
    payer.page.get_by_role("button", name=BUTTON).dblclick()
    expect(payer.submit).to_be_enabled()
    sessions = app.extensions["stripe"].v1.checkout.sessions.list({"limit": 100}).data
    assert [session.client_reference_id for session in sessions].count(order_id) == 1
    payer.pay_at_stripe(GOOD, double_click=True)
    expect(payer.heading).to_have_text("Thank you")
    assert taken() == [8900]


def test_in_two_tabs_the_order_is_paid_once(payer, order_id, taken):
    payer.go_to_checkout(order_id)
    tab = Payer(payer.page.context.new_page(), payer.url)
    tab.open_card_form(order_id)
    payer.pay_at_stripe(GOOD)
    expect(payer.heading).to_have_text("Thank you")
    tab.pay(GOOD)
    expect(tab.status).to_have_text("Paid")
    assert taken() == [8900]


def test_a_page_that_expired_leads_back_and_the_order_gets_another(
    payer, order_id, local, deliver, taken
):
    payer.go_to_checkout(order_id)
    expired = payer.page.url
    local.advance(DAY + 1)
    deliver()
    payer.page.goto(expired)
    expect(payer.submit).to_be_hidden()
    payer.go_to_checkout(order_id)
    assert payer.page.url != expired
    payer.pay_at_stripe(GOOD)
    expect(payer.heading).to_have_text("Thank you")
    assert taken() == [8900]


def test_a_debit_pays_the_order_days_later(payer, order_id, local, deliver, taken):
    payer.go_to_checkout(order_id)
    payer.debit(PAYS)
    expect(payer.heading).to_have_text("We are waiting for your bank")
    deliver()
    payer.open(f"/shop/orders/{order_id}")
    expect(payer.status).to_have_text("Not paid yet")
    local.advance(10 * DAY)
    deliver()
    expect(payer.status).to_have_text("Paid")
    assert taken() == [8900]


def test_after_a_debit_that_bounced_the_order_is_paid_by_card(
    payer, order_id, local, deliver, taken
):
    payer.go_to_checkout(order_id)
    payer.debit(BOUNCES)
    expect(payer.heading).to_have_text("We are waiting for your bank")
    local.advance(10 * DAY)
    deliver()
    payer.page.reload()
    expect(payer.heading).to_have_text("The payment was not completed")
    payer.open_card_form(order_id)
    payer.pay(GOOD)
    expect(payer.status).to_have_text("Paid")
    assert taken() == [8900]


# The bank's page, on the way of the shop's own card form


def test_who_completes_the_banks_page_has_paid(payer, order_id, taken):
    payer.open_card_form(order_id)
    payer.pay(ASKS)
    payer.answer_the_bank("Complete authentication")
    expect(payer.message).to_have_text("Thank you. Your order is paid.")
    expect(payer.status).to_have_text("Paid")
    assert taken() == [8900]


def test_who_fails_at_the_bank_tries_again(payer, order_id, taken):
    payer.open_card_form(order_id)
    payer.pay(ASKS)
    payer.answer_the_bank("Fail authentication")
    expect(payer.message).to_contain_text("Your bank could not make sure that it was you.")
    assert taken() == []
    payer.pay(ASKS)
    payer.answer_the_bank("Complete authentication")
    expect(payer.status).to_have_text("Paid")
    assert taken() == [8900]


def test_who_leaves_the_banks_page_pays_with_another_card(payer, order_id, taken):
    payer.open_card_form(order_id)
    payer.pay(ASKS)
    expect(payer.page.get_by_role("button", name="Complete authentication")).to_be_visible()
    left = payer.page.url
    payer.open_card_form(order_id)
    payer.pay(GOOD)
    expect(payer.status).to_have_text("Paid")

    payer.page.goto(left)
    expect(payer.page.get_by_role("button", name="Complete authentication")).to_be_hidden()
    assert taken() == [8900]


# The Payment Element: the bank's question comes over the page


def test_a_customer_pays_in_the_payment_element(payer, order_id, taken):
    payer.open_element(order_id)
    payer.pay_in_element(DECLINED)
    expect(payer.problem).to_contain_text("declined")
    payer.pay_in_element(GOOD)
    expect(payer.message).to_have_text("Thank you. Your order is paid.")
    assert taken() == [8900]


def test_the_bank_asks_over_the_payment_element(payer, order_id, taken):
    payer.open_element(order_id)
    payer.pay_in_element(ASKS)
    payer.bank.get_by_role("button", name="Fail authentication").click()
    expect(payer.problem).to_contain_text("authenticate")
    assert taken() == []
    payer.pay_in_element(ASKS)
    payer.bank.get_by_role("button", name="Complete authentication").click()
    expect(payer.message).to_have_text("Thank you. Your order is paid.")
    assert taken() == [8900]


# Waiting


def test_a_page_that_waits_gives_up_after_a_minute(page, shop_url, order_id):
    payer = Payer(page, shop_url)
    payer.go_to_checkout(order_id)
    page.clock.install()
    with payer.requests() as sent:  # from the first one on: the clock also runs by itself
        payer.open(f"/shop/orders/{order_id}")
        for _ in range(70):
            page.clock.run_for(1000)
        expect(payer.waiting).to_contain_text("It takes longer than usual.")
        page.clock.run_for(600_000)
    looks = [request for request in sent if request.url == f"{shop_url}/orders/{order_id}"]
    assert len(looks) == 7


def test_without_scripts_a_link_looks_again(browser: Browser, shop_url, order_id):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{shop_url}/shop/orders/{order_id}/pay")
    page.get_by_role("button", name=BUTTON).click()
    page.goto(f"{shop_url}/shop/orders/{order_id}")
    page.get_by_role("link", name="Look again now").click()
    expect(page.locator("#waiting")).to_be_visible()
    context.close()


# Every page, in both colours


def the_payment_element(payer: Payer, order_id: str) -> None:
    payer.open_element(order_id)


def the_thanks(payer: Payer, order_id: str) -> None:
    payer.go_to_checkout(order_id)
    payer.pay_at_stripe(GOOD)
    expect(payer.heading).to_have_text("Thank you")


def a_debit_under_way(payer: Payer, order_id: str) -> None:
    payer.go_to_checkout(order_id)
    payer.debit(PAYS)
    expect(payer.heading).to_have_text("We are waiting for your bank")


def nothing_paid(payer: Payer, order_id: str) -> None:
    payer.go_to_checkout(order_id)
    session_id = payer.page.url.rpartition("/")[2].partition("?")[0].partition("#")[0]
    payer.open(f"/shop/orders/{order_id}/checkout/success?session_id={session_id}")
    expect(payer.heading).to_have_text("The payment was not completed")


def an_order_that_waits(payer: Payer, order_id: str) -> None:
    payer.go_to_checkout(order_id)
    payer.open(f"/shop/orders/{order_id}")


@pytest.mark.parametrize(
    "go_to", [the_payment_element, the_thanks, a_debit_under_way, nothing_paid, an_order_that_waits]
)
def test_every_page_is_accessible_and_fits_a_phone(payer, order_id, go_to):
    go_to(payer, order_id)
    for color_scheme in ("light", "dark"):
        payer.page.emulate_media(color_scheme=color_scheme)
        violations = Axe().run(payer.page).response["violations"]
        serious = [found for found in violations if found["impact"] in {"serious", "critical"}]
        assert not serious, json.dumps(serious, indent=1)
    payer.page.set_viewport_size({"width": 390, "height": 844})
    assert payer.page.evaluate("document.documentElement.scrollWidth") == 390
