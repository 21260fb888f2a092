"""The staff pages in a real browser: in by password and phone, money back once, a parcel out."""

import json
import re
import time
from collections.abc import Iterator

import pyotp
import pytest
import stripe
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, expect

from sample_app.database import db
from sample_app.fulfilment import fulfil_at_once
from sample_app.orders import find_any_order
from sample_app.payments import pay
from tests.browser.shopper import PASSWORD, Shopper

EMAIL = "grace@shop.example"
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def paid(app: Flask, client: stripe.StripeClient, order_id: str) -> str:
    """The id of a guest's order of a rug, $89.00, paid."""
    with app.app_context():
        order = find_any_order(db.session, order_id)
        pay(db.session, client, order, payment_method="pm_card_visa")
        fulfil_at_once(order)
    return order_id


@pytest.fixture
def manager(page: Page, shop_url: str) -> Iterator[Shopper]:
    """Whatever the test does, no page may run into an error or its own content policy."""
    shopper = Shopper(page, shop_url)
    yield shopper
    assert shopper.complaints == []


def assert_accessible(page: Page) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        violations = Axe().run(page).response["violations"]
        serious = [found for found in violations if found["impact"] in {"serious", "critical"}]
        assert not serious, json.dumps(serious, indent=1)


def given_back(client: stripe.StripeClient) -> list[int]:
    return [refund.amount for refund in client.v1.refunds.list().data]


def invitation(app: Flask) -> str:
    """The path that `flask staff invite` prints."""
    invited = app.test_cli_runner().invoke(args=["staff", "invite", EMAIL, "manager"])
    return re.search(r"/staff/invitation\S+", invited.output)[0]


def test_a_manager_gets_in_by_invitation_and_phone_and_a_double_click_gives_money_back_once(
    manager, app, client, paid
):
    manager.sign_up(EMAIL)
    manager.open(invitation(app))
    page = manager.page
    expect(page.get_by_role("main")).to_contain_text(f"manager, as {EMAIL}")
    assert_accessible(page)
    manager.press("Accept")
    expect(manager.message).to_have_text(
        "You are manager now. Sign in anew, with your phone at hand."
    )
    manager.open(f"/staff/orders/{paid}")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    manager.press("Sign in")
    expect(page.get_by_role("heading", name="Set up the second step")).to_be_visible()
    picture = page.get_by_role("img", name="The secret below")
    assert picture.evaluate("picture => picture.naturalWidth") > 0
    assert_accessible(page)
    phone = pyotp.TOTP(page.locator("main code").inner_text())
    page.get_by_label("Code").fill(phone.at(time.time()))
    manager.press("Go on")

    expect(manager.status).to_have_text("Paid")
    assert_accessible(page)
    page.get_by_label("Amount").fill("10.505")
    page.get_by_label("Reason").fill("It broke.")
    manager.press("Refund")
    expect(page.locator("#amount-error")).to_have_text("USD has no amount 10.505.")
    assert_accessible(page)

    page.get_by_label("Amount").fill("89")
    page.get_by_role("button", name="Refund", exact=True).dblclick()
    expect(manager.message).to_have_text("Refund of $89.00: succeeded.")
    expect(manager.status).to_have_text("Refunded")
    assert given_back(client) == [8900]
    assert_accessible(page)

    page.get_by_role("link", name="Staff").click()
    expect(page.get_by_role("heading", name="All orders")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Order or e-mail address").fill(paid)
    manager.press("Find")
    expect(page.locator(".history a")).to_have_count(1)

    manager.open(f"/staff/orders/{paid}")
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
