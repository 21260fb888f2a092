"""What a price is made of: amounts, how often they are due, tiers, other currencies.

https://docs.stripe.com/api/prices
"""

from decimal import Decimal
from typing import Any

from local_stripe import currencies
from local_stripe.errors import StripeError, missing, not_implemented, too_small
from local_stripe.store import Object

_MOST_YEARS = 3
_A_YEAR = {"day": 365, "week": 52, "month": 12, "year": 1}


def amounts(data: Object, *, tiered: bool) -> Object:
    """The currency and what a unit costs in it: one of three parameters, or none with tiers."""
    named = [
        name
        for name in ("unit_amount", "unit_amount_decimal", "custom_unit_amount")
        if data.get(name) is not None
    ]
    if len(named) > 1:
        raise StripeError(
            f"You may only specify one of these parameters: {', '.join(named)}.", param=named[0]
        )
    if not named and not tiered:
        raise StripeError(
            "Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set."
        )
    unit, exact = _unit_amount(data, "unit_amount", "unit_amount_decimal")
    return {
        "currency": currencies.known(data["currency"]),
        "custom_unit_amount": _custom(data.get("custom_unit_amount")),
        "unit_amount": unit,
        "unit_amount_decimal": exact,
    }


def recurrence(sent: Object | None) -> Object | None:
    """How often the price is due, or None for a price that is paid once."""
    if sent is None:
        return None
    if sent.get("meter"):
        raise not_implemented("metered prices", "recurring[meter]")
    if sent.get("usage_type") == "metered":
        raise StripeError(
            "Starting with Stripe version `2025-03-31.basil`, metered prices must be backed by "
            "meters."
        )
    count = sent.get("interval_count", 1)
    if count < 1:
        raise too_small("recurring[interval_count]", 1)
    if count > _MOST_YEARS * _A_YEAR[sent["interval"]]:
        raise StripeError(
            f"The maximum billing interval is {_MOST_YEARS} years.",
            param="recurring[interval_count]",
        )
    return {
        "interval": sent["interval"],
        "interval_count": count,
        "meter": None,
        "trial_period_days": sent.get("trial_period_days"),
        "usage_type": "licensed",
    }


def tiers(data: Object, recurring: Object | None) -> list[Object] | None:
    """What a unit costs from how many units on; None for a price without tiers."""
    if data.get("billing_scheme") != "tiered":
        for name in ("tiers", "tiers_mode"):
            if name in data:
                raise StripeError(
                    f"You must pass `billing_scheme=tiered` when passing {name}", param=name
                )
        return None
    if recurring is None:
        raise StripeError(
            "Prices with `type=one_time` are not supported with tiered billing.", param="interval"
        )
    for name in ("tiers_mode", "tiers"):
        if not data.get(name):
            raise missing(name)
    ends = [tier["up_to"] for tier in data["tiers"]]
    if ends[-1] != "inf" or ends[:-1] != sorted(set(ends[:-1]) - {"inf"}):
        raise StripeError("The tiers must ascend, and the last one be `inf`.", param="tiers")
    return [_tier(tier) for tier in data["tiers"]]


def currency_options(sent: Object) -> Object:
    """What the price is in other currencies."""
    for currency, option in sent.items():
        if currency != currency.lower():
            raise StripeError(
                "Currencies must be lowercase when used as keys in a map. Use "
                f"`{currency.lower()}` instead of `{currency}`.",
                param="currency_options",
            )
        currencies.known(currency)
        if "tiers" in option:
            raise not_implemented("tiers in other currencies", f"currency_options[{currency}]")
    return {currency: _option(option) for currency, option in sent.items()}


def _option(data: Object) -> Object:
    unit, exact = _unit_amount(data, "unit_amount", "unit_amount_decimal")
    return {
        "custom_unit_amount": _custom(data.get("custom_unit_amount")),
        "tax_behavior": data.get("tax_behavior") or "unspecified",
        "unit_amount": unit,
        "unit_amount_decimal": exact,
    }


def _tier(data: Object) -> Object:
    flat, flat_exact = _unit_amount(data, "flat_amount", "flat_amount_decimal")
    unit, unit_exact = _unit_amount(data, "unit_amount", "unit_amount_decimal")
    return {
        "flat_amount": flat,
        "flat_amount_decimal": flat_exact,
        "unit_amount": unit,
        "unit_amount_decimal": unit_exact,
        "up_to": None if data["up_to"] == "inf" else data["up_to"],
    }


def _unit_amount(data: Object, whole: str, exact: str) -> tuple[int | None, str | None]:
    """The amount in minor units, if it is a whole number of them, and as written."""
    amount: Any = data.get(whole, data.get(exact))
    if amount is None:
        return None, None
    if amount < 0:
        raise too_small(whole if whole in data else exact, 0)
    written = format(Decimal(amount).normalize() + 0, "f")
    return (int(amount) if amount == int(amount) else None), written


def _custom(sent: Object | None) -> Object | None:
    """What the customer may choose to pay."""
    if not sent or not sent["enabled"]:
        return None
    return {key: sent.get(key) for key in ("maximum", "minimum", "preset")}
