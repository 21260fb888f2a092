"""A dispute in a real browser: staff save what they know, read it again, and send it once."""

import json

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from sqlalchemy import select

from sample_app.database import db
from sample_app.disputes import record
from sample_app.models import Customer
from sample_app.orders import find_any_order
from sample_app.payments import pay
from sample_app.roles import Role
from tests.browser.shopper import Shopper

EMAIL = "sam@shop.example"
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def dispute_id(app, client, order_id):
    """Somebody complains about an order of a rug, $89.00."""
    with app.app_context():
        order = find_any_order(db.session, order_id)
        pay(db.session, client, order, payment_method="pm_card_createDispute")
        charged = {"payment_intent": order.payment_intent_id}
        return record(db.session, order, client.v1.disputes.list(charged).data[0]).id


@pytest.fixture
def support(page, shop_url):
    """Whatever the test does, no page may run into an error or its own content policy."""
    shopper = Shopper(page, shop_url)
    yield shopper
    assert shopper.complaints == []


def enter(shopper, app):
    """Sign up, be given the role, and prove to have the phone."""
    shopper.sign_up(EMAIL)
    with app.app_context():
        member = db.session.scalars(select(Customer).where(Customer.email == EMAIL)).one()
        member.role = Role.SUPPORT
        db.session.commit()
    shopper.open("/staff/disputes")
    phone = pyotp.TOTP(shopper.page.locator("main code").inner_text())
    shopper.page.get_by_label("Code").fill(phone.now())
    shopper.press("Go on")


def assert_accessible(page):
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        violations = Axe().run(page).response["violations"]
        assert violations == [], json.dumps(violations, indent=1)


def test_evidence_is_typed_saved_and_sent(support, app, client, dispute_id):
    enter(support, app)
    page = support.page
    expect(page.get_by_role("heading", name="To answer")).to_be_visible()
    assert_accessible(page)

    page.get_by_role("link", name="fraudulent").click()
    expect(page.get_by_label("What was sold")).to_have_value("1x Rug")  # Stripe knew that
    page.get_by_label("Tracking number").fill("1Z 999")
    page.get_by_label("What else speaks for the payment").fill("Signed for.\nBy the customer.")
    support.press("Save the evidence")
    expect(support.message).to_have_text("The evidence is saved.")
    expect(page.get_by_label("Tracking number")).to_have_value("1Z 999")
    assert_accessible(page)

    support.press("Send to the bank")
    expect(support.message).to_have_text("The evidence is with the bank.")
    expect(page.get_by_role("button", name="Save the evidence")).to_have_count(0)
    assert_accessible(page)
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]

    sent = client.v1.disputes.retrieve(dispute_id)
    assert sent.evidence_details.submission_count == 1
    assert sent.evidence.shipping_tracking_number == "1Z 999"
    assert sent.evidence.uncategorized_text.splitlines() == ["Signed for.", "By the customer."]
    assert sent.evidence.product_description == "1x Rug"
