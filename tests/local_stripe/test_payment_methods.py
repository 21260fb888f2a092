"""A PaymentMethod is a card on its own, or saved by one customer."""

import pytest
import stripe

from local_stripe import PUBLISHABLE_KEY
from local_stripe.transport import InProcess
from tests.local_stripe.money import event_types, paid, payment, plain, refusal

CARD = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2034, "cvc": "123"}
NOBODY = {
    "address": {
        "city": None,
        "country": None,
        "line1": None,
        "line2": None,
        "postal_code": None,
        "state": None,
    },
    "email": None,
    "name": None,
    "phone": None,
    "tax_id": None,
}


@pytest.fixture
def page(local):
    """The SDK with the key that a page has."""
    return stripe.StripeClient(PUBLISHABLE_KEY, http_client=InProcess(local))


@pytest.fixture
def customer(client):
    return client.v1.customers.create({"email": "jenny@example.com"}).id


def from_token(client, token="tok_visa", **more):
    return client.v1.payment_methods.create({"type": "card", "card": {"token": token}, **more})


def saved(client, customer, name="pm_card_visa"):
    return client.v1.payment_methods.attach(name, {"customer": customer})


def test_a_token_becomes_a_payment_method(client, local):
    method = from_token(client)

    assert plain(method) == {
        "id": method.id,
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": NOBODY,
        "card": {
            "brand": "visa",
            "checks": {
                "address_line1_check": None,
                "address_postal_code_check": None,
                "cvc_check": "unchecked",
            },
            "country": "US",
            "display_brand": "visa",
            "exp_month": 1,
            "exp_year": 2027,
            "fingerprint": method.card.fingerprint,
            "funding": "credit",
            "generated_from": None,
            "last4": "4242",
            "networks": {"available": ["visa"], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        "created": local.clock.now(),
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": "card",
    }
    assert method.id.startswith("pm_1")
    assert event_types(client) == []


def test_the_name_and_address_of_a_token_go_along(page, client):
    typed = {
        **{key: str(value) for key, value in CARD.items()},
        "name": "Jenny Rosen",
        "address_line1": "510 Townsend St",
        "address_zip": "94103",
    }
    token = page.v1.tokens.create({"card": typed}).id

    method = from_token(client, token)

    assert method.billing_details.name == "Jenny Rosen"
    assert method.billing_details.address.postal_code == "94103"
    assert plain(method)["card"]["checks"] == {
        "address_line1_check": "unchecked",
        "address_postal_code_check": "unchecked",
        "cvc_check": "unchecked",
    }


def test_a_page_makes_a_payment_method_from_what_somebody_typed(page):
    method = page.v1.payment_methods.create(
        {"type": "card", "card": CARD, "billing_details": {"name": "Jenny"}}
    )

    assert (method.card.last4, method.card.exp_year) == ("4242", 2034)
    assert method.billing_details.name == "Jenny"


def test_a_server_may_not_send_card_numbers(client):
    refused = refusal(lambda: client.v1.payment_methods.create({"type": "card", "card": CARD}))

    assert refused["status"] == 402
    assert refused["message"].startswith("Sending credit card numbers directly to the Stripe API")


def test_a_number_is_checked(page):
    wrong = {**CARD, "number": "4242424242424241"}
    refused = refusal(lambda: page.v1.payment_methods.create({"type": "card", "card": wrong}))

    assert (refused["status"], refused["code"]) == (402, "incorrect_number")


def test_a_security_code_that_was_not_typed_cannot_be_wrong(page, client):
    typed = {"number": "4000000000000127", "exp_month": 12, "exp_year": 2034}
    without = page.v1.payment_methods.create({"type": "card", "card": typed})

    made = client.v1.payment_intents.create(payment(payment_method=without.id, confirm=True))

    assert without.card.checks.cvc_check is None
    assert made.status == "succeeded"


@pytest.mark.parametrize(
    "params, message",
    [
        ({}, "Missing required param: type."),
        ({"type": "card"}, "Missing required param: card."),
        ({"type": "klarna"}, "The local Stripe does not implement PaymentMethods of type klarna."),
        (
            {"type": "card", "card": {"token": "tok_visa"}, "customer": "cus_1"},
            "The local Stripe does not implement the parameter `customer` here.",
        ),
    ],
)
def test_what_is_missing_or_not_played_is_said(client, params, message):
    assert refusal(lambda: client.v1.payment_methods.create(params))["message"] == message


def test_an_unknown_token_is_refused(client):
    assert refusal(lambda: from_token(client, "tok_nope")) == {
        "status": 400,
        "type": "invalid_request_error",
        "code": "resource_missing",
        "message": "No such token: 'tok_nope'",
        "param": "card[token]",
    }


def test_one_of_stripes_own_names_gives_a_fresh_payment_method(client):
    first = client.v1.payment_methods.retrieve("pm_card_amex")
    second = client.v1.payment_methods.retrieve("pm_card_amex")

    assert (first.card.brand, first.card.display_brand) == ("amex", "american_express")
    assert first.id != second.id
    assert client.v1.payment_methods.retrieve(first.id) == first


def test_an_unknown_payment_method_is_not_found(client):
    assert refusal(lambda: client.v1.payment_methods.retrieve("pm_nope")) == {
        "status": 404,
        "type": "invalid_request_error",
        "code": "resource_missing",
        "message": "No such PaymentMethod: 'pm_nope'",
        "param": "payment_method",
    }


def test_attaching_saves_it_and_has_the_bank_look_at_it(client, customer):
    method = from_token(client)

    attached = client.v1.payment_methods.attach(method.id, {"customer": customer})

    assert attached.customer == customer
    assert attached.card.checks.cvc_check == "pass"
    assert event_types(client)[-1] == "payment_method.attached"
    assert client.v1.customers.retrieve(customer).invoice_settings.default_payment_method is None


def test_attaching_again_to_the_same_customer_changes_nothing(client, customer):
    method = saved(client, customer)

    assert client.v1.payment_methods.attach(method.id, {"customer": customer}) == method
    assert event_types(client).count("payment_method.attached") == 1


def test_attaching_to_a_second_customer_is_refused(client, customer):
    method = saved(client, customer)
    other = client.v1.customers.create({}).id

    refused = refusal(lambda: client.v1.payment_methods.attach(method.id, {"customer": other}))

    assert refused["message"] == (
        "The payment method you provided has already been attached to a customer."
    )


def test_a_declining_card_cannot_be_attached(client, customer):
    method = from_token(client, "tok_visa_chargeDeclined")

    refused = refusal(lambda: client.v1.payment_methods.attach(method.id, {"customer": customer}))

    assert refused == {
        "status": 402,
        "type": "card_error",
        "code": "card_declined",
        "decline_code": "generic_decline",
        "advice_code": "try_again_later",
        "network_decline_code": "01",
        "message": "Your card was declined.",
        "param": "",
    }
    assert client.v1.payment_methods.retrieve(method.id).customer is None


def test_one_card_can_be_attached_and_declines_only_then(client, customer):
    method = saved(client, customer, "pm_card_chargeCustomerFail")
    params = payment(customer=customer, payment_method=method.id, confirm=True)

    refused = refusal(lambda: client.v1.payment_intents.create(params))

    assert method.customer == customer
    assert refused["decline_code"] == "generic_decline"
    assert client.v1.payment_methods.retrieve(method.id).customer == customer


def test_attaching_needs_a_customer_that_exists(client, ask):
    assert ask("POST", "/v1/payment_methods/pm_card_visa/attach").error["message"] == (
        "Missing required param: customer."
    )
    refused = refusal(
        lambda: client.v1.payment_methods.attach("pm_card_visa", {"customer": "cus_nope"})
    )
    assert (refused["status"], refused["message"], refused["param"]) == (
        400,
        "No such customer: 'cus_nope'",
        "customer",
    )


def test_a_payment_method_that_paid_for_nobody_cannot_be_attached(client, customer):
    method = paid(client).payment_method

    refused = refusal(lambda: client.v1.payment_methods.attach(method, {"customer": customer}))

    assert refused["message"] == (
        "This PaymentMethod was previously used without being attached to a Customer or was "
        "detached from a Customer, and may not be used again."
    )


def test_detaching_ends_it(client, customer):
    method = saved(client, customer)

    detached = client.v1.payment_methods.detach(method.id)

    assert detached.customer is None
    assert detached.card.checks.cvc_check == "pass"
    event = client.v1.events.list({"type": "payment_method.detached"}).data[0]
    assert plain(event)["data"]["previous_attributes"] == {"customer": customer}
    assert refusal(lambda: client.v1.payment_methods.detach(method.id)) == {
        "status": 400,
        "type": "invalid_request_error",
        "message": "The payment method you provided is not attached to a customer so detachment "
        "is impossible.",
    }
    again = refusal(lambda: client.v1.payment_methods.attach(method.id, {"customer": customer}))
    assert "may not be used again" in again["message"]


def test_a_deleted_customers_payment_methods_are_detached_and_spent(client, customer):
    method = saved(client, customer)

    client.v1.customers.delete(customer)

    assert client.v1.payment_methods.retrieve(method.id).customer is None
    params = payment(payment_method=method.id, confirm=True)
    refused = refusal(lambda: client.v1.payment_intents.create(params))
    assert "It may not be used again." in refused["message"]


def test_a_saved_one_can_be_changed(client, customer):
    method = saved(client, customer)

    changed = client.v1.payment_methods.update(
        method.id,
        {
            "allow_redisplay": "limited",
            "billing_details": {"name": "Jenny", "address": {"city": "Ulm"}},
            "card": {"exp_year": 2040},
            "metadata": {"k": "v"},
        },
    )

    assert plain(changed) == {
        **plain(method),
        "allow_redisplay": "limited",
        "billing_details": {
            **NOBODY,
            "name": "Jenny",
            "address": {**NOBODY["address"], "city": "Ulm"},
        },
        "card": {**plain(method)["card"], "exp_year": 2040},
        "metadata": {"k": "v"},
    }
    event = client.v1.events.list({"type": "payment_method.updated"}).data[0]
    assert plain(event)["data"]["previous_attributes"]["allow_redisplay"] == "unspecified"


def test_one_that_nobody_saved_cannot_be_changed(client):
    method = from_token(client)

    refused = refusal(
        lambda: client.v1.payment_methods.update(method.id, {"allow_redisplay": "always"})
    )

    assert refused["message"] == (
        "You must save this PaymentMethod to a customer before you can update it."
    )


def test_a_customers_payment_methods_are_listed(client, customer):
    first, second = saved(client, customer), saved(client, customer, "pm_card_mastercard")
    client.v1.payment_methods.update(first.id, {"allow_redisplay": "limited"})
    listed = client.v1.payment_methods.list

    def ids(**params):
        return [method.id for method in listed({"customer": customer, **params}).data]

    assert ids() == [second.id, first.id]
    assert ids(type="card", limit=1) == [second.id]
    assert ids(type="klarna") == []
    assert ids(allow_redisplay="limited") == [first.id]
    assert listed({"customer": customer}).url == "/v1/payment_methods"


def test_without_a_customer_the_list_is_empty(client, customer):
    saved(client, customer)
    from_token(client)

    assert client.v1.payment_methods.list({"limit": 3}).data == []


def test_the_list_of_an_unknown_customer_is_refused(client):
    refused = refusal(lambda: client.v1.payment_methods.list({"customer": "cus_nope"}))

    assert (refused["status"], refused["code"], refused["param"]) == (
        400,
        "resource_missing",
        "customer",
    )


def test_a_customer_has_a_list_of_their_own(client, customer):
    method = saved(client, customer)
    of_customer = client.v1.customers.payment_methods

    assert [found.id for found in of_customer.list(customer).data] == [method.id]
    assert of_customer.list(customer).url == f"/v1/customers/{customer}/payment_methods"
    assert of_customer.retrieve(customer, method.id).id == method.id
    assert refusal(lambda: of_customer.list("cus_nope")) == {
        "status": 404,
        "type": "invalid_request_error",
        "code": "resource_missing",
        "message": "No such customer: 'cus_nope'",
        "param": "id",
    }


def test_somebody_elses_payment_method_is_not_in_it(client, customer):
    method = from_token(client)

    assert refusal(lambda: client.v1.customers.payment_methods.retrieve(customer, method.id)) == {
        "status": 404,
        "type": "invalid_request_error",
        "message": "Invalid request",
        "param": "customer",
    }


def test_a_customer_can_begin_with_a_payment_method(client):
    customer = client.v1.customers.create({"payment_method": "pm_card_visa"})

    assert [m.card.last4 for m in client.v1.customers.payment_methods.list(customer.id).data] == [
        "4242"
    ]


@pytest.mark.parametrize("address", ["ada", "ada@example.com\r\nBcc: bob@example.com", "a@b@c"])
def test_an_address_that_is_none_is_refused(client, address):
    card = {"type": "card", "card": {"token": "tok_visa"}}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_methods.create({**card, "billing_details": {"email": address}})

    assert (refused.value.code, refused.value.param) == ("email_invalid", "billing_details[email]")
