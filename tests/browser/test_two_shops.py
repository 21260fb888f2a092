"""Two lessons open at one time: each kernel has its shop, and one browser goes to both."""

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect

from classroom.doors import Doors
from local_stripe import LocalStripe
from tests.browser.shopper import Shopper, open_shop


@pytest.fixture
def other_app(local: LocalStripe, tmp_path: Path):
    with open_shop(local, tmp_path) as app:
        yield app


def come(context: BrowserContext, app: Flask) -> Shopper:
    """Somebody at this shop, which a notebook of its own has opened."""
    return Shopper(context.new_page(), Doors().open(app).url)


def test_a_shop_knows_nobody_from_another_and_signs_nobody_out_of_it(
    page: Page, app: Flask, other_app: Flask
):
    ann, bob = come(page.context, app), come(page.context, other_app)

    ann.sign_up("ann@example.com")
    ann.add("Desk lamp")
    bob.sign_up("bob@example.com")
    expect(bob.page.get_by_role("banner")).not_to_contain_text("in it")
    bob.press("Sign out bob@example.com")
    expect(bob.message).to_contain_text("You are signed out")
    ann.open("/")

    expect(ann.page.get_by_role("banner")).to_contain_text("ann@example.com")
    expect(ann.page.get_by_role("banner")).to_contain_text("Cart 1 in it")
