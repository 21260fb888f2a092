"""A real browser for the tests that need one: the machine's Chromium, without a screen."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import stripe
from flask import Flask
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from classroom.doctor import BROWSERS
from local_stripe import SECRET_KEY, LocalStripe, WallClock
from local_stripe.server import start
from local_stripe.transport import InProcess
from tests.browser.shopper import new_order, open_shop, served
from tests.required import missing

ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture(scope="module")  # not longer: its event loop would stay with the tests that follow
def browser() -> Iterator[Browser]:
    """Chromium; where there is none the test is skipped, or fails if everything is required."""
    with sync_playwright() as playwright:
        chromium = find_chromium(playwright)
        if chromium is None:
            missing("no Chromium: install it, or run `python -m playwright install chromium`")
        as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=chromium, args=[*ARGUMENTS, *as_root])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page with cookies of its own. Waiting for anything ends after 10 seconds."""
    context = browser.new_context()
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def local() -> LocalStripe:
    return LocalStripe(clock=WallClock())


@pytest.fixture(scope="module")
def stripe_url(local: LocalStripe) -> Iterator[str]:
    """Where its pages and its API are served."""
    with start(local) as server:
        yield server.url


@pytest.fixture(scope="module")
def client(local: LocalStripe) -> stripe.StripeClient:
    return stripe.StripeClient(SECRET_KEY, http_client=InProcess(local))


@pytest.fixture(scope="module")
def app(local: LocalStripe, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    with open_shop(local, tmp_path_factory.mktemp("shop")) as app:
        yield app


@pytest.fixture(scope="module")
def shop_url(app: Flask) -> Iterator[str]:
    with served(app) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def order_id(app: Flask) -> str:
    """A guest's order of a rug, not paid yet."""
    return new_order(app, [4])


def find_chromium(playwright: Playwright) -> str | None:
    """The machine's own browser, or the one that Playwright brought."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    brought = playwright.chromium.executable_path
    return found or (brought if Path(brought).exists() else None)
