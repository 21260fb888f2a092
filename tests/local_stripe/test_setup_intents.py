"""A SetupIntent makes a card ready for later payments; nothing is charged."""

import pytest
import stripe

from local_stripe import PUBLISHABLE_KEY
from local_stripe.transport import InProcess
from tests.local_stripe.money import CARD_ONLY, event_types, plain, refusal


@pytest.fixture
def customer(client):
    return client.v1.customers.create({"email": "jenny@example.com"}).id


@pytest.fixture
def saved(client, customer):
    """A PaymentMethod of the customer."""
    return client.v1.payment_methods.attach("pm_card_visa", {"customer": customer}).id


@pytest.fixture
def setup(client):
    def setup(**params):
        return client.v1.setup_intents.create({**CARD_ONLY, **params})

    return setup


def unexpected(intent, message):
    return {
        "status": 400,
        "type": "invalid_request_error",
        "code": "setup_intent_unexpected_state",
        "message": message,
        "setup_intent": plain(intent),
    }


def test_a_new_one_has_every_field(client, local):
    intent = client.v1.setup_intents.create()

    assert intent.client_secret.startswith(f"{intent.id}_secret_")
    assert len(intent.client_secret) == len(intent.id) + len("_secret_") + 31
    assert plain(intent) == {
        "id": intent.id,
        "object": "setup_intent",
        "allowed_payment_method_types": None,
        "application": None,
        "automatic_payment_methods": {"allow_redirects": "always", "enabled": True},
        "cancellation_reason": None,
        "client_secret": intent.client_secret,
        "created": local.clock.now(),
        "customer": None,
        "customer_account": None,
        "description": None,
        "excluded_payment_method_types": None,
        "flow_directions": None,
        "last_setup_error": None,
        "latest_attempt": None,
        "livemode": False,
        "managed_payments": {"enabled": False},
        "mandate": None,
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": {
            "id": intent.payment_method_configuration_details.id,
            "parent": None,
        },
        "payment_method_options": {
            "card": {
                "mandate_options": None,
                "network": None,
                "request_three_d_secure": "automatic",
            }
        },
        "payment_method_types": ["card", "link"],
        "single_use_mandate": None,
        "status": "requires_payment_method",
        "usage": "off_session",
    }
    assert event_types(client) == ["setup_intent.created"]


def test_a_good_card_is_saved_to_the_customer(client, customer, setup):
    intent = setup(
        customer=customer,
        payment_method="pm_card_visa",
        confirm=True,
        expand=["latest_attempt", "payment_method"],
    )

    assert intent.status == "succeeded"
    assert intent.payment_method.customer == customer
    assert intent.payment_method.card.checks.cvc_check == "pass"
    assert (intent.latest_attempt.status, intent.latest_attempt.setup_error) == ("succeeded", None)
    assert event_types(client)[-3:] == [
        "setup_intent.created",
        "payment_method.attached",
        "setup_intent.succeeded",
    ]
    assert client.v1.charges.list().data == []


def test_without_a_customer_the_card_is_nobodys(client, setup):
    intent = setup(payment_method="pm_card_visa", confirm=True)

    method = client.v1.payment_methods.retrieve(intent.payment_method)
    assert (method.customer, method.card.checks.cvc_check) == (None, "pass")


def test_it_can_be_confirmed_later_once(client, customer, saved, setup):
    intent = setup(customer=customer, payment_method=saved)
    assert intent.status == "requires_confirmation"

    done = client.v1.setup_intents.confirm(intent.id)

    assert done.status == "succeeded"
    assert refusal(lambda: client.v1.setup_intents.confirm(intent.id)) == unexpected(
        done, "You cannot confirm this SetupIntent because it has already succeeded."
    )
    assert refusal(lambda: client.v1.setup_intents.cancel(intent.id)) == unexpected(
        done,
        "You cannot cancel this SetupIntent because it has a status of succeeded. Only a "
        "SetupIntent with one of the following statuses may be canceled: "
        "`requires_payment_method`, `requires_confirmation`, or `requires_action`.",
    )


