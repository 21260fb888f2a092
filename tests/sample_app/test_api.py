"""The JSON API: what it takes, what it answers, and what it keeps to itself."""

import json
import re
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate

from sample_app.models import Customer, Item, Order
from sample_app.orders import place_order
from tests.sample_app.statements import count_statements

JSON = "application/json"
SEED = {"token": "tok_visa", "item_ids": [1, 2, 3, 5, 5, 5]}
KEY = {"Idempotency-Key": "5f0c3a52-7c1d-4c0e-9f39-3b1f6f2f0f11"}


@pytest.fixture
def ada(app, session):
    return signed_in(app, session, "ada@example.com")


def signed_in(app, session, email):
    """The browser of a customer who is signed in."""
    customer = Customer(email=email, password_hash="-")
    session.add(customer)
    session.commit()
    return app.test_client(user=customer)


# What it sells


def test_the_items_are_listed_with_prices_in_minor_units(client):
    items = client.get("/items").json
    assert items[0] == {
        "id": 1,
        "name": "Desk lamp",
        "description": "A warm light on a long arm.",
        "price": 3900,
        "currency": "usd",
    }
    assert [item["id"] for item in items] == [1, 2, 3, 4, 5, 6, 7, 8]


# Placing an order


@pytest.mark.parametrize("card", [{"token": "tok_visa"}, {"payment_method": "pm_card_visa"}])
def test_an_order_with_a_good_card_is_paid(client, card):
    response = client.post("/orders", json={"item_ids": SEED["item_ids"], **card})
    order = response.json
    assert response.status_code == 201
    assert order["status"] == "paid"
    assert order["amount"] == 59550
    assert order["description"] == "1x Desk lamp, 1x Table, 1x Bookshelf, 3x Chair"
    assert order["lines"][3] == {
        "item_id": 5,
        "name": "Chair",
        "quantity": 3,
        "unit_price": 5950,
        "amount": 17850,
    }


def test_a_declined_card_is_told_in_words_and_the_order_is_kept(client):
    response = client.post("/orders", json={**SEED, "token": "tok_chargeDeclined"})
    assert response.status_code == 402
    assert response.json["message"] == (
        "Your bank declined this card. Please try another card, or ask your bank."
    )
    order = response.json["order"]
    assert order["status"] == "pending"
    assert client.get(f"/orders/{order['id']}").json == order


@pytest.mark.parametrize("owner", ["nobody", "a customer of Stripe's"])
def test_a_payment_method_that_is_not_for_this_order_is_the_bodys_fault(app, client, owner):
    stripe = app.extensions["stripe"].v1
    method = stripe.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}}).id
    if owner == "nobody":
        client.post("/orders", json={"item_ids": [1], "payment_method": method})
    else:
        stripe.payment_methods.attach(method, {"customer": stripe.customers.create().id})
    response = client.post("/orders", json={"item_ids": [2], "payment_method": method})
    assert response.status_code == 422
    assert list(response.json["errors"]["json"]) == ["payment_method"]


def test_a_declined_order_is_paid_by_asking_again_with_another_card(client, session):
    declined = client.post("/orders", json={**SEED, "token": "tok_chargeDeclined"}, headers=KEY)
    paid = client.post("/orders", json=SEED, headers=KEY)
    assert (declined.status_code, paid.status_code) == (402, 201)
    assert paid.json["id"] == declined.json["order"]["id"]
    assert session.scalar(sa.select(sa.func.count(Order.id))) == 1


def test_a_repeated_request_is_answered_with_the_same_order(client, local, session):
    first = client.post("/orders", json=SEED, headers=KEY)
    second = client.post("/orders", json=SEED, headers=KEY)
    assert (first.status_code, first.json) == (second.status_code, second.json)
    assert session.scalar(sa.select(sa.func.count(Order.id))) == 1


def test_a_repeated_key_with_other_items_is_refused(client):
    client.post("/orders", json=SEED, headers=KEY)
    response = client.post("/orders", json={**SEED, "item_ids": [1]}, headers=KEY)
    assert response.status_code == 422
    assert "Idempotency-Key" in response.json["errors"]["headers"]


def test_unknown_items_are_named(client):
    response = client.post("/orders", json={**SEED, "item_ids": [1, 99]})
    assert response.status_code == 404
    assert response.json["message"] == "The shop sells no item 99."


@pytest.mark.parametrize("card", [{"token": "tok_nope"}, {"payment_method": "pm_nope"}])
def test_a_card_that_stripe_does_not_know_is_the_bodys_fault(client, card):
    response = client.post("/orders", json={"item_ids": [1], **card})
    assert response.status_code == 422
    assert list(response.json["errors"]["json"]) == list(card)


# Bodies that are refused

