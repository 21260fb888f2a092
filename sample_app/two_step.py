"""The second step of staff to sign in: a code from their phone, and each code once.

A password that was guessed or stolen opens no staff page. Each browser is offered a secret of its
own, until a phone has proven that it knows one: that one is kept, and never shown again. So no
thief has the same who was there before; one who sets up a phone first locks its owner out, who
notices. Who loses the phone is revoked and invited anew: `flask --app sample_app staff`.
https://datatracker.ietf.org/doc/html/rfc6238
"""

import time
from collections.abc import MutableMapping
from typing import Any

import pyotp
from pyotp.exceptions import OTPVerificationError
from sqlalchemy import update
from sqlalchemy.orm import Session

from sample_app import audit
from sample_app.models import Customer

ISSUER = "Oak & Lamp"
SECONDS_GOOD = 12 * 60 * 60
# A phone's clock may be wrong by so many codes of 30 seconds, either way.
STEPS_OFF = 1
SESSION_KEY = "two_step"
OFFER = "two_step_offer"


def offer(browser: MutableMapping[str, Any]) -> str:
    """The secret for a phone that is to be set up: the same as long as this session lasts."""
    secret: str = browser.setdefault(OFFER, pyotp.random_base32())
    return secret


def address(customer: Customer, secret: str) -> str:
    """What a phone's app reads the secret from.

    https://github.com/google/google-authenticator/wiki/Key-Uri-Format
    """
    return pyotp.TOTP(secret).provisioning_uri(name=str(customer.email), issuer_name=ISSUER)


def is_enrolled(customer: Customer) -> bool:
    """Whether the customer's phone has proven that it knows the secret."""
    return customer.totp_last_step is not None


def verify(session: Session, customer: Customer, code: str, offered: str | None = None) -> bool:
    """Whether this is a code of now, and was not used before; it is used from here on.

    Of a customer who has no phone yet, it sets up the one that knows the `offered` secret.
    """
    is_known = is_enrolled(customer)
    secret = str(customer.totp_secret) if is_known else offered
    if not secret:
        return False
    try:
        step = pyotp.TOTP(secret).verify_and_get_timecode(code, valid_window=STEPS_OFF)
    except OTPVerificationError:
        return False
    # Of two that come at one moment, with one code or with two phones, the database lets one pass.
    last = Customer.totp_last_step
    unused = (Customer.totp_secret == secret) & (last < step) if is_known else last.is_(None)
    # Nor does a session that was ended meanwhile set up a phone.
    same = Customer.session_version == customer.session_version
    spend = update(Customer).where(Customer.id == customer.id, same, unused)
    spent: Any = session.execute(
        spend.values(totp_secret=secret, totp_last_step=step),
        execution_options={"synchronize_session": False},
    )
    if spent.rowcount and not is_known:
        audit.note(session, "phone set up", None, customer)
    session.commit()
    session.refresh(customer, ["totp_secret", "totp_last_step"])
    return bool(spent.rowcount)


def remember(browser: MutableMapping[str, Any], customer: Customer) -> None:
    """Note in the browser's session that this customer was verified just now."""
    browser.pop(OFFER, None)
    browser[SESSION_KEY] = [customer.get_id(), int(time.time())]


def is_remembered(browser: MutableMapping[str, Any], customer: Customer) -> bool:
    """Whether this customer was verified in this session, and not too long ago."""
    who, when = browser.get(SESSION_KEY, (None, 0))
    return who == customer.get_id() and time.time() - when < SECONDS_GOOD
