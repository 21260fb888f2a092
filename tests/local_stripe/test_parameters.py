"""Requests are checked against the SDK's types, and refused in Stripe's words."""

from decimal import Decimal

import pytest

from local_stripe.contract import check_params
from local_stripe.errors import StripeError


def refusal(name, raw, **options):
    with pytest.raises(StripeError) as caught:
        check_params(name, raw, **options)
    return caught.value


@pytest.mark.parametrize(
    ("name", "raw", "typed"),
    [
        ("CustomerCreateParams", {"name": "Ann"}, {"name": "Ann"}),
        ("CustomerCreateParams", {"balance": "-5"}, {"balance": -5}),
        ("CustomerListParams", {"created": "12"}, {"created": 12}),
        ("CustomerListParams", {"created": {"gt": "12"}}, {"created": {"gt": 12}}),
        ("CustomerCreateParams", {"expand": {"1": "b", "0": "a"}}, {"expand": ["a", "b"]}),
        ("CustomerCreateParams", {"metadata": {"a": "1"}}, {"metadata": {"a": "1"}}),
        (
            "PriceCreateParams",
            {"currency": "usd", "unit_amount_decimal": "1.5"},
            {"currency": "usd", "unit_amount_decimal": Decimal("1.5")},
        ),
        (
            "PaymentIntentConfirmParams",
            {"off_session": "true", "use_stripe_sdk": "false"},
            {"off_session": True, "use_stripe_sdk": False},
        ),
        ("PaymentIntentConfirmParams", {"off_session": "one_off"}, {"off_session": "one_off"}),
        (
            "PriceCreateParams",
            {"currency": "usd", "tiers": {"0": {"up_to": "5"}, "1": {"up_to": "inf"}}},
            {"currency": "usd", "tiers": [{"up_to": 5}, {"up_to": "inf"}]},
        ),
        (
            "ProductUpdateParams",
            {"package_dimensions": {"height": "1", "length": "2", "weight": "3", "width": "4.5"}},
            {"package_dimensions": {"height": 1.0, "length": 2.0, "weight": 3.0, "width": 4.5}},
        ),
    ],
)
def test_values_get_the_types_that_the_sdk_says(name, raw, typed):
    assert check_params(name, raw) == typed


@pytest.mark.parametrize(
    "raw", [{"name": ""}, {"address": ""}, {"tax_exempt": ""}, {"metadata": ""}]
)
def test_what_is_sent_empty_is_unset(raw):
    assert check_params("CustomerUpdateParams", raw) == dict.fromkeys(raw)


def test_an_empty_value_of_metadata_stays_for_the_merge():
    assert check_params("CustomerUpdateParams", {"metadata": {"a": ""}}) == {"metadata": {"a": ""}}


@pytest.mark.parametrize(
    ("name", "raw", "message", "code", "param"),
    [
        (
            "CustomerCreateParams",
            {"foo": "1"},
            "Received unknown parameter: foo",
            "parameter_unknown",
            "foo",
        ),
        (
            "CustomerCreateParams",
            {"foo": "1", "name": "Ann", "bar": "2"},
            "Received unknown parameters: foo, bar",
            "parameter_unknown",
            "foo",
        ),
        (
            "CustomerCreateParams",
            {"address": {"planet": "Mars"}},
            "Received unknown parameter: address[planet]",
            "parameter_unknown",
            "address[planet]",
        ),
        (
            "PaymentIntentCreateParams",
            {"currency": "usd"},
            "Missing required param: amount.",
            "parameter_missing",
            "amount",
        ),
        (
            "PriceCreateParams",
            {"currency": "usd", "recurring": {"interval_count": "1"}},
            "Missing required param: recurring[interval].",
            "parameter_missing",
            "recurring[interval]",
        ),
        (
            "CustomerCreateParams",
            {"balance": "1.5"},
            "Invalid integer: 1.5",
            "parameter_invalid_integer",
            "balance",
        ),
        (
            "CustomerCreateParams",
            {"balance": ""},
            "Invalid integer: ",
            "parameter_invalid_integer",
            "balance",
        ),
        ("CustomerCreateParams", {"address": "Rome"}, "Invalid object", None, "address"),
        (
            "CustomerCreateParams",
            {"name": {"0": "a", "1": "b"}},
            'Invalid string: {"0":"a","1":"b"}',
            None,
            "name",
        ),
        (
            "CustomerCreateParams",
            {"tax_exempt": "maybe"},
            "Invalid tax_exempt: must be one of exempt, none, or reverse",
            None,
            "tax_exempt",
        ),
        ("CustomerCreateParams", {"expand": "customer"}, "Invalid array", None, "expand"),
        ("CustomerCreateParams", {"expand": {"a": "b"}}, "Invalid array", None, "expand"),
        ("CustomerCreateParams", {"metadata": "x"}, "Invalid object", None, "metadata"),
        (
            "PaymentIntentConfirmParams",
            {"use_stripe_sdk": "perhaps"},
            "Invalid boolean: perhaps",
            None,
            "use_stripe_sdk",
        ),
        (
            "PriceCreateParams",
            {"currency": "usd", "unit_amount_decimal": "1e400"},
            "Invalid decimal: 1e400",
            None,
            "unit_amount_decimal",
        ),
    ],
)
def test_a_wrong_parameter_is_refused_as_stripe_refuses_it(name, raw, message, code, param):
    fields = refusal(name, raw).fields

    assert (fields["message"], fields.get("code"), fields["param"]) == (message, code, param)


def test_a_required_parameter_cannot_be_unset():
    error = refusal("PaymentIntentCreateParams", {"amount": "100", "currency": ""})

    assert error.fields["code"] == "parameter_invalid_empty"
    assert "You passed an empty string for 'currency'" in error.fields["message"]


def test_text_has_a_limit():
    assert check_params("CustomerCreateParams", {"name": "a" * 5000})
    assert "must be at most 5000" in refusal("CustomerCreateParams", {"name": "a" * 5001}).args[0]


def test_metadata_keys_and_values_have_limits():
    assert check_params("CustomerCreateParams", {"metadata": {"k" * 40: "v" * 500}})

    key = refusal("CustomerCreateParams", {"metadata": {"k" * 41: "v"}})
    value = refusal("CustomerCreateParams", {"metadata": {"k": "v" * 501}})

    assert "key that is 41 characters" in key.args[0]
    assert "value that is 501 characters" in value.args[0]


def test_older_versions_may_send_what_the_newest_has_no_more():
    raw = {"amount": "100", "currency": "usd", "payment_method_types": {"0": "card"}}

    assert check_params("PaymentIntentCreateParams", raw, older=True)["payment_method_types"] == [
        "card"
    ]
    assert refusal("PaymentIntentCreateParams", raw).fields["param"] == "payment_method_types"


def test_a_kind_of_parameter_that_no_endpoint_here_has_is_refused_by_name():
    error = refusal("FileCreateParams", {"purpose": "dispute_evidence", "file": "x"})

    assert error.args[0] == "The local Stripe does not implement the parameter file."
