"""A customer's sources: cards saved the older way, where the account still may."""

import pytest

from tests.local_stripe.money import event_types, plain, refusal


@pytest.fixture
def customer(client, local):
    """A customer of an account that may still save card tokens."""
    local.policies.token_charges = True
    return client.v1.customers.create({"email": "jenny@example.com"}).id


def test_a_token_becomes_the_customers_card_and_their_default(client, customer):
    card = client.v1.customers.payment_sources.create(customer, {"source": "tok_visa"})

    assert (card.object, card.customer, card.brand, card.last4) == (
        "card",
        customer,
        "Visa",
        "4242",
    )
    assert card.cvc_check == "pass"
    assert card.id.startswith("card_1")
    assert client.v1.customers.retrieve(customer).default_source == card.id
    assert event_types(client)[-2:] == ["customer.source.created", "customer.updated"]


def test_a_second_card_leaves_the_default_alone(client, customer):
    sources = client.v1.customers.payment_sources
    first = sources.create(customer, {"source": "tok_visa"}).id
    second = sources.create(customer, {"source": "tok_mastercard"}).id

    assert client.v1.customers.retrieve(customer).default_source == first
    assert [card.id for card in sources.list(customer).data] == [second, first]
    assert sources.list(customer).url == f"/v1/customers/{customer}/sources"
    assert sources.retrieve(customer, first).id == first


def test_another_card_can_be_made_the_default(client, customer):
    sources = client.v1.customers.payment_sources
    sources.create(customer, {"source": "tok_visa"})
    second = sources.create(customer, {"source": "tok_mastercard"}).id

    changed = client.v1.customers.update(customer, {"default_source": second})

    assert changed.default_source == second


def test_a_card_can_be_noted_on(client, customer):
    sources = client.v1.customers.payment_sources
    card = sources.create(customer, {"source": "tok_visa"})

    changed = sources.update(customer, card.id, {"name": "Ann", "metadata": {"k": "v"}})

    assert plain(changed) == {**plain(card), "name": "Ann", "metadata": {"k": "v"}}
    assert sources.retrieve(customer, card.id) == changed
    assert event_types(client)[-1] == "customer.source.updated"


def test_a_new_source_given_to_the_customer_is_the_default(client, customer):
    client.v1.customers.payment_sources.create(customer, {"source": "tok_visa"})

    changed = client.v1.customers.update(
        customer, {"source": "tok_mastercard", "expand": ["default_source"]}
    )

    assert changed.default_source.brand == "MasterCard"


def test_a_customer_shows_their_sources_when_asked(client, customer):
    card = client.v1.customers.payment_sources.create(customer, {"source": "tok_visa"})

    assert "sources" not in plain(client.v1.customers.retrieve(customer))
    shown = client.v1.customers.retrieve(customer, {"expand": ["sources"]}).sources
    assert [source.id for source in shown.data] == [card.id]


def test_a_removed_card_is_gone_and_another_becomes_the_default(client, customer):
    sources = client.v1.customers.payment_sources
    first = sources.create(customer, {"source": "tok_visa"}).id
    second = sources.create(customer, {"source": "tok_mastercard"}).id

    removed = client.v1.customers.payment_sources.delete(customer, first)

    assert plain(removed) == {"id": first, "object": "card", "deleted": True}
    assert [card.id for card in sources.list(customer).data] == [second]
    assert client.v1.customers.retrieve(customer).default_source == second
    sources.delete(customer, second)
    assert client.v1.customers.retrieve(customer).default_source is None
    assert event_types(client)[-2:] == ["customer.source.deleted", "customer.updated"]


def test_removing_another_card_leaves_the_default_alone(client, customer):
    sources = client.v1.customers.payment_sources
    first = sources.create(customer, {"source": "tok_visa"}).id
    second = sources.create(customer, {"source": "tok_mastercard"}).id

    sources.delete(customer, second)

    assert client.v1.customers.retrieve(customer).default_source == first


def test_a_declining_card_cannot_be_saved(client, customer):
    refused = refusal(
        lambda: client.v1.customers.payment_sources.create(
            customer, {"source": "tok_visa_chargeDeclined"}
        )
    )

    assert (refused["status"], refused["code"]) == (402, "card_declined")
    assert client.v1.customers.payment_sources.list(customer).data == []


def test_card_tokens_on_customers_have_reached_end_of_life(client):
    refused = refusal(lambda: client.v1.customers.create({"source": "tok_visa"}))

    assert refused["status"] == 400
    assert refused["message"].startswith(
        "Card Token usage on the Customers API and Charges API has reached end of life."
    )
    assert client.v1.customers.list().data == []


def test_saving_needs_a_token(client, customer, ask):
    answer = ask("POST", f"/v1/customers/{customer}/sources")

    assert answer.error["message"] == "Missing required param: source."


def test_somebody_elses_card_is_not_found(client, customer):
    other = client.v1.customers.create({"source": "tok_visa"}).default_source

    refused = refusal(lambda: client.v1.customers.payment_sources.retrieve(customer, other))

    assert (refused["status"], refused["message"]) == (404, f"No such source: '{other}'")


def test_sources_of_another_sort_are_refused_by_name(client, customer):
    refused = refusal(
        lambda: client.v1.customers.payment_sources.list(customer, {"object": "bank_account"})
    )

    assert refused["message"] == (
        "The local Stripe does not implement sources that are a bank_account."
    )
