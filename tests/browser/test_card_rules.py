"""What the card field takes for a card: its rules, called one by one in a browser."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser

from local_stripe import LocalStripe
from local_stripe.server import start

Rule = Callable[..., Any]


@pytest.fixture(scope="module")
def call(browser: Browser) -> Iterator[Rule]:
    """Calls a function of the card field's rules by name."""
    with start(LocalStripe()) as server, browser.new_page() as page:
        page.goto(f"{server.url}/v3/card")

        def call(name: str, *arguments: object) -> Any:
            return page.evaluate(
                "async ([name, args]) => (await import('/v3/cards.js'))[name](...args)",
                [name, arguments],
            )

        yield call


@pytest.mark.parametrize(
    ("number", "brand"),
    [
        ("4", "visa"),
        ("51", "mastercard"),
        ("2223", "mastercard"),
        ("37", "amex"),
        ("6011", "discover"),
        ("36", "diners"),
        ("35", "jcb"),
        ("62", "unionpay"),
        ("9", "unknown"),
        ("", "unknown"),
    ],
)
def test_the_first_digits_tell_the_brand(call: Rule, number: str, brand: str):
    assert call("brandOf", number)["brand"] == brand


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("4242424242424242", "4242 4242 4242 4242"),
        ("42424242424242429", "4242 4242 4242 4242"),
        ("378282246310005", "3782 822463 10005"),
        ("36227206271667", "3622 720627 1667"),
        ("6205500000000000004", "6205 5000 0000 0000 004"),
        ("42x42-4242", "4242 4242"),
        ("", ""),
    ],
)
def test_a_number_is_grouped_as_its_brand_groups_it(call: Rule, typed: str, shown: str):
    assert call("formatNumber", typed) == shown


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("1", "1"),
        ("5", "05 / "),
        ("12", "12 / "),
        ("13", "01 / 3"),
        ("1/30", "01 / 30"),
        ("12 / 345", "12 / 34"),
        ("12/2034", "12 / 34"),
    ],
)
def test_an_expiry_date_gets_its_slash(call: Rule, typed: str, shown: str):
    assert call("formatExpiry", typed) == shown


def test_a_slash_does_not_come_back_while_it_is_deleted(call: Rule):
    assert call("formatExpiry", "12 /", True) == "12"


@pytest.mark.parametrize(
    "number",
    [
        "4242 4242 4242 4242",
        "5555555555554444",
        "378282246310005",
        "36227206271667",
        "3056930009020004",
        "6200000000000005",
        "6205500000000000004",
    ],
)
def test_the_test_cards_have_good_numbers(call: Rule, number: str):
    assert call("checkNumber", number) is None


@pytest.mark.parametrize(
    ("rule", "arguments", "code"),
    [
        ("checkNumber", ["4242"], "incomplete_number"),
        ("checkNumber", ["4242424242424241"], "invalid_number"),
        ("checkExpiry", ["12"], "incomplete_expiry"),
        ("checkExpiry", ["00 / 34"], "invalid_expiry_month"),
        ("checkExpiry", ["12 / 20"], "invalid_expiry_year_past"),
        ("checkExpiry", ["12 / 99"], "invalid_expiry_year"),
        ("checkCvc", ["12", "4242"], "incomplete_cvc"),
        ("checkCvc", ["123", "3782"], "incomplete_cvc"),
        ("checkPostalCode", ["941"], "incomplete_zip"),
    ],
)
def test_what_is_wrong_is_said_by_its_code(call: Rule, rule: str, arguments: list[str], code: str):
    problem = call(rule, *arguments)

    assert problem["code"] == code
    assert problem["message"].startswith("Your ")


def test_a_card_is_good_in_its_last_month_and_not_after(call: Rule):
    june, july = (datetime(2026, month, 15, tzinfo=UTC) for month in (6, 7))

    assert call("checkExpiry", "06 / 26", june) is None
    assert call("checkExpiry", "06 / 26", july)["code"] == "invalid_expiry_month_past"
