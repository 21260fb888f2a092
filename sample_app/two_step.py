"""The second step of staff to sign in: a code from their phone, and each code once.

A password that was guessed or stolen opens no staff page. The secret is made at the first visit,
and shown until the phone has proven that it knows it; never again. Who loses the phone is revoked
and granted anew: `flask --app sample_app staff`.  https://datatracker.ietf.org/doc/html/rfc6238
"""

import time
from collections.abc import MutableMapping
from typing import Any

import pyotp
from pyotp.exceptions import OTPVerificationError
from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from sample_app.models import Customer

ISSUER = "Oak & Lamp"
SECONDS_GOOD = 12 * 60 * 60
# A phone's clock may be wrong by so many codes of 30 seconds, either way.
STEPS_OFF = 1
SESSION_KEY = "two_step"


def enrol(session: Session, customer: Customer) -> str:
    """Return the customer's secret; makes one for whoever has none yet."""
    if customer.totp_secret is None:
        fresh = update(Customer).where(Customer.id == customer.id, Customer.totp_secret.is_(None))
        session.execute(fresh.values(totp_secret=pyotp.random_base32()))
        session.commit()
        session.refresh(customer, ["totp_secret"])
    return str(customer.totp_secret)


def address(customer: Customer, secret: str) -> str:
    """What a phone's app reads the secret from.

    https://github.com/google/google-authenticator/wiki/Key-Uri-Format
    """
    return pyotp.TOTP(secret).provisioning_uri(name=str(customer.email), issuer_name=ISSUER)


def is_enrolled(customer: Customer) -> bool:
    """Whether the customer's phone has proven that it knows the secret."""
    return customer.totp_last_step is not None


def verify(session: Session, customer: Customer, code: str) -> bool:
    """Whether this is a code of now, and was not used before; it is used from here on."""
    if customer.totp_secret is None:
        return False
    try:
        step = pyotp.TOTP(str(customer.totp_secret)).verify_and_get_timecode(
            code, valid_window=STEPS_OFF
        )
    except OTPVerificationError:
        return False
    # Of two that come with one code at one moment, the database lets one pass.
    unused = or_(Customer.totp_last_step.is_(None), Customer.totp_last_step < step)
    spend = (
        update(Customer).where(Customer.id == customer.id, unused).values({"totp_last_step": step})
    )
    spent: Any = session.execute(spend, execution_options={"synchronize_session": False})
    session.commit()
    session.refresh(customer, ["totp_last_step"])
    return bool(spent.rowcount)


def remember(browser: MutableMapping[str, Any], customer: Customer) -> None:
    """Note in the browser's session that this customer was verified just now."""
    browser[SESSION_KEY] = [customer.get_id(), int(time.time())]


def is_remembered(browser: MutableMapping[str, Any], customer: Customer) -> bool:
    """Whether this customer was verified in this session, and not too long ago."""
    who, when = browser.get(SESSION_KEY, (None, 0))
    return who == customer.get_id() and time.time() - when < SECONDS_GOOD
