"""Prices, as a real account answered."""

import pytest

RECORDED = {
    "object": "price",
    "active": True,
    "billing_scheme": "per_unit",
    "created": 1767225600,
    "currency": "usd",
    "custom_unit_amount": None,
    "livemode": False,
    "lookup_key": None,
    "metadata": {},
    "nickname": None,
    "product": None,
    "recurring": None,
    "tax_behavior": "unspecified",
    "tiers_mode": None,
    "transform_quantity": None,
    "type": "one_time",
    "unit_amount": None,
    "unit_amount_decimal": None,
}


@pytest.fixture
def product(ask):
    return ask("POST", "/v1/products", {"name": "Lamp"}).body["id"]


@pytest.fixture
def price(ask, product):
    """Make a price of the product in US dollars: `price(unit_amount=5)`."""

    def price(**params):
        return ask("POST", "/v1/prices", {"currency": "usd", "product": product, **params})

    return price


def test_a_new_price_has_the_recorded_fields_and_defaults(price, product):
    made = price(unit_amount=2000).body

    assert made == {
        "id": made["id"],
        **RECORDED,
        "product": product,
        "unit_amount": 2000,
        "unit_amount_decimal": "2000",
    }
    assert list(made) == ["id", *RECORDED]


@pytest.mark.parametrize(
    ("params", "fields"),
    [
        (
            {"unit_amount_decimal": "123.45"},
            {"unit_amount": None, "unit_amount_decimal": "123.45"},
        ),
        ({"unit_amount_decimal": "10.0"}, {"unit_amount": 10, "unit_amount_decimal": "10"}),
        (
            {
                "custom_unit_amount[enabled]": "true",
                "custom_unit_amount[minimum]": "100",
                "custom_unit_amount[preset]": "500",
            },
            {"custom_unit_amount": {"maximum": None, "minimum": 100, "preset": 500}},
        ),
        (
            {"unit_amount": 999, "recurring[interval]": "month"},
            {
                "type": "recurring",
                "recurring": {
                    "interval": "month",
                    "interval_count": 1,
                    "meter": None,
                    "trial_period_days": None,
                    "usage_type": "licensed",
                },
            },
        ),
        ({"unit_amount": 5, "nickname": "five", "active": "false"}, {"nickname": "five"}),
        (
            {
                "unit_amount": 5,
                "transform_quantity[divide_by]": 3,
                "transform_quantity[round]": "up",
            },
            {"transform_quantity": {"divide_by": 3, "round": "up"}},
        ),
    ],
)
def test_a_price_says_how_it_is_counted(price, params, fields):
    made = price(**params).body

    assert {key: made[key] for key in fields} == fields


def test_a_price_may_bring_its_product(ask):
    price = ask(
        "POST",
        "/v1/prices",
        {"currency": "EUR", "unit_amount": 1000, "product_data[name]": "Inline"},
    ).body

    assert price["currency"] == "eur"
    assert ask("GET", f"/v1/products/{price['product']}").body["name"] == "Inline"


def test_tiers_are_shown_when_they_are_expanded(ask, price):
    made = price(
        **{
            "billing_scheme": "tiered",
            "tiers_mode": "graduated",
            "recurring[interval]": "month",
            "tiers[0][up_to]": "5",
            "tiers[0][unit_amount]": "500",
            "tiers[1][up_to]": "inf",
            "tiers[1][flat_amount_decimal]": "0.5",
        }
    ).body
    shown = ask("GET", f"/v1/prices/{made['id']}", {"expand[]": "tiers"}).body

    assert "tiers" not in made
    assert (made["billing_scheme"], made["unit_amount"]) == ("tiered", None)
    assert shown["tiers"] == [
        {
            "flat_amount": None,
            "flat_amount_decimal": None,
            "unit_amount": 500,
            "unit_amount_decimal": "500",
            "up_to": 5,
        },
        {
            "flat_amount": None,
            "flat_amount_decimal": "0.5",
            "unit_amount": None,
            "unit_amount_decimal": None,
            "up_to": None,
        },
    ]


def test_other_currencies_are_shown_when_they_are_expanded(ask, price):
    made = price(**{"unit_amount": 2000, "currency_options[eur][unit_amount]": 1800}).body
    path = f"/v1/prices/{made['id']}"
    ask("POST", path, {"currency_options[gbp][unit_amount]": 1600})
    options = ask("GET", path, {"expand[]": "currency_options"}).body["currency_options"]

    assert "currency_options" not in made
    assert {currency: option["unit_amount"] for currency, option in options.items()} == {
        "usd": 2000,
        "eur": 1800,
        "gbp": 1600,
    }


TIERED = {"billing_scheme": "tiered", "tiers_mode": "volume", "tiers[0][up_to]": "inf"}


