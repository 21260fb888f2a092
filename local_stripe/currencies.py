"""Currencies: their minor units, the least and the most that may be charged, and how amounts read.

https://docs.stripe.com/currencies
"""

from local_stripe.errors import StripeError

# As Stripe lists them in its refusal.
_LISTED = (
    "usd, aed, afn, all, amd, ang, aoa, ars, aud, awg, azn, bam, bbd, bdt, bgn, bhd, bif, bmd, "
    "bnd, bob, brl, bsd, bwp, byn, bzd, cad, cdf, chf, clp, cny, cop, crc, cve, czk, djf, dkk, "
    "dop, dzd, egp, etb, eur, fjd, fkp, gbp, gel, gip, gmd, gnf, gtq, gyd, hkd, hnl, hrk, htg, "
    "huf, idr, ils, inr, isk, jmd, jod, jpy, kes, kgs, khr, kmf, krw, kwd, kyd, kzt, lak, lbp, "
    "lkr, lrd, lsl, mad, mdl, mga, mkd, mmk, mnt, mop, mur, mvr, mwk, mxn, myr, mzn, nad, ngn, "
    "nio, nok, npr, nzd, omr, pab, pen, pgk, php, pkr, pln, pyg, qar, ron, rsd, rub, rwf, sar, "
    "sbd, scr, sek, sgd, shp, sle, sos, srd, std, szl, thb, tjs, tnd, top, try, ttd, twd, tzs, "
    "uah, ugx, uyu, uzs, vnd, vuv, wst, xaf, xcd, xcg, xof, xpf, yer, zar, zmw, usdc, btn, ghs, "
    "eek, lvl, svc, vef, ltl, sll, mro"
)
SUPPORTED = frozenset(_LISTED.split(", "))

ZERO_DECIMAL = frozenset((
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf",
    "xof", "xpf",
))  # fmt: skip
THREE_DECIMAL = frozenset(("bhd", "jod", "kwd", "omr", "tnd"))

# Three decimals end in 0. Two currencies have lost their decimals, but Stripe still counts them.
_STEPS = dict.fromkeys(THREE_DECIMAL, 10) | {"isk": 100, "ugx": 100}

MAXIMUM = 99_999_999  # eight digits, whatever the currency
_MINIMUM = {
    "aed": 200, "aud": 50, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250, "eur": 50,
    "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200,
    "nok": 300, "nzd": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000, "usd": 50,
}  # fmt: skip
_SYMBOLS = {
    "usd": "$", "eur": "€", "gbp": "£", "jpy": "¥", "aud": "A$", "cad": "CA$", "hkd": "HK$",
    "mxn": "MX$", "nzd": "NZ$", "brl": "R$", "inr": "₹", "krw": "₩",
}  # fmt: skip


def decimals(currency: str) -> int:
    """How many digits of an amount stand after the point: 0, 2 or 3."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def minimum(currency: str) -> int:
    """The least that may be charged, in minor units.

    Where Stripe lists none it converts to 50 cents; there are no rates here: 1 is enough.
    """
    return _MINIMUM.get(currency, 1)


def written(amount: int, currency: str) -> str:
    """An amount of minor units as Stripe's messages write it: `$1,000.00`, `¥500`, `SEK5.00`."""
    digits = decimals(currency)
    symbol = _SYMBOLS.get(currency, currency.upper())
    return f"{symbol}{amount / 10**digits:,.{digits}f}"


def known(currency: str) -> str:
    """The currency in lower case. Raises StripeError for one that Stripe does not support."""
    lowered = currency.lower()
    if lowered not in SUPPORTED:
        raise StripeError(
            f"Invalid currency: {lowered}. Stripe currently supports these currencies: {_LISTED}",
            param="currency",
        )
    return lowered


def chargeable(amount: int, currency: str) -> int:
    """The amount, if it may be charged.

    Raises StripeError for one that is too small, too large, or finer than Stripe charges
    the currency (https://docs.stripe.com/currencies#special-cases; words are ours).
    """
    if amount < 1:
        raise StripeError(
            "The amount must be greater than or equal to the minimum charge amount allowed for "
            "your account and the currency set (https://docs.stripe.com/currencies#minimum-and-"
            "maximum-charge-amounts).  If you want to save a Payment Method for future use "
            "without an immediate payment, use a Setup Intent instead: "
            "https://docs.stripe.com/payments/setup-intents",
            code="parameter_invalid_integer",
            param="amount",
        )
    if amount < (least := minimum(currency)):
        raise StripeError(
            f"Amount must be at least {written(least, currency)} {currency}",
            code="amount_too_small",
            param="amount",
        )
    if amount > MAXIMUM:
        raise StripeError(
            f"Amount must be no more than {written(MAXIMUM, currency)}",
            code="amount_too_large",
            param="amount",
        )
    if amount % (step := _STEPS.get(currency, 1)):
        raise StripeError(
            f"Amounts in {currency} must be evenly divisible by {step}: {amount} is not.",
            param="amount",
        )
    return amount
