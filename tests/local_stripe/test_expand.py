"""References are spelled out where a request asks for it."""

import pytest


@pytest.fixture
def product(client):
    return client.v1.products.create(
        {"name": "Lamp", "default_price_data": {"currency": "usd", "unit_amount": 3900}}
    )


def test_a_reference_is_an_id_unless_it_is_expanded(client, product):
    assert product.default_price.startswith("price_")

    expanded = client.v1.products.retrieve(product.id, {"expand": ["default_price"]})

    assert expanded.default_price.unit_amount == 3900


def test_references_expand_on_create_and_update_too(client):
    price = client.v1.prices.create(
        {
            "currency": "usd",
            "unit_amount": 100,
            "product_data": {"name": "Rug"},
            "expand": ["product"],
        }
    )

    assert price.product.name == "Rug"
    assert client.v1.prices.update(price.id, {"expand": ["product"]}).product.name == "Rug"


def test_references_expand_inside_references(client, product):
    expanded = client.v1.products.retrieve(product.id, {"expand": ["default_price.product"]})

    assert expanded.default_price.product.id == product.id


def test_a_list_expands_the_references_of_its_data(client, product):
    page = client.v1.prices.list({"expand": ["data.product", "data.product.default_price"]})

    assert page.data[0].product.default_price.id == product.default_price


def test_a_field_that_is_absent_otherwise_appears_when_it_is_expanded(client, product):
    price = client.v1.prices.retrieve(product.default_price, {"expand": ["currency_options"]})

    assert "currency_options" not in client.v1.prices.retrieve(product.default_price)
    assert price.currency_options.usd.unit_amount == 3900


def test_null_stays_null(client):
    product = client.v1.products.create({"name": "Lamp", "expand": ["default_price"]})

    assert product.default_price is None


def test_data_alone_expands_nothing(ask, product):
    assert ask("GET", "/v1/products", {"expand[]": "data"}).body["data"][0]["id"] == product.id


@pytest.mark.parametrize("path", ["name", "nonsense", "metadata", "default_price.nonsense"])
def test_what_is_no_reference_is_refused(ask, product, path):
    answer = ask("GET", f"/v1/products/{product.id}", {"expand[]": path})

    assert answer.status == 400
    assert answer.error["message"] == f"This property cannot be expanded ({path})."


def test_a_list_says_where_its_references_are(ask, product):
    answer = ask("GET", "/v1/prices", {"expand[]": "product"})

    assert answer.error["message"] == (
        "This property cannot be expanded (product). You may want to try expanding 'data.product' "
        "instead."
    )


def test_a_path_has_four_names_at_most(ask, product):
    path = "default_price.product.default_price.product.default_price"
    answer = ask("GET", f"/v1/products/{product.id}", {"expand[]": path})

    assert "more than 4 levels" in answer.error["message"]


def test_what_only_stripe_has_is_refused_by_name(ask):
    id = ask("POST", "/v1/customers").body["id"]
    answer = ask("GET", f"/v1/customers/{id}", {"expand[]": "subscriptions"})

    assert answer.error["message"] == (
        "The local Stripe does not implement the expansion of subscriptions."
    )


def test_a_refused_expansion_leaves_nothing_behind(ask):
    answer = ask("POST", "/v1/customers", {"name": "Ann", "expand[]": "nonsense"})

    assert answer.status == 400
    assert ask("GET", "/v1/customers").body["data"] == []
    assert ask("GET", "/v1/events").body["data"] == []


def test_a_search_expands_the_references_of_its_data(ask, product):
    found = ask(
        "GET",
        "/v1/prices/search",
        {"query": f'product:"{product.id}"', "expand[]": "data.product"},
    )

    assert found.body["data"][0]["product"]["name"] == "Lamp"


def test_a_deleted_object_expands_to_its_stub(ask):
    customer = ask("POST", "/v1/customers").body["id"]
    intent = {"amount": 500, "currency": "usd", "customer": customer}
    id = ask("POST", "/v1/payment_intents", intent).body["id"]
    ask("DELETE", f"/v1/customers/{customer}")
    expanded = ask("GET", f"/v1/payment_intents/{id}", {"expand[]": "customer"}).body

    assert expanded["customer"] == {"id": customer, "object": "customer", "deleted": True}


def test_references_inside_nested_objects_expand(ask, client):
    customer = client.v1.customers.create({"payment_method": "pm_card_visa"})
    card = client.v1.payment_methods.list({"customer": customer.id}).data[0].id
    path = "invoice_settings.default_payment_method"
    changed = ask(
        "POST",
        f"/v1/customers/{customer.id}",
        {"invoice_settings[default_payment_method]": card, "expand[]": path},
    ).body

    assert changed["invoice_settings"]["default_payment_method"]["card"]["last4"] == "4242"


def test_a_list_inside_an_object_expands_too(client, ask):
    payment = client.v1.payment_intents.create(
        {
            "amount": 500,
            "currency": "usd",
            "confirm": True,
            "payment_method": "pm_card_visa",
            "return_url": "https://example.com",
        }
    )
    client.v1.refunds.create({"payment_intent": payment.id, "amount": 100})
    charge = ask(
        "GET",
        f"/v1/charges/{payment.latest_charge}",
        {"expand[0]": "refunds.data.balance_transaction", "expand[1]": "payment_intent"},
    ).body

    assert charge["refunds"]["data"][0]["balance_transaction"]["amount"] == -100
    assert charge["payment_intent"]["id"] == payment.id
