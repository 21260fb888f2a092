"""The shop beside a local Stripe, and somebody who shops there in a real browser."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from wsgiref.types import WSGIApplication

import stripe
from flask import Flask
from playwright.sync_api import ConsoleMessage, FrameLocator, Locator, Page, Request, expect
from werkzeug.serving import WSGIRequestHandler, make_server

from local_stripe import PUBLISHABLE_KEY, SECRET_KEY, LocalStripe
from local_stripe.server import start
from local_stripe.transport import InProcess
from sample_app import create_app
from sample_app.database import db
from sample_app.models import Customer
from sample_app.orders import place_order

PASSWORD = "a short sentence"
TABS = 40  # more than any page has stops


@contextmanager
def open_shop(local: LocalStripe, folder: Path) -> Iterator[Flask]:
    """A shop that a notebook on 127.0.0.1 may show."""
    with start(local) as stripe_server:
        app = create_app(
            {
                "DATABASE_URL": f"sqlite:///{folder}/shop.db",
                "SECRET_KEY": "for-tests",
                "STRIPE_HTTP_CLIENT": InProcess(local),
                "STRIPE_SECRET_KEY": SECRET_KEY,
                "STRIPE_PUBLISHABLE_KEY": PUBLISHABLE_KEY,
                "STRIPE_JS_URL": f"{stripe_server.url}/v3/",
                "FRAME_ANCESTORS": "http://127.0.0.1:*",
                "MAIL_URL": folder.as_uri(),
                "RATE_LIMITS": "off",  # its customers all have one address
            }
        )
        app.test_cli_runner().invoke(args=["seed"], catch_exceptions=False)
        yield app


@contextmanager
def served(app: WSGIApplication) -> Iterator[int]:
    """An app on a port of its own, hence of another origin than the local Stripe."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.port
    server.shutdown()
    thread.join()
    server.server_close()


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Nothing."""


def new_order(app: Flask, item_ids: list[int], customer: Customer | None = None) -> str:
    """The id of an order that is not paid yet."""
    with app.app_context():
        return place_order(db.session, item_ids, customer).id


def taken_for(local: LocalStripe, order_id: str) -> list[int]:
    """What Stripe took for an order, charge by charge."""
    client = stripe.StripeClient(SECRET_KEY, http_client=InProcess(local))
    intents = client.v1.payment_intents.list({"limit": 100}).data
    theirs = [intent for intent in intents if intent.metadata["order_id"] == order_id]
    return [intent.amount_received for intent in theirs if intent.amount_received]


class Shopper:
    """Somebody who shops."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, path: str) -> None:
        self.page.goto(self.url + path)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def sign_up(self, email: str) -> None:
        self.open("/sign-up")
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.press("Make the account")
        expect(self.message).to_contain_text(f"You are signed in as {email}.")

    def add(self, name: str) -> None:
        """At the catalogue: put one more into the cart."""
        self.press(f"Add {name} to the cart")
        expect(self.message).to_contain_text(f"{name} is in your cart.")

    def open_card_form(self, order_id: str) -> None:
        self.open(f"/shop/orders/{order_id}/pay")
        expect(self.pay_button).to_be_enabled()

    def type_card(self, number: str, expiry: str = "1240", cvc: str = "123") -> None:
        self.card.get_by_label("Credit or debit card number").fill(number)
        self.card.get_by_label("Expiration date").fill(expiry)
        self.card.get_by_label("Security code").fill(cvc)

    def pay(self, number: str) -> None:
        self.type_card(number)
        self.pay_button.click()

    def tab_to(self, name: str) -> None:
        """Press Tab until the stop of this name has the focus."""
        focused = "document.activeElement.textContent.replace(/\\s+/g, ' ').trim()"
        for _ in range(TABS):
            self.page.keyboard.press("Tab")
            if self.page.evaluate(focused) == name:
                return
        raise AssertionError(f"Tab never came to {name!r}")

    @contextmanager
    def requests(self) -> Iterator[list[Request]]:
        """Everything that the browser asks of anybody meanwhile."""
        sent: list[Request] = []

        def note(request: Request) -> None:
            sent.append(request)

        self.page.on("request", note)
        yield sent
        self.page.remove_listener("request", note)

    @property
    def card(self) -> FrameLocator:
        return self.page.frame_locator("#card iframe")

    @property
    def pay_button(self) -> Locator:
        return self.page.locator("#pay button")

    @property
    def message(self) -> Locator:
        return self.page.get_by_role("status")

    @property
    def problem(self) -> Locator:
        return self.page.locator("#problem")

    @property
    def status(self) -> Locator:
        return self.page.locator(".status")

    def _note(self, message: ConsoleMessage) -> None:
        # A page that answers 402, 404 or 422 is reported by the browser, and is meant.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)
