"""Card details as somebody typed them, checked like Stripe checks them.

Nothing of them is kept but what a Card object shows: the test card itself stays a secret.
"""

import re
import time
from typing import Any, NoReturn

from local_stripe import cards
from local_stripe.call import Call
from local_stripe.cards import Card
from local_stripe.errors import CardError, StripeError

_NUMBER = re.compile(r"\d{12,19}")


def allowed(call: Call) -> None:
    """Card numbers come from the browser, where Stripe.js has a publishable key, or not at all.

    Raises StripeError on a secret key, unless the account's policy allows raw card numbers.
    """
    if not (call.publishable or call.policies.raw_card_numbers):
        raise StripeError(
            "Sending credit card numbers directly to the Stripe API is generally unsafe. We "
            "suggest you use test tokens that map to the test card you are using, see "
            "https://stripe.com/docs/testing. To enable raw card data APIs in test mode, see "
            "https://support.stripe.com/questions/enabling-access-to-raw-card-data-apis.",
            status=402,
        )


def read(call: Call, typed: dict[str, Any]) -> tuple[Card, tuple[int, int]]:
    """The test card, and the month and year (four digits) of its expiry.

    Raises CardError for details that no card has, and for the number of a card that may be real.
    """
    card = _card(typed.get("number") or "")
    expiry = _expiry(typed, call.clock.now())
    cvc = typed.get("cvc")
    if cvc is not None and not re.fullmatch(r"\d{4}" if card.brand == "amex" else r"\d{3,4}", cvc):
        _refuse("invalid_cvc", "Your card's security code is invalid.", "cvc")
    return card, expiry


def rolling_expiry(call: Call) -> tuple[int, int]:
    """When the cards of Stripe's own tokens expire: this month, next year."""
    today = time.gmtime(call.clock.now())
    return today.tm_mon, today.tm_year + 1


def _card(number: str) -> Card:
    digits = re.sub(r"[ -]", "", number)
    if not _NUMBER.fullmatch(digits) or not _luhn(digits):
        _refuse("incorrect_number", "Your card number is incorrect.", "number")
    card = cards.find(digits)
    if card is None:
        raise CardError(
            "Your card was declined. Your request was in test mode, but used a non test (live) "
            "card. For a list of valid test cards, visit: https://stripe.com/docs/testing.",
            code="card_declined",
            decline_code="test_mode_live_card",
            keep=False,
        )
    return card


def _luhn(digits: str) -> bool:
    """Whether the check digit fits: every second digit from the right counts double."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(doubled) + sum(map(int, digits[-1::-2]))) % 10 == 0


def _expiry(typed: dict[str, Any], now: int) -> tuple[int, int]:
    today = time.gmtime(now)
    month, year = _whole(typed.get("exp_month")), _whole(typed.get("exp_year"))
    if not 1 <= month <= 12:
        _refuse("invalid_expiry_month", "Your card's expiration month is invalid.", "exp_month")
    year += 2000 if year < 100 else 0
    if not today.tm_year <= year <= today.tm_year + 50:
        _refuse("invalid_expiry_year", "Your card's expiration year is invalid.", "exp_year")
    if (year, month) < (today.tm_year, today.tm_mon):
        _refuse("invalid_expiry_month", "Your card's expiration month is invalid.", "exp_month")
    return month, year


def _whole(value: str | int | None) -> int:
    """The number as typed; -1 for what is none."""
    text = str(value)
    return int(text) if text.isdecimal() and len(text) <= 4 else -1


def _refuse(code: str, message: str, param: str) -> NoReturn:
    raise CardError(message, code=code, param=param, keep=False)