def test_what_is_done_takes_notes_but_no_other_card(client, customer, saved, setup):
    intent = setup(customer=customer, payment_method=saved, confirm=True)

    noted = client.v1.setup_intents.update(
        intent.id, {"description": "after the fact", "metadata": {"k": "v"}}
    )
    refused = refusal(lambda: client.v1.setup_intents.update(intent.id, {"payment_method": saved}))

    assert (noted.description, plain(noted)["metadata"]) == ("after the fact", {"k": "v"})
    assert refused == unexpected(
        noted, "You cannot update this SetupIntent because it has already succeeded."
    )


def test_without_a_payment_method_there_is_nothing_to_confirm(client, setup):
    intent = setup()

    assert refusal(lambda: client.v1.setup_intents.confirm(intent.id)) == unexpected(
        intent,
        "You cannot confirm this SetupIntent because it's missing a payment method. You can "
        "either update the SetupIntent with a payment method and then confirm it again, or "
        "confirm it again directly with a payment method or ConfirmationToken.",
    )


def test_a_declined_card_leaves_the_intent_open(client, setup):
    method = client.v1.payment_methods.retrieve("pm_card_chargeDeclinedExpiredCard").id

    refused = refusal(lambda: setup(payment_method=method, confirm=True))

    intent, used = refused.pop("setup_intent"), refused.pop("payment_method")
    error = {
        "type": "card_error",
        "code": "expired_card",
        "decline_code": "expired_card",
        "advice_code": "confirm_card_data",
        "network_advice_code": "03",
        "network_decline_code": "54",
        "message": "Your card has expired.",
        "param": "exp_month",
    }
    assert refused == {"status": 402, **error}
    assert (intent["status"], intent["payment_method"]) == ("requires_payment_method", None)
    assert intent["last_setup_error"] == {
        **error,
        "doc_url": "https://stripe.com/docs/error-codes/expired-card",
        "payment_method": used,
    }
    assert used["card"]["checks"]["cvc_check"] == "pass"
    assert plain(client.v1.setup_intents.retrieve(intent["id"])) == intent
    assert event_types(client)[-1] == "setup_intent.setup_failed"


def test_another_card_can_be_tried(client, setup):
    refused = refusal(lambda: setup(payment_method="pm_card_visa_chargeDeclined", confirm=True))
    intent = refused["setup_intent"]["id"]

    done = client.v1.setup_intents.confirm(intent, {"payment_method": "pm_card_visa"})

    assert (done.status, done.last_setup_error) == ("succeeded", None)


def test_a_card_that_declines_only_when_charged_can_be_set_up(setup):
    intent = setup(payment_method="pm_card_chargeCustomerFail", confirm=True)

    assert intent.status == "succeeded"


def test_some_cards_ask_their_owner_first(client, setup):
    intent = setup(
        payment_method="pm_card_authenticationRequired",
        confirm=True,
        return_url="https://shop.example/back",
    )

    assert (intent.status, intent.next_action.type) == ("requires_action", "redirect_to_url")
    assert event_types(client)[-1] == "setup_intent.requires_action"


def test_where_redirects_are_possible_a_return_url_is_needed(client):
    intent = client.v1.setup_intents.create({"payment_method": "pm_card_visa"})

    refused = refusal(lambda: client.v1.setup_intents.confirm(intent.id))

    assert refused["message"].startswith(
        "A `return_url` must be specified because this Setup Intent is configured"
    )
    assert refused["setup_intent"] == plain(intent)


def test_a_used_up_payment_method_cannot_be_set_up(client, customer, saved, setup):
    client.v1.payment_methods.detach(saved)

    refused = refusal(lambda: setup(payment_method=saved, confirm=True))

    assert "It may not be used again." in refused["message"]


