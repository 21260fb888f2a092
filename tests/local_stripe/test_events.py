"""Events: what happened, kept as it was."""

import pytest

FIELDS = [
    "id",
    "object",
    "api_version",
    "created",
    "data",
    "livemode",
    "pending_webhooks",
    "request",
    "type",
]


@pytest.fixture(autouse=True)
def history(client):
    customer = client.v1.customers.create({"name": "Ann"})
    client.v1.customers.update(customer.id, {"name": "Bob"})
    client.v1.products.create({"name": "Lamp"})


def types(answer):
    return [event["type"] for event in answer.body["data"]]


def test_an_event_has_the_recorded_fields(ask):
    event = ask("GET", "/v1/events").body["data"][0]

    assert list(event) == FIELDS
    assert ask("GET", f"/v1/events/{event['id']}").body == event


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["product.created", "customer.updated", "customer.created"]),
        ({"type": "customer.created"}, ["customer.created"]),
        ({"type": "customer.*"}, ["customer.updated", "customer.created"]),
        ({"type": "*.created"}, ["product.created", "customer.created"]),
        ({"type": "charge.failed"}, []),
        (
            {"types[0]": "product.created", "types[1]": "customer.created"},
            ["product.created", "customer.created"],
        ),
    ],
)
def test_events_are_found_by_type(ask, wanted, found):
    assert types(ask("GET", "/v1/events", wanted)) == found


def test_type_and_types_exclude_each_other(ask):
    answer = ask("GET", "/v1/events", {"type": "a.b", "types[]": "c.d"})

    assert (answer.status, answer.error["param"]) == (400, "type")


def test_twenty_types_are_the_most(ask):
    assert ask("GET", "/v1/events", {f"types[{n}]": "a.b" for n in range(21)}).status == 400


def test_an_unknown_event_is_not_found(ask):
    assert ask("GET", "/v1/events/evt_nope").status == 404


def test_an_event_keeps_the_object_as_it_was(ask):
    created = ask("GET", "/v1/events", {"type": "customer.created"}).body["data"][0]

    assert created["data"]["object"]["name"] == "Ann"
