"""Customers, as a real account answered."""

import re

import pytest

RECORDED = {
    "object": "customer",
    "address": None,
    "balance": 0,
    "created": 1767225600,
    "currency": None,
    "customer_account": None,
    "default_source": None,
    "delinquent": False,
    "description": None,
    "discount": None,
    "email": None,
    "invoice_prefix": None,
    "invoice_settings": {
        "custom_fields": None,
        "default_payment_method": None,
        "footer": None,
        "rendering_options": None,
    },
    "livemode": False,
    "metadata": {},
    "name": None,
    "next_invoice_sequence": 1,
    "phone": None,
    "preferred_locales": [],
    "shipping": None,
    "tax_exempt": "none",
    "test_clock": None,
}


def test_a_new_customer_has_the_recorded_fields_and_defaults(ask):
    customer = ask("POST", "/v1/customers", {"email": "ann@example.com"}).body
    prefix = customer["invoice_prefix"]

    assert list(customer) == ["id", *RECORDED]
    assert re.fullmatch(r"[0-9A-Z]{8}", prefix)
    assert customer == {
        **RECORDED,
        "id": customer["id"],
        "email": "ann@example.com",
        "invoice_prefix": prefix,
    }


def test_a_customer_is_read_back_as_it_was_made(ask):
    customer = ask("POST", "/v1/customers", {"name": "Ann"}).body

    assert ask("GET", f"/v1/customers/{customer['id']}").body == customer


def test_an_update_changes_what_is_sent_and_only_that(ask):
    customer = ask(
        "POST", "/v1/customers", {"name": "Ann", "phone": "1", "address[city]": "Rome"}
    ).body
    changed = ask(
        "POST",
        f"/v1/customers/{customer['id']}",
        {"name": "", "balance": "-500", "tax_exempt": "exempt", "preferred_locales[]": "it"},
    ).body

    assert changed == {
        **customer,
        "name": None,
        "balance": -500,
        "tax_exempt": "exempt",
        "preferred_locales": ["it"],
    }
    assert changed["address"] == {
        "city": "Rome",
        "country": None,
        "line1": None,
        "line2": None,
        "postal_code": None,
        "state": None,
    }


def test_an_address_can_be_unset(ask):
    sent = {
        "address[city]": "Rome",
        "shipping[name]": "Ann",
        "shipping[address][line1]": "Via Appia 1",
    }
    customer = ask("POST", "/v1/customers", sent).body
    assert (customer["address"]["city"], customer["shipping"]["name"]) == ("Rome", "Ann")

    changed = ask("POST", f"/v1/customers/{customer['id']}", {"address": "", "shipping": ""}).body
    assert (changed["address"], changed["shipping"]) == (None, None)


@pytest.mark.parametrize(
    ("params", "message", "param"),
    [
        ({"email": "ann"}, "Invalid email address: ann", "email"),
        ({"invoice_prefix": "abc"}, "invoice prefix", "invoice_prefix"),
        ({"test_clock": "clock_1"}, "does not implement", "test_clock"),
        ({"tax[ip_address]": "1.1.1.1"}, "does not implement", "tax"),
        (
            {"invoice_settings[default_payment_method]": "pm_nope"},
            "No such PaymentMethod: 'pm_nope'",
            "invoice_settings[default_payment_method]",
        ),
        (
            {"invoice_settings[default_payment_method]": "pm_card_visa"},
            "does not implement Stripe's own test cards as a customer's default",
            "invoice_settings[default_payment_method]",
        ),
    ],
)
def test_what_cannot_be_is_refused(ask, params, message, param):
    answer = ask("POST", "/v1/customers", params)

    assert (answer.status, answer.error["param"]) == (400, param)
    assert message in answer.error["message"]


def test_deleting_answers_with_three_fields_and_leaves_them_to_be_read(ask):
    id = ask("POST", "/v1/customers").body["id"]
    stub = {"id": id, "object": "customer", "deleted": True}

    assert ask("DELETE", f"/v1/customers/{id}").body == stub
    assert ask("GET", f"/v1/customers/{id}").body == stub
    assert ask("DELETE", f"/v1/customers/{id}").status == 404
    assert ask("POST", f"/v1/customers/{id}", {"name": "Ann"}).status == 404


def test_each_change_is_an_event_with_the_customer_as_it_was_then(ask):
    customer = ask("POST", "/v1/customers", {"name": "Ann"}).body
    changed = ask("POST", f"/v1/customers/{customer['id']}", {"name": "Bob"}).body
    ask("DELETE", f"/v1/customers/{customer['id']}")
    events = ask("GET", "/v1/events").body["data"]

    assert [(event["type"], event["data"]) for event in events] == [
        ("customer.deleted", {"object": changed}),
        ("customer.updated", {"object": changed, "previous_attributes": {"name": "Ann"}}),
        ("customer.created", {"object": customer}),
    ]


def test_an_update_that_changes_nothing_is_no_event(ask):
    id = ask("POST", "/v1/customers", {"name": "Ann"}).body["id"]
    ask("POST", f"/v1/customers/{id}", {"name": "Ann"})

    assert len(ask("GET", "/v1/events").body["data"]) == 1


def test_sources_are_there_when_they_are_expanded(ask):
    customer = ask("POST", "/v1/customers", {"expand[]": "sources"}).body

    assert customer["sources"] == {
        "object": "list",
        "data": [],
        "has_more": False,
        "url": f"/v1/customers/{customer['id']}/sources",
    }


def test_customers_are_found_by_email(ask):
    for name in ("ann", "bob", "ann"):
        ask("POST", "/v1/customers", {"email": f"{name}@example.com"})

    assert len(ask("GET", "/v1/customers", {"email": "ann@example.com"}).body["data"]) == 2


def test_a_person_and_their_business_have_names_of_their_own(ask):
    names = {"individual_name": "Ann", "business_name": "Ann's Lamps"}
    customer = ask("POST", "/v1/customers", names).body

    assert (customer["individual_name"], customer["business_name"]) == ("Ann", "Ann's Lamps")


def test_invoices_look_as_the_customer_wants_them(ask):
    settings = {
        "invoice_settings[footer]": "Thank you",
        "invoice_settings[rendering_options][amount_tax_display]": "include_inclusive_tax",
    }

    assert ask("POST", "/v1/customers", settings).body["invoice_settings"] == {
        "custom_fields": None,
        "default_payment_method": None,
        "footer": "Thank you",
        "rendering_options": {
            "amount_tax_display": "include_inclusive_tax",
            "template": None,
        },
    }