CARD = {"token": "tok_visa"}
ITEMS = {"item_ids": [1]}
# What is refused before the database is asked needs no second database.
on_one_database = pytest.mark.parametrize("app", ["sqlite"], indirect=True)


@on_one_database
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**SEED, "amount": 1}, "amount"),
        ({**SEED, "status": "paid"}, "status"),
        (CARD, "item_ids"),
        ({**CARD, "item_ids": []}, "item_ids"),
        ({**CARD, "item_ids": None}, "item_ids"),
        ({**CARD, "item_ids": "123"}, "item_ids"),
        ({**CARD, "item_ids": {"1": 1}}, "item_ids"),
        ({**CARD, "item_ids": [0]}, "item_ids"),
        ({**CARD, "item_ids": [-1]}, "item_ids"),
        ({**CARD, "item_ids": [1.0]}, "item_ids"),
        ({**CARD, "item_ids": [1.5]}, "item_ids"),
        ({**CARD, "item_ids": ["1"]}, "item_ids"),
        ({**CARD, "item_ids": [True]}, "item_ids"),
        ({**CARD, "item_ids": [None]}, "item_ids"),
        ({**CARD, "item_ids": [[1]]}, "item_ids"),
        ({**CARD, "item_ids": [2**31]}, "item_ids"),
        ({**CARD, "item_ids": [10**100]}, "item_ids"),
        ({**CARD, "item_ids": [float("nan")]}, "item_ids"),
        ({**CARD, "item_ids": [float("inf")]}, "item_ids"),
        ({**CARD, "item_ids": [1] * 101}, "item_ids"),
        ({**CARD, "item_ids": [1, 2, 3, 4, 5, 6] * 84}, "item_ids"),
        (ITEMS, "token"),
        ({**ITEMS, **CARD, "payment_method": "pm_card_visa"}, "token"),
        ({**ITEMS, "token": None}, "token"),
        ({**ITEMS, "token": 1}, "token"),
        ({**ITEMS, "token": ""}, "token"),
        ({**ITEMS, "token": "4242424242424242"}, "token"),
        ({**ITEMS, "token": "tok_visa\n"}, "token"),
        ({**ITEMS, "token": "tok_\ud800"}, "token"),
        ({**ITEMS, "token": "tok_" + "x" * 101}, "token"),
        ({**ITEMS, "payment_method": "src_visa"}, "payment_method"),
        ({**ITEMS, "payment_method": "pm_visa/../refunds"}, "payment_method"),
    ],
)
def test_a_bad_body_is_refused_by_the_name_of_the_field(client, session, body, field):
    response = client.post("/orders", data=json.dumps(body), content_type="application/json")
    assert response.status_code == 422
    assert field in response.json["errors"]["json"]
    assert session.scalars(sa.select(Order)).all() == []


@on_one_database
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b"[" * 60_000,
        '{"item_ids": []}'.encode("utf-16"),
        b'{"item_ids": ' + b"9" * 9999,
    ],
)
def test_what_is_no_json_object_is_refused(client, body):
    response = client.post("/orders", data=body, content_type="application/json")
    assert response.status_code == 422
    assert "json" in response.json["errors"]


@on_one_database
def test_a_body_of_any_depth_is_answered(client):
    bodies = (b'{"item_ids": ' + b"[" * depth + b"]" * depth + b"}" for depth in range(850, 1000))
    answers = [client.post("/orders", data=body, content_type=JSON) for body in bodies]
    assert {answer.status_code for answer in answers} == {422}


ANYTHING = st.one_of(st.integers(), st.floats(), st.booleans(), st.none(), st.text())
NEARLY_RIGHT = st.fixed_dictionaries(
    {"item_ids": st.one_of(st.lists(st.integers(1, 9), max_size=3), st.lists(ANYTHING), ANYTHING)},
    optional={
        "token": st.one_of(st.sampled_from(["tok_visa", "tok_chargeDeclined"]), ANYTHING),
        "payment_method": st.one_of(st.just("pm_card_visa"), ANYTHING),
        "amount": ANYTHING,
    },
)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=NEARLY_RIGHT, text=st.text())
def test_whatever_is_sent_is_answered_as_documented(client, body, text):
    key = {"Idempotency-Key": quote(text).ljust(16, "0")}
    answers = [
        client.post("/orders", data=json.dumps(body), headers=key, content_type=JSON),
        client.get(f"/orders/{quote(text, safe='')}"),
        client.get(f"/orders?after={quote(text)}&limit={quote(text)}"),
    ]
    assert max(answer.status_code for answer in answers) < 500


@on_one_database
@pytest.mark.parametrize(
    "content_type",
    ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain", "text/json", None],
)
def test_another_sites_form_cannot_place_an_order(client, content_type):
    response = client.post("/orders", data=json.dumps(SEED), content_type=content_type)
    assert response.status_code == 415


