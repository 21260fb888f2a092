"""`emails()`: what a shop sent."""

from email.message import EmailMessage

import pytest
from flask import Flask

from classroom import deliver, emails, listen, payer, shop
from classroom.mailbox import Email

pytestmark = pytest.mark.usefixtures("new_notebook")


def send(app: Flask, number: int) -> None:
    message = EmailMessage()
    message["Message-ID"] = f"<order-{number}@shop.example>"
    message["To"], message["Subject"] = "ada@example.com", f"Order {number}: paid – thank you"
    message.set_content("Three chairs, à $50.00")
    message.add_alternative("<p>Three chairs</p>", subtype="html")
    app.extensions["mail"].send(message)


def test_the_emails_of_a_shop_are_read_in_the_order_in_which_they_were_sent():
    app, other = shop(), shop()
    assert emails(app) == []
    send(app, 2)
    send(app, 1)
    assert [email.subject for email in emails(app)] == [
        "Order 2: paid – thank you",
        "Order 1: paid – thank you",
    ]
    assert emails(other) == []


def test_an_email_reads_like_one():
    app = shop()
    send(app, 1)
    [email] = emails(app)
    assert email == Email(
        "<order-1@shop.example>",
        "ada@example.com",
        "Order 1: paid – thank you",
        "Three chairs, à $50.00\n",
        "<p>Three chairs</p>\n",
    )
    assert repr(email) == (
        "To: ada@example.com\nSubject: Order 1: paid – thank you\n\nThree chairs, à $50.00"
    )


def test_who_pays_at_checkout_gets_an_email_once_the_webhooks_are_delivered():
    app = shop()
    listen(app)
    web = app.test_client()
    declined = web.post("/orders", json={"token": "tok_chargeDeclined", "item_ids": [1]})
    order = declined.json["order"]["id"]
    payer.pay(web.post(f"/orders/{order}/checkout", json={}).headers["Location"])
    assert emails(app) == []
    deliver()
    assert web.get(f"/orders/{order}").json["status"] == "paid"
    assert [email.to for email in emails(app)] == ["ada@example.com"]
    deliver()
    assert len(emails(app)) == 1
