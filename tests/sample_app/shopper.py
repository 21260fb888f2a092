"""Somebody at a browser without scripts: opens pages, reads them, and presses their buttons."""

import re

from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from sample_app import two_step
from sample_app.models import Customer
from sample_app.roles import Role


class Shopper:
    """What a form sends is what its page holds, hidden fields included, and what is typed."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def open(self, path: str) -> TestResponse:
        """Go to a page, and where it leads."""
        return self._look(self.client.get(path, follow_redirects=True))

    def press(self, button: str, **typed: str) -> TestResponse:
        """Press a button of the page, by its name, and go where that leads."""
        path, fields = self.form(button)
        return self.send(path, {**fields, **typed})

    def send(self, path: str, fields: dict[str, str]) -> TestResponse:
        return self._look(self.client.post(path, data=fields, follow_redirects=True))

    def form(self, button: str) -> tuple[str, dict[str, str]]:
        """Where the form with this button goes, and the fields that it holds."""
        (form,) = {
            pressed.find_parent("form")
            for pressed in self.page.find_all("button")
            if words(pressed) == button
        }
        named = form.find_all("input", attrs={"name": True})
        fields = {field["name"]: field.get("value", "") for field in named}
        return form.get("action", self.path), fields

    def fill_cart(self, *names: str) -> None:
        self.open("/")
        for name in names:
            self.press(f"Add {name} to the cart")

    def place_order(self, *names: str) -> str:
        """Order these, and return the path of the order's page."""
        self.fill_cart(*names)
        self.open("/shop/cart")
        self.press("Place the order")
        return self.path.removesuffix("/pay")

    def pay(self, token: str) -> TestResponse:
        """Send the pay page's form, with a token as Stripe's script would put it there."""
        (form,) = self.page.select("form#pay")
        csrf_token = form.find("input", attrs={"name": "csrf_token"})["value"]
        return self.send(self.path, {"csrf_token": csrf_token, "token": token})

    def sign_up(self, email: str, password: str = "a short sentence") -> TestResponse:
        self.open("/sign-up")
        return self.press("Make the account", email=email, password=password)

    @property
    def text(self) -> str:
        """What the page says, below its header."""
        return words(self.page.main)

    def rows(self, selector: str) -> list[str]:
        """What each element says."""
        return [words(element) for element in self.page.select(selector)]

    def _look(self, response: TestResponse) -> TestResponse:
        self.page = BeautifulSoup(response.text, "html.parser")
        self.path = response.request.full_path.removesuffix("?")
        return response


def words(element: Tag) -> str:
    return re.sub(r"\s+", " ", element.get_text()).strip()


def member_of_staff(
    app: Flask, session: Session, role: Role = Role.MANAGER, email: str = "grace@shop.example"
) -> Shopper:
    """The browser of somebody who works in the shop, signed in, and verified with a code just now.

    Who it is: `session.scalar(select(Customer).where(Customer.email == email))`.
    """
    customer = Customer(email=email, password_hash="-", role=role)
    session.add(customer)
    session.commit()
    browser = app.test_client(user=customer)
    with browser.session_transaction() as cookie:
        two_step.remember(cookie, customer)
    return Shopper(browser)


def signed_in(app: Flask, session: Session, email: str) -> Shopper:
    """A customer's browser."""
    customer = Customer(email=email, password_hash="-")
    session.add(customer)
    session.commit()
    return Shopper(app.test_client(user=customer))