@pytest.mark.parametrize(
    ("params", "message", "param"),
    [
        (
            {"product": "", "unit_amount": 1},
            "You must specify either `product` or `product_data` when creating a price.",
            None,
        ),
        ({}, "Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set.", None),
        (
            {"unit_amount": 1, "product_data[name]": "x"},
            "You may only specify one of these parameters: product, product_data.",
            "product",
        ),
        (
            {"unit_amount": 1, "unit_amount_decimal": "1.5"},
            "You may only specify one of these parameters: unit_amount, unit_amount_decimal.",
            "unit_amount",
        ),
        (TIERED, "Prices with `type=one_time` are not supported with tiered billing.", "interval"),
        (
            {"recurring[interval]": "month", **TIERED, "tiers[0][up_to]": "5"},
            "The tiers must ascend, and the last one be `inf`.",
            "tiers",
        ),
        (
            {"recurring[interval]": "month", "billing_scheme": "tiered", "tiers_mode": "volume"},
            "Missing required param: tiers.",
            "tiers",
        ),
        (
            {"unit_amount": 1, "tiers_mode": "volume"},
            "You must pass `billing_scheme=tiered` when passing tiers_mode",
            "tiers_mode",
        ),
        (
            {"unit_amount": 1, "recurring[interval]": "month", "recurring[meter]": "mtr_1"},
            "The local Stripe does not implement metered prices.",
            "recurring[meter]",
        ),
        (
            {"unit_amount": 1, "recurring[interval]": "month", "recurring[interval_count]": 0},
            "This value must be greater than or equal to 1.",
            "recurring[interval_count]",
        ),
        (
            {"unit_amount": 1, "currency_options[eur][tiers][0][up_to]": "inf"},
            "The local Stripe does not implement tiers in other currencies.",
            "currency_options[eur]",
        ),
        (
            {"unit_amount": 5, "recurring[interval]": "month", "recurring[usage_type]": "metered"},
            "Starting with Stripe version `2025-03-31.basil`, metered prices must be backed by "
            "meters.",
            None,
        ),
        ({"unit_amount": 1, "product": "prod_nope"}, "No such product: 'prod_nope'", "product"),
        (
            {"unit_amount": 1, "currency_options[EUR][unit_amount]": 1},
            "Currencies must be lowercase when used as keys in a map. Use `eur` instead of `EUR`.",
            "currency_options",
        ),
        ({"unit_amount": -1}, "This value must be greater than or equal to 0.", "unit_amount"),
        (
            {"unit_amount_decimal": "0.1234567890123"},
            "Invalid decimal: 0.1234567890123; must contain at maximum 12 decimal places.",
            "unit_amount_decimal",
        ),
        (
            {"unit_amount": 1, "recurring[interval]": "year", "recurring[interval_count]": 4},
            "The maximum billing interval is 3 years.",
            "recurring[interval_count]",
        ),
    ],
)
def test_what_cannot_be_is_refused(price, params, message, param):
    answer = price(**params)

    assert (answer.status, answer.error["message"], answer.error.get("param")) == (
        400,
        message,
        param,
    )


def test_a_lookup_key_belongs_to_one_price_active_or_not(ask, price):
    first = price(unit_amount=1, lookup_key="lamp").body["id"]
    ask("POST", f"/v1/prices/{first}", {"active": "false"})
    answer = price(unit_amount=2, lookup_key="lamp")

    assert (answer.status, answer.error["param"], answer.error["message"]) == (
        400,
        "lookup_key",
        f"A price (`{first}`) already uses that lookup key.",
    )


def test_a_lookup_key_can_move_to_a_new_price(ask, price):
    first = price(unit_amount=1, lookup_key="lamp").body
    second = price(unit_amount=2, lookup_key="lamp", transfer_lookup_key="true").body
    found = ask("GET", "/v1/prices", {"lookup_keys[]": "lamp"}).body["data"]
    moved = ask("GET", "/v1/events", {"type": "price.updated"}).body["data"]

    assert [price["id"] for price in found] == [second["id"]]
    assert [event["data"] for event in moved] == [
        {"object": {**first, "lookup_key": None}, "previous_attributes": {"lookup_key": "lamp"}}
    ]


def test_an_update_changes_how_a_price_is_found(ask, price):
    path = f"/v1/prices/{price(unit_amount=1, lookup_key='a').body['id']}"

    renamed = ask("POST", path, {"lookup_key": "b", "nickname": "n", "tax_behavior": "inclusive"})
    assert (renamed.body["lookup_key"], renamed.body["nickname"]) == ("b", "n")
    assert ask("POST", path, {"lookup_key": ""}).body["lookup_key"] is None
    assert ask("POST", path, {"tax_behavior": "exclusive"}).error["param"] == "tax_behavior"
    assert ask("POST", path, {"unit_amount": 2}).error["code"] == "parameter_unknown"


def test_the_default_price_of_a_product_cannot_be_archived(ask, price, product):
    id = price(unit_amount=1).body["id"]
    ask("POST", f"/v1/products/{product}", {"default_price": id})
    answer = ask("POST", f"/v1/prices/{id}", {"active": "false"})

    assert (answer.status, answer.error["param"]) == (400, "active")


def test_prices_are_found_by_field(ask, price, product):
    once = price(unit_amount=1).body["id"]
    monthly = price(**{"unit_amount": 1, "recurring[interval]": "month"}).body["id"]

    def found(params):
        return [price["id"] for price in ask("GET", "/v1/prices", params).body["data"]]

    assert found({"product": product}) == [monthly, once]
    assert found({"type": "one_time"}) == [once]
    assert found({"recurring[interval]": "month"}) == [monthly]
    assert found({"currency": "eur"}) == []
    search = ask("GET", "/v1/prices/search", {"query": f'product:"{product}" AND active:"true"'})
    assert [price["id"] for price in search.body["data"]] == [monthly, once]


def test_ten_lookup_keys_are_the_most(ask):
    answer = ask("GET", "/v1/prices", {f"lookup_keys[{n}]": str(n) for n in range(11)})

    assert (answer.status, answer.error["param"]) == (400, "lookup_keys")


def test_a_price_cannot_be_deleted(ask):
    assert ask("DELETE", "/v1/prices/price_1").error["message"].startswith("Unrecognized request")
