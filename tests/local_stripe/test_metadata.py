"""Metadata merges: keys not named stay, empty ones go."""

import pytest


@pytest.fixture
def customer(client):
    return client.v1.customers.create({"metadata": {"order": "7", "colour": "red"}})


@pytest.mark.parametrize(
    ("sent", "after"),
    [
        ({"metadata[size]": "L"}, {"order": "7", "colour": "red", "size": "L"}),
        ({"metadata[colour]": "blue"}, {"order": "7", "colour": "blue"}),
        ({"metadata[colour]": ""}, {"order": "7"}),
        ({"metadata": ""}, {}),
        ({"name": "Ann"}, {"order": "7", "colour": "red"}),
        ({"metadata[0]": "zero"}, {"order": "7", "colour": "red", "0": "zero"}),
    ],
)
def test_an_update_merges(ask, customer, sent, after):
    assert ask("POST", f"/v1/customers/{customer.id}", sent).body["metadata"] == after


def test_there_is_none_at_first(ask):
    assert ask("POST", "/v1/customers").body["metadata"] == {}


def test_an_object_has_fifty_keys_at_most(ask):
    fifty = {f"metadata[{n}]": "x" for n in range(50)}
    customer = ask("POST", "/v1/customers", fifty)
    answer = ask("POST", f"/v1/customers/{customer.body['id']}", {"metadata[50]": "x"})

    assert customer.status == 200
    assert (answer.status, answer.error["param"]) == (400, "metadata")


@pytest.mark.parametrize("sent", [{"metadata[" + "k" * 41 + "]": "v"}, {"metadata[k]": "v" * 501}])
def test_keys_and_values_have_a_longest_length(ask, sent):
    answer = ask("POST", "/v1/customers", sent)

    assert (answer.status, answer.error["param"]) == (400, "metadata")


def test_the_event_of_an_update_has_the_old_values_by_key(ask, client, customer):
    client.v1.customers.update(
        customer.id, {"metadata": {"order": "8", "colour": "", "size": "L"}, "name": "Ann"}
    )
    event = ask("GET", "/v1/events", {"type": "customer.updated"}).body["data"][0]

    assert event["data"]["previous_attributes"] == {
        "metadata": {"order": "7", "colour": "red", "size": None},
        "name": None,
    }
