"""The form to pay with, whoever shows it: Stripe's own page, or a frame in a page of the shop's."""

import stripe
from playwright.sync_api import FrameLocator, Locator, Page, ViewportSize
from stripe.checkout import Session

GOOD, DECLINED, ASKS = "4242424242424242", "4000000000000002", "4000002760003184"
PHONE: ViewportSize = {"width": 375, "height": 667}


class PayForm:
    """The form, as somebody fills it in."""

    def __init__(self, place: Page | FrameLocator) -> None:
        self.place = place

    def fill(self, number: str = GOOD) -> None:
        """Fill in everything that Checkout's page asks for, to pay by card."""
        if self.place.get_by_label("Email").is_editable():
            self.place.get_by_label("Email").fill("ann@example.com")
        self.fill_card(number)
        self.place.get_by_label("Name on card").fill("Ann Lee")

    def fill_card(self, number: str) -> None:
        """Fill in what a Payment Element asks for."""
        self.place.get_by_label("Card number").fill(number)
        self.place.get_by_label("Expiration").fill("1234")
        self.place.get_by_label("Security code").fill("123")
        self.place.get_by_label("Postal code").fill("94107")

    def fill_bank(self, account: str) -> None:
        """Choose the bank account, and fill in what it asks for."""
        self.place.get_by_label("Email").fill("ann@example.com")
        self.place.get_by_label("US bank account").check()
        self.place.get_by_label("Name on the account").fill("Ann Lee")
        self.place.get_by_label("Routing number").fill("110000000")
        self.place.get_by_label("Account number").fill(account)

    @property
    def button(self) -> Locator:
        return self.place.locator("#submit")

    @property
    def problem(self) -> Locator:
        return self.place.get_by_role("alert")


def current(client: stripe.StripeClient, session: Session) -> Session:
    """The session as it is now, with its payment."""
    return client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})


def charges(client: stripe.StripeClient, session: Session) -> list[str]:
    """How the attempts to pay went, newest first."""
    intent = current(client, session).payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    return [charge.status for charge in client.v1.charges.list({"payment_intent": intent.id}).data]
