"""Products, as a real account answered."""

import pytest

RECORDED = {
    "object": "product",
    "active": True,
    "attributes": [],
    "created": 1767225600,
    "default_price": None,
    "description": None,
    "images": [],
    "livemode": False,
    "marketing_features": [],
    "metadata": {},
    "name": "Widget",
    "package_dimensions": None,
    "shippable": None,
    "statement_descriptor": None,
    "tax_code": None,
    "tax_details": None,
    "type": "service",
    "unit_label": None,
    "updated": 1767225600,
    "url": None,
}


@pytest.fixture
def widget(ask):
    return ask("POST", "/v1/products", {"name": "Widget"}).body


def test_a_new_product_has_the_recorded_fields_and_defaults(widget):
    assert widget == {"id": widget["id"], **RECORDED}
    assert list(widget) == ["id", *RECORDED]


def test_a_product_may_have_everything(ask):
    product = ask(
        "POST",
        "/v1/products",
        {
            "name": "Full",
            "id": "full",
            "shippable": "true",
            "statement_descriptor": "P7 DESC",
            "unit_label": "widget",
            "url": "https://example.test/full",
            "tax_code": "txcd_10103000",
            "description": "d",
            "images[]": "https://example.test/i.png",
            "marketing_features[0][name]": "feature one",
            "package_dimensions[height]": "1",
            "package_dimensions[length]": "2",
            "package_dimensions[weight]": "3",
            "package_dimensions[width]": "4",
        },
    ).body

    assert product == {
        **RECORDED,
        "id": "full",
        "name": "Full",
        "shippable": True,
        "statement_descriptor": "P7 DESC",
        "unit_label": "widget",
        "url": "https://example.test/full",
        "tax_code": "txcd_10103000",
        "tax_details": {"performance_location": None, "tax_code": "txcd_10103000"},
        "description": "d",
        "images": ["https://example.test/i.png"],
        "marketing_features": [{"name": "feature one"}],
        "package_dimensions": {"height": 1.0, "length": 2.0, "weight": 3.0, "width": 4.0},
    }
    again = ask("POST", "/v1/products", {"name": "Full", "id": "full"})
    assert (again.status, again.error["code"], again.error["message"]) == (
        400,
        "resource_already_exists",
        "Product already exists.",
    )


def test_an_update_says_when(ask, local, widget):
    local.advance(60)
    changed = ask("POST", f"/v1/products/{widget['id']}", {"description": "updated"}).body

    assert changed == {**widget, "description": "updated", "updated": 1767225660}


def test_what_is_sent_empty_goes_back_to_its_default(ask, widget):
    path = f"/v1/products/{widget['id']}"
    filled = {"images[]": "a", "url": "https://x.test", "tax_code": "txcd_1", "description": "d"}
    ask("POST", path, filled)
    emptied = ask("POST", path, {"images": "", "url": "", "tax_code": "", "description": ""}).body

    assert emptied == widget


@pytest.mark.parametrize(
    ("params", "message", "code", "param"),
    [
        ({}, "Missing required param: name.", "parameter_missing", "name"),
        ({"name": "x", "type": "good"}, "The local Stripe does not implement", None, "type"),
    ],
)
def test_what_cannot_be_is_refused(ask, params, message, code, param):
    answer = ask("POST", "/v1/products", params)

    assert (answer.status, answer.error.get("code"), answer.error["param"]) == (400, code, param)
    assert answer.error["message"].startswith(message)


def test_where_a_product_is_taxed_goes_with_how(ask, widget):
    path = f"/v1/products/{widget['id']}"
    details = {"tax_details[tax_code]": "txcd_1", "tax_details[performance_location]": "taxloc_1"}
    taxed = ask("POST", path, details).body

    assert taxed["tax_code"] == "txcd_1"
    assert taxed["tax_details"] == {"performance_location": "taxloc_1", "tax_code": "txcd_1"}
    renamed = ask("POST", path, {"name": "Gadget"}).body
    assert renamed == {**taxed, "name": "Gadget"}


def test_a_name_cannot_be_unset(ask, widget):
    answer = ask("POST", f"/v1/products/{widget['id']}", {"name": ""})

    assert (answer.status, answer.error["code"]) == (400, "parameter_invalid_empty")


def test_a_product_comes_with_its_default_price(ask):
    product = ask(
        "POST",
        "/v1/products",
        {
            "name": "Priced",
            "default_price_data[currency]": "usd",
            "default_price_data[unit_amount]": "1500",
            "default_price_data[recurring][interval]": "month",
        },
    ).body
    price = ask("GET", f"/v1/prices/{product['default_price']}").body
    events = ask("GET", "/v1/events").body["data"]

    assert (price["product"], price["unit_amount"]) == (product["id"], 1500)
    assert price["recurring"]["interval"] == "month"
    assert {event["type"] for event in events} == {"product.created", "price.created"}
    assert len({event["request"]["id"] for event in events}) == 1


def test_the_default_price_must_be_one_of_its_own(ask, widget):
    path = f"/v1/products/{widget['id']}"
    price = {"currency": "usd", "unit_amount": "5"}
    own = ask("POST", "/v1/prices", {**price, "product": widget["id"]}).body["id"]
    other = ask("POST", "/v1/prices", {**price, "product_data[name]": "Other"}).body["id"]

    assert ask("POST", path, {"default_price": own}).body["default_price"] == own
    assert ask("POST", path, {"default_price": ""}).body["default_price"] is None
    assert ask("POST", path, {"default_price": other}).error["param"] == "default_price"
    unknown = ask("POST", path, {"default_price": "price_nope"})
    assert (unknown.status, unknown.error["message"]) == (400, "No such price: 'price_nope'")


def test_a_deleted_product_is_gone(ask, widget):
    path = f"/v1/products/{widget['id']}"

    assert ask("DELETE", path).body == {"id": widget["id"], "object": "product", "deleted": True}
    answer = ask("GET", path)
    assert (answer.status, answer.error["message"]) == (404, f"No such product: '{widget['id']}'")
    assert ask("GET", "/v1/products", {"ids[]": widget["id"]}).body["data"] == []
    deleted = ask("GET", "/v1/events", {"type": "product.deleted"}).body["data"][0]
    assert deleted["data"] == {"object": {**widget, "active": False}}


def test_a_product_with_prices_cannot_be_deleted(ask, widget):
    ask("POST", "/v1/prices", {"currency": "usd", "unit_amount": "1", "product": widget["id"]})
    answer = ask("DELETE", f"/v1/products/{widget['id']}")

    assert (answer.status, answer.error["message"]) == (
        400,
        "This product cannot be deleted because it has one or more user-created prices.",
    )


def test_products_are_found_by_id_and_by_field(ask, widget):
    off = ask("POST", "/v1/products", {"name": "Off", "active": "false"}).body

    def found(params):
        return [product["id"] for product in ask("GET", "/v1/products", params).body["data"]]

    assert found({"active": "true"}) == [widget["id"]]
    assert found({"ids[0]": off["id"], "ids[1]": "prod_nope"}) == [off["id"]]
    assert ask("GET", "/v1/products/search", {"query": 'name~"wid"'}).body["data"] == [widget]
