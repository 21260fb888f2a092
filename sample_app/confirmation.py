"""The e-mail that tells a customer what they bought.

A mail server takes a message, and then the shop commits that it did. No transaction spans the two,
so a process killed between them sends again: exactly once is not to be had. What is to be had:

    commit a claim             nobody else sends while it holds
    hand the message over      its Message-ID is made of the order's id
    commit that it was sent

The second copy, if there is one, has the Message-ID of the first, by which mail programs know it.
"""

from datetime import timedelta
from email.message import EmailMessage

from flask import render_template
from sqlalchemy.orm import Session

from sample_app.mail import Mailer, MailFailed
from sample_app.models import Order, now
from sample_app.orders import lock

# Longer than a mail server can take: after that, whoever claimed is gone.
CLAIM = timedelta(minutes=2)


class ConfirmationUnderway(Exception):
    """Somebody else is sending it, or died of it: look again when the claim has run out."""


def confirm(session: Session, mailer: Mailer, order: Order) -> None:
    """Send the order's confirmation, if it has an address and was not sent it.

    Raises `MailFailed` or `ConfirmationUnderway`: then call again.
    """
    if order.address is None or not _claim(session, order):
        return
    try:
        mailer.send(compose(order, mailer.sender))
    except MailFailed:
        order.confirmation_claimed_at = None
        session.commit()
        raise
    order.confirmation_sent_at = now()
    session.commit()


def compose(order: Order, sender: str) -> EmailMessage:
    """Return the message, as text and as HTML; composed again, it says the same."""
    message = EmailMessage()
    message["Subject"] = "Your order is confirmed"
    message["From"] = sender
    message["To"] = order.address
    message["Date"] = order.fulfilled_at
    message["Message-ID"] = f"<{order.id}.confirmation@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # no out-of-office notice comes back
    message.set_content(render_template("mail/confirmation.txt", order=order))
    html = render_template("mail/confirmation.html", order=order)
    message.add_alternative(html, subtype="html")
    return message


def _claim(session: Session, order: Order) -> bool:
    """Whether it is ours to send."""
    lock(session, order)
    claimed, sent = order.confirmation_claimed_at, order.confirmation_sent_at
    free = claimed is None or claimed + CLAIM < now()
    if free and not sent:
        order.confirmation_claimed_at = now()
    session.commit()
    if not (free or sent):
        raise ConfirmationUnderway(f"The confirmation of {order.id} is being sent elsewhere.")
    return not sent