def test_another_customers_card_is_refused(client, customer, saved, setup):
    other = client.v1.customers.create({}).id
    somebody_elses = {
        "status": 400,
        "type": "invalid_request_error",
        "message": f"The PaymentMethod {saved} does not belong to the Customer you supplied "
        f"{other}. Please use this PaymentMethod with the Customer that it belongs to instead.",
        "param": "payment_method",
    }

    assert refusal(lambda: setup(customer=other, payment_method=saved)) == somebody_elses
    intent = setup(customer=other)
    for action in (client.v1.setup_intents.confirm, client.v1.setup_intents.update):
        refused = refusal(lambda action=action: action(intent.id, {"payment_method": saved}))
        assert refused == {**somebody_elses, "setup_intent": plain(intent)}


def test_a_customers_card_needs_the_customer(client, customer, saved, setup):
    anonymous = {
        "status": 400,
        "type": "invalid_request_error",
        "message": f"The payment method supplied ({saved}) belongs to the Customer {customer}. "
        "Please include the Customer in the `customer` parameter on the SetupIntent.",
        "param": "payment_method",
    }

    assert refusal(lambda: setup(payment_method=saved)) == anonymous
    intent = setup()
    refused = refusal(lambda: client.v1.setup_intents.confirm(intent.id, {"payment_method": saved}))
    assert refused == {**anonymous, "setup_intent": plain(intent)}


def test_it_can_be_given_up(client, setup):
    intent = setup()

    canceled = client.v1.setup_intents.cancel(intent.id, {"cancellation_reason": "duplicate"})

    assert plain(canceled) == {
        **plain(intent),
        "status": "canceled",
        "cancellation_reason": "duplicate",
    }
    assert event_types(client)[-1] == "setup_intent.canceled"
    assert refusal(lambda: client.v1.setup_intents.confirm(intent.id)) == unexpected(
        canceled, "You cannot confirm this SetupIntent because it has been canceled."
    )
    assert refusal(lambda: client.v1.setup_intents.cancel(intent.id)) == unexpected(
        canceled, "You cannot cancel this SetupIntent because it is already canceled."
    )


def test_a_customer_can_be_named_later(client, customer, saved, setup):
    intent = setup()

    client.v1.setup_intents.update(intent.id, {"customer": customer})
    changed = client.v1.setup_intents.update(intent.id, {"payment_method": saved})

    assert (changed.customer, changed.status) == (customer, "requires_confirmation")


def test_they_are_listed_by_customer_and_card(client, customer, saved, setup):
    first = setup(customer=customer).id
    second = setup(customer=customer, payment_method=saved).id
    setup()
    intents = client.v1.setup_intents

    assert [intent.id for intent in intents.list({"customer": customer}).data] == [second, first]
    assert [intent.id for intent in intents.list({"payment_method": saved}).data] == [second]


def test_an_unknown_one_is_not_found(client):
    assert refusal(lambda: client.v1.setup_intents.retrieve("seti_nope")) == {
        "status": 404,
        "type": "invalid_request_error",
        "code": "resource_missing",
        "message": "No such setupintent: 'seti_nope'",
        "param": "intent",
    }


def test_a_page_sees_the_one_whose_secret_it_knows(local, customer, setup):
    page = stripe.StripeClient(PUBLISHABLE_KEY, http_client=InProcess(local))
    intent = setup(customer=customer)

    seen = page.v1.setup_intents.retrieve(intent.id, {"client_secret": intent.client_secret})

    assert seen.status == "requires_payment_method"
    assert "customer" not in plain(seen)
    refused = refusal(
        lambda: page.v1.setup_intents.retrieve(intent.id, {"client_secret": "guessed"})
    )
    assert (refused["code"], refused["param"]) == (
        "setup_intent_invalid_parameter",
        "client_secret",
    )


def test_a_parameter_that_is_not_played_is_refused_by_name(setup):
    refused = refusal(lambda: setup(attach_to_self=True))

    assert refused["message"] == (
        "The local Stripe does not implement the parameter `attach_to_self` here."
    )