def test_the_shop_lets_no_other_sites_script_send_json(client):
    asks = {"Origin": "https://other.example", "Access-Control-Request-Method": "POST"}
    response = client.options("/orders", headers=asks)
    assert not [name for name, _ in response.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize("key", ["", "1", "x" * 15, "x" * 256])
def test_a_key_that_others_could_guess_is_refused(client, key):
    response = client.post("/orders", json=SEED, headers={"Idempotency-Key": key})
    assert response.status_code == 422
    assert "Idempotency-Key" in response.json["errors"]["headers"]


# Errors are JSON, in one shape


def test_a_method_that_is_not_there_is_told_in_json(client):
    response = client.delete("/orders")
    assert (response.status_code, response.json["code"]) == (405, 405)
    assert "POST" in response.headers["Allow"]


def test_a_body_that_is_too_large_is_told_in_json(client):
    response = client.post("/orders", json={**SEED, "item_ids": [1] * 40_000})
    assert (response.status_code, response.json["code"]) == (413, 413)


def test_a_fault_of_the_shop_is_told_in_json_and_tells_nothing(app, client, monkeypatch):
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setitem(app.extensions, "stripe", None)
    response = client.post("/orders", json=SEED)
    assert (response.status_code, response.json["code"]) == (500, 500)
    assert "NoneType" not in response.text


@pytest.mark.parametrize("path", ["/orders/ord_nope", "/orders/%00", "/orders/1"])
def test_an_unknown_order_is_told_in_json(client, path):
    response = client.get(path)
    assert (response.status_code, response.json["message"]) == (404, "There is no such order.")


def test_elsewhere_an_error_is_a_page(client):
    response = client.get("/nowhere")
    assert (response.status_code, response.mimetype) == (404, "text/html")


# Whose orders


def test_a_guests_order_is_read_by_whoever_holds_its_id(client, ada):
    order = client.post("/orders", json=SEED).json
    assert client.get(f"/orders/{order['id']}").json == order
    assert ada.get(f"/orders/{order['id']}").json == order


def test_a_customers_order_does_not_exist_for_anybody_else(app, session, client, ada):
    bob = signed_in(app, session, "bob@example.com")
    order = ada.post("/orders", json=SEED).json
    assert ada.get(f"/orders/{order['id']}").status_code == 200
    unknown = client.get("/orders/ord_unknown")
    for somebody_else in (client, bob):
        response = somebody_else.get(f"/orders/{order['id']}")
        assert (response.status_code, response.json) == (404, unknown.json)


def test_a_guest_lists_no_orders(client):
    response = client.get("/orders")
    assert (response.status_code, response.json["message"]) == (401, "Sign in to see your orders.")


def test_a_customer_lists_their_own_orders_newest_first_page_by_page(app, session, client, ada):
    client.post("/orders", json=SEED)
    signed_in(app, session, "bob@example.com").post("/orders", json=SEED)
    placed = [ada.post("/orders", json=SEED).json["id"] for _ in range(3)]
    first = ada.get("/orders?limit=2").json
    second = ada.get(f"/orders?limit=2&after={first['after']}").json
    assert [order["id"] for order in first["orders"] + second["orders"]] == placed[::-1]
    assert second["after"] is None


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "limit=1&after=%00"])
def test_a_page_that_cannot_be_is_refused(ada, query):
    assert ada.get(f"/orders?{query}").status_code in {404, 422}


@pytest.mark.parametrize("orders", [1, 30])
def test_a_list_takes_two_queries_however_long_it_is(app, session, orders):
    customer = Customer(email="ada@example.com", password_hash="-")
    for _ in range(orders):
        place_order(session, SEED["item_ids"], customer)
    client = app.test_client(user=customer)
    with count_statements(session) as statements:
        assert len(client.get("/orders?limit=100").json["orders"]) == orders
    # Who is signed in, and the orders with their lines and items.
    assert len(statements) == 2


# What is written about it


def test_the_patterns_of_the_openapi_document_are_for_every_language(client):
    """Its regexes are ECMA-262's, which has no \\A, \\Z and (?P<name>...)."""
    document = client.get("/openapi.json").json
    fields = document["components"]["schemas"]["NewOrder"]["properties"]
    assert fields["token"]["pattern"].startswith("^tok_")
    assert not re.search(r"\\[AZ]|\(\?P", str(document))


def test_the_openapi_document_is_valid(client):
    document = client.get("/openapi.json").json
    validate(document)
    assert list(document["paths"]) == [
        "/items",
        "/orders",
        "/orders/{order_id}",
        "/orders/{order_id}/checkout",
    ]


def test_an_items_name_is_data_in_json(client, session):
    session.get(Item, 1).name = "<script>alert(1)</script>"
    session.commit()
    assert client.get("/items").json[0]["name"] == "<script>alert(1)</script>"
