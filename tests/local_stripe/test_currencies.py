"""Amounts are whole minor units, within what each currency can be charged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_stripe import currencies, ledger
from tests.local_stripe.money import payment, refusal


def test_a_charge_has_a_minimum(client):
    assert refusal(lambda: client.v1.payment_intents.create(payment(49))) == {
        "status": 400,
        "type": "invalid_request_error",
        "code": "amount_too_small",
        "message": "Amount must be at least $0.50 usd",
        "param": "amount",
    }
    assert client.v1.payment_intents.create(payment(50)).amount == 50


@pytest.mark.parametrize(
    "currency, least, written",
    [
        ("eur", 50, "€0.50 eur"),
        ("gbp", 30, "£0.30 gbp"),
        ("jpy", 50, "¥50 jpy"),
        ("sek", 300, "SEK3.00 sek"),
        ("huf", 17500, "HUF175.00 huf"),
    ],
)
def test_each_currency_has_its_own_minimum(client, currency, least, written):
    refused = refusal(lambda: client.v1.payment_intents.create(payment(least - 1, currency)))

    assert refused["message"] == f"Amount must be at least {written}"
    assert client.v1.payment_intents.create(payment(least, currency)).amount == least


def test_a_charge_has_a_maximum_of_eight_digits(client):
    assert refusal(lambda: client.v1.payment_intents.create(payment(100_000_000))) == {
        "status": 400,
        "type": "invalid_request_error",
        "code": "amount_too_large",
        "message": "Amount must be no more than $999,999.99",
        "param": "amount",
    }
    assert client.v1.payment_intents.create(payment(99_999_999)).amount == 99_999_999


@pytest.mark.parametrize("amount", [0, -1])
def test_nothing_cannot_be_charged(client, amount):
    assert refusal(lambda: client.v1.payment_intents.create(payment(amount))) == {
        "status": 400,
        "type": "invalid_request_error",
        "code": "parameter_invalid_integer",
        "message": "The amount must be greater than or equal to the minimum charge amount allowed "
        "for your account and the currency set (https://docs.stripe.com/currencies#minimum-and-"
        "maximum-charge-amounts).  If you want to save a Payment Method for future use without an "
        "immediate payment, use a Setup Intent instead: "
        "https://docs.stripe.com/payments/setup-intents",
        "param": "amount",
    }


@pytest.mark.parametrize("name", ["amount", "currency"])
def test_a_payment_needs_an_amount_and_a_currency(client, name):
    params = {key: value for key, value in payment().items() if key != name}

    assert refusal(lambda: client.v1.payment_intents.create(params)) == {
        "status": 400,
        "type": "invalid_request_error",
        "code": "parameter_missing",
        "message": f"Missing required param: {name}.",
        "param": name,
    }


def test_an_unknown_currency_is_refused_with_the_list_of_known_ones(client):
    refused = refusal(lambda: client.v1.payment_intents.create(payment(500, "XXX")))

    assert refused["param"] == "currency"
    assert refused["message"].startswith(
        "Invalid currency: xxx. Stripe currently supports these currencies: usd, aed, afn, "
    )
    assert refused["message"].endswith(", ltl, sll, mro")


def test_a_currency_may_be_written_in_capitals(client):
    assert client.v1.payment_intents.create(payment(500, "EUR")).currency == "eur"


@pytest.mark.parametrize("currency, step", [("kwd", 10), ("isk", 100), ("ugx", 100)])
def test_some_currencies_are_not_charged_to_the_last_digit(client, currency, step):
    refused = refusal(lambda: client.v1.payment_intents.create(payment(5005, currency)))

    assert refused["param"] == "amount"
    assert refused["message"] == (
        f"Amounts in {currency} must be evenly divisible by {step}: 5005 is not."
    )
    assert client.v1.payment_intents.create(payment(5000, currency)).amount == 5000


@pytest.mark.parametrize(
    "currency, digits", [("usd", 2), ("jpy", 0), ("krw", 0), ("kwd", 3), ("isk", 2), ("ugx", 2)]
)
def test_minor_units_have_as_many_digits_as_the_currency(currency, digits):
    assert currencies.decimals(currency) == digits


@pytest.mark.parametrize(
    "amount, currency, text",
    [
        (500, "usd", "$5.00"),
        (123_456_78, "usd", "$123,456.78"),
        (500, "jpy", "¥500"),
        (5120, "kwd", "KWD5.120"),
        (9999, "chf", "CHF99.99"),
    ],
)
def test_amounts_are_written_as_people_read_them(amount, currency, text):
    assert currencies.written(amount, currency) == text


@pytest.mark.parametrize(
    "amount, currency, fee",
    [
        (4900, "usd", 172),  # 142.1 + 30
        (50, "usd", 31),  # 1.45 + 30
        (10_000, "usd", 320),
        (1500, "usd", 74),  # 43.5 + 30: a half is rounded up
        (1000, "jpy", 59),
        (10_000, "sek", 470),  # 290 + 180
        (5000, "clp", 145),  # no minimum, so nothing is added
    ],
)
def test_stripe_keeps_a_percentage_and_a_fixed_fee(amount, currency, fee):
    assert ledger.fee(amount, currency) == fee


@given(st.sampled_from(sorted(currencies.SUPPORTED)), st.data())
def test_the_fee_never_eats_up_the_charge(currency, data):
    amount = data.draw(st.integers(currencies.minimum(currency), currencies.MAXIMUM))

    assert 0 <= ledger.fee(amount, currency) < amount
