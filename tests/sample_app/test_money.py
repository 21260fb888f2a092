"""Money is whole minor units, and no cent is lost on the way in or out."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sample_app.money import (
    MAXIMUM_AMOUNT,
    format_money,
    from_minor_units,
    minimum_amount,
    read_money,
    to_minor_units,
)

TWO_DECIMALS = ["usd", "eur", "gbp", "HUF"]


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("19.99", "usd", 1999),  # int(19.99 * 100) is 1998
        (Decimal("249.00"), "USD", 24900),
        (5, "eur", 500),
        ("500", "jpy", 500),
        ("5.120", "kwd", 5120),
        ("100", "isk", 10000),
        ("-5.00", "usd", -500),
    ],
)
def test_an_amount_becomes_the_minor_units_that_stripe_counts(amount, currency, minor):
    assert to_minor_units(amount, currency) == minor


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("0.005", "usd"),
        ("1.5", "jpy"),
        ("5.124", "kwd"),  # the third decimal is always 0
        ("1.50", "isk"),  # two decimals, always 00
        ("NaN", "usd"),
        ("Infinity", "usd"),
        ("twelve", "usd"),
        ("12.00", "xyz"),
    ],
)
def test_an_amount_that_the_currency_cannot_express_is_refused(amount, currency):
    with pytest.raises(ValueError, match=r"no (amount|currency)|NaN"):
        to_minor_units(amount, currency)


@pytest.mark.parametrize(
    ("typed", "currency", "minor"),
    [("10.50", "usd", 1050), (" 10 ", "usd", 1000), ("10.5", "usd", 1050), ("150", "jpy", 150)],
)
def test_an_amount_is_read_as_people_type_it(typed, currency, minor):
    assert read_money(typed, currency) == minor


@pytest.mark.parametrize(
    "typed", ["", "-1", "NaN", "1e3", "1_000", "10,50", "$10", "٣", "1 0", "1.", ".5", "1\n2"]
)
def test_what_people_do_not_type_is_no_amount(typed):
    with pytest.raises(ValueError, match="Write an amount in USD, as a number"):
        read_money(typed, "usd")


def test_money_is_never_a_float():
    with pytest.raises(TypeError, match=r"'19\.99'"):
        to_minor_units(19.99, "usd")


@given(
    minor=st.integers(-MAXIMUM_AMOUNT, MAXIMUM_AMOUNT),
    currency=st.sampled_from([*TWO_DECIMALS, "jpy", "krw"]),
)
def test_minor_units_survive_the_way_there_and_back(minor, currency):
    assert to_minor_units(from_minor_units(minor, currency), currency) == minor


@given(minor=st.integers(0, MAXIMUM_AMOUNT // 10), currency=st.sampled_from(["bhd", "KWD", "tnd"]))
def test_three_decimals_survive_it_too(minor, currency):
    assert to_minor_units(from_minor_units(minor * 10, currency), currency) == minor * 10


@pytest.mark.parametrize(
    ("minor", "currency", "locale", "text"),
    [
        (3900, "usd", "en_US", "$39.00"),
        (123456750, "usd", "en_US", "$1,234,567.50"),
        (3900, "eur", "de_DE", "39,00\xa0€"),
        (500, "jpy", "en_US", "¥500"),
        (5120, "kwd", "en_US", "KWD5.120"),
        (150, "afn", "en_US", "AFN1.5"),  # people write no decimals, but none is dropped
        (-500, "usd", "en_US", "-$5.00"),
    ],
)
def test_money_is_written_as_people_write_it(minor, currency, locale, text):
    assert format_money(minor, currency, locale).replace("\u202f", "\xa0") == text


@given(minor=st.integers(0, MAXIMUM_AMOUNT), currency=st.sampled_from([*TWO_DECIMALS, "jpy"]))
def test_what_is_written_is_never_rounded(minor, currency):
    written = format_money(minor, currency)
    digits = "".join(character for character in written if character.isdigit())
    assert int(digits) == minor


def test_half_a_dollar_is_the_smallest_charge_in_dollars():
    assert minimum_amount("USD") == 50


def test_where_stripe_names_no_smallest_charge_one_unit_is():
    assert minimum_amount("xaf") == 1
