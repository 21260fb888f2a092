"""Money is a whole number of minor units: 3900 is 39 US dollars, 500 is 500 yen.

The tables are Stripe's, not the bank's: https://docs.stripe.com/currencies
"""

import re
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from babel.numbers import format_currency, is_currency

# The largest charge in any currency: eight digits.
MAXIMUM_AMOUNT = 99_999_999

# The smallest charge, by currency.
_MINIMUM_AMOUNTS = {
    "aed": 2_00, "aud": 50, "brl": 50, "cad": 50, "chf": 50, "czk": 15_00, "dkk": 2_50,
    "eur": 50, "gbp": 30, "hkd": 4_00, "huf": 175_00, "inr": 50, "jpy": 50, "mxn": 10_00,
    "myr": 2_00, "nok": 3_00, "nzd": 50, "pln": 2_00, "ron": 2_00, "sek": 3_00, "sgd": 50,
    "thb": 10_00, "usd": 50,
}  # fmt: skip

_ZERO_DECIMALS = {
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf",
    "xof", "xpf",
}  # fmt: skip
_THREE_DECIMALS = {"bhd", "jod", "kwd", "omr", "tnd"}

# Three decimals end in 0. Two currencies have lost their decimals, but Stripe still counts them.
_STEPS = dict.fromkeys(_THREE_DECIMALS, 10) | {"isk": 100, "ugx": 100}


# "1e3", "NaN" and digits of other scripts are numbers to Python; nobody types an amount so.
_TYPED = re.compile(r"[0-9]{1,9}(\.[0-9]{1,3})?")


def to_minor_units(amount: Decimal | str | int, currency: str) -> int:
    """Turn "19.99" US dollars into 1999 cents, exactly.

    Raises `TypeError` for a float, and `ValueError` for what the currency cannot express.
    """
    if not isinstance(amount, Decimal | str | int):
        raise TypeError(f"{amount!r} is no amount: write '19.99', or Decimal('19.99').")
    step = _STEPS.get(currency.lower(), 1)
    try:
        minor = Fraction(Decimal(amount)) * 10 ** _decimals(currency)
    except (InvalidOperation, OverflowError) as error:
        raise ValueError(f"{amount!r} is no amount.") from error
    if minor % step:
        raise ValueError(f"{currency.upper()} has no amount {amount}.")
    return int(minor)


def read_money(text: str, currency: str) -> int:
    """Turn what a person typed, "10.50", into minor units. Raises `ValueError`, with a sentence."""
    if not _TYPED.fullmatch(text.strip()):
        raise ValueError(f"Write an amount in {currency.upper()}, as a number and nothing else.")
    return to_minor_units(text.strip(), currency)


def from_minor_units(minor: int, currency: str) -> Decimal:
    """Turn 1999 cents into 19.99 US dollars, for people's eyes only."""
    return Decimal(minor).scaleb(-_decimals(currency))


def format_money(minor: int, currency: str, locale: str = "en_US") -> str:
    """Write 1999 cents as people do: "$19.99", or "19,99 $" in German; nothing is rounded."""
    amount = from_minor_units(minor, currency)
    return format_currency(amount, currency.upper(), locale=locale, decimal_quantization=False)


def minimum_amount(currency: str) -> int:
    """The smallest charge Stripe takes, in minor units; 1 where Stripe names none."""
    return _MINIMUM_AMOUNTS.get(currency.lower(), 1)


def _decimals(currency: str) -> int:
    """How many decimals Stripe counts. Raises `ValueError` if there is no such currency."""
    code = currency.lower()
    if not is_currency(code.upper()):
        raise ValueError(f"{currency!r} is no currency.")
    if code in _ZERO_DECIMALS:
        return 0
    return 3 if code in _THREE_DECIMALS else 2
