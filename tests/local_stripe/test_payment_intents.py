"""A PaymentIntent is one payment, from the wish to pay until the money is there."""

import pytest
import stripe

from local_stripe import PUBLISHABLE_KEY
from local_stripe.transport import InProcess
from tests.local_stripe.money import event_types, held, paid, payment, plain, refusal

OLDER = {"stripe-version": "2026-08-26.dahlia"}
MISSING_METHOD = "You cannot confirm this PaymentIntent because it's missing a payment method. "


@pytest.fixture
def customer(client):
    return client.v1.customers.create({"email": "jenny@example.com"}).id


@pytest.fixture
def saved(client, customer):
    """A PaymentMethod of the customer."""
    return client.v1.payment_methods.attach("pm_card_visa", {"customer": customer}).id


@pytest.fixture
def page(local):
    """The SDK with the key that a page has."""
    return stripe.StripeClient(PUBLISHABLE_KEY, http_client=InProcess(local))


# Creating


def test_a_new_payment_has_every_field(client, local):
    intent = client.v1.payment_intents.create(
        {"amount": 4900, "currency": "usd", "metadata": {"p": "s04"}}
    )

    shown = plain(intent)
    assert shown["client_secret"].startswith(f"{intent.id}_secret_")
    assert len(shown["client_secret"]) == len(intent.id) + len("_secret_") + 25
    assert shown == {
        "id": intent.id,
        "object": "payment_intent",
        "allowed_payment_method_types": None,
        "amount": 4900,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": {"allow_redirects": "always", "enabled": True},
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": intent.client_secret,
        "confirmation_method": "automatic",
        "created": local.clock.now(),
        "currency": "usd",
        "customer": None,
        "customer_account": None,
        "description": None,
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": {"p": "s04"},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": {
            "id": intent.payment_method_configuration_details.id,
            "parent": None,
        },
        "payment_method_options": {
            "card": {
                "installments": None,
                "mandate_options": None,
                "network": None,
                "request_three_d_secure": "automatic",
            },
            "link": {"persistent_token": None},
        },
        "payment_method_types": ["card", "link"],
        "payment_record": None,
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    }
    assert event_types(client) == ["payment_intent.created"]


def test_older_versions_name_the_types_they_take(client, ask):
    answer = ask(
        "POST",
        "/v1/payment_intents",
        {"amount": 800, "currency": "usd", "payment_method_types[]": "card"},
        OLDER,
    )

    intent = answer.body
    assert intent["payment_method_types"] == ["card"]
    assert intent["automatic_payment_methods"] is None
    assert intent["payment_method_configuration_details"] is None
    assert list(intent["payment_method_options"]) == ["card"]
    assert intent["allowed_payment_method_types"] is None


def test_newer_versions_name_the_types_they_allow(client):
    intent = client.v1.payment_intents.create(
        {"amount": 800, "currency": "usd", "allowed_payment_method_types": ["card"]}
    )

    assert intent.allowed_payment_method_types == ["card"]
    assert intent.payment_method_types == ["card"]


def test_the_newest_version_has_no_payment_method_types(client, ask):
    answer = ask(
        "POST",
        "/v1/payment_intents",
        {"amount": 800, "currency": "usd", "payment_method_types[]": "card"},
        {"stripe-version": stripe.api_version},
    )

    assert (answer.status, answer.error["code"]) == (400, "parameter_unknown")
    assert answer.error["message"] == "Received unknown parameter: payment_method_types"


def test_types_and_automatic_methods_exclude_each_other(ask):
    answer = ask(
        "POST",
        "/v1/payment_intents",
        "amount=800&currency=usd&payment_method_types[]=card"
        "&automatic_payment_methods[enabled]=true",
        OLDER,
    )

    assert answer.error["message"] == (
        "You may only specify one of these parameters: automatic_payment_methods, "
        "payment_method_types."
    )


def test_a_type_that_is_not_played_is_refused_by_name(ask):
    answer = ask(
        "POST",
        "/v1/payment_intents",
        "amount=800&currency=usd&payment_method_types[]=card&payment_method_types[]=klarna",
        OLDER,
    )

    assert answer.status == 400
    assert answer.error["message"] == "The local Stripe does not implement payments by klarna."


@pytest.mark.parametrize(
    "params, name",
    [
        ({"transfer_data": {"destination": "acct_1"}}, "transfer_data"),
        ({"payment_method_options": {"card": {"moto": True}}}, "payment_method_options"),
        ({"payment_method_data": {"type": "link"}}, "payment_method_data"),
        ({"statement_descriptor": "LAMP"}, "statement_descriptor"),
    ],
)
def test_a_parameter_that_is_not_played_is_refused_by_name(client, params, name):
    assert refusal(lambda: client.v1.payment_intents.create(payment(**params))) == {
        "status": 400,
        "type": "invalid_request_error",
        "message": f"The local Stripe does not implement the parameter `{name}` here.",
        "param": name,
    }


@pytest.mark.parametrize(
    "params",
    [
        {"off_session": True},
        {"return_url": "https://shop.example"},
        {"error_on_requires_action": True},
        {"use_stripe_sdk": True},
    ],
)
def test_what_describes_a_confirmation_needs_one(client, params):
    (name,) = params

    refused = refusal(lambda: client.v1.payment_intents.create(payment(**params)))

    assert refused["message"] == f"The parameter {name} may only be used when confirm=true."
    assert refused["param"] == name


def test_a_payment_needs_a_customer_that_exists(client):
    refused = refusal(lambda: client.v1.payment_intents.create(payment(customer="cus_nope")))

    assert refused["message"] == "No such customer: 'cus_nope'"
    assert (refused["status"], refused["param"]) == (400, "customer")


def test_an_empty_customer_is_not_ignored(ask):
    answer = ask("POST", "/v1/payment_intents", "amount=800&currency=usd&customer=")

    assert (answer.error["code"], answer.error["param"]) == ("parameter_invalid_empty", "customer")


def test_a_payment_method_makes_it_ready_to_confirm(client):
    intent = client.v1.payment_intents.create(payment(payment_method="pm_card_visa"))

    assert intent.status == "requires_confirmation"
    assert intent.payment_method.startswith("pm_1")


def test_an_unknown_payment_method_is_refused(client):
    refused = refusal(lambda: client.v1.payment_intents.create(payment(payment_method="pm_nope")))

    assert refused["message"] == "No such PaymentMethod: 'pm_nope'"
    assert (refused["status"], refused["param"]) == (400, "payment_method")


def test_shipping_is_kept_with_every_field(client):
    shipping = {"name": "Jenny", "address": {"line1": "510 Townsend St"}}

    intent = client.v1.payment_intents.create(payment(shipping=shipping))

    assert plain(intent)["shipping"] == {
        "address": {
            "city": None,
            "country": None,
            "line1": "510 Townsend St",
            "line2": None,
            "postal_code": None,
            "state": None,
        },
        "carrier": None,
        "name": "Jenny",
        "phone": None,
        "tracking_number": None,
    }


# Paying


def test_a_good_card_pays_at_once(client, customer, saved):
    intent = client.v1.payment_intents.create(
        payment(customer=customer, payment_method=saved, confirm=True, description="One lamp")
    )

    assert intent.status == "succeeded"
    assert (intent.amount_received, intent.amount_capturable) == (4900, 0)
    charge = client.v1.charges.retrieve(intent.latest_charge)
    assert (charge.status, charge.paid, charge.captured) == ("succeeded", True, True)
    assert (charge.customer, charge.description) == (customer, "One lamp")
    assert event_types(client)[-4:] == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "charge.updated",
    ]


def test_the_ledger_hears_of_an_asynchronous_capture_a_little_later(client):
    paid(client)

    succeeded = plain(client.v1.events.list({"type": "charge.succeeded"}).data[0])["data"]
    updated = plain(client.v1.events.list({"type": "charge.updated"}).data[0])["data"]
    assert succeeded["object"]["balance_transaction"] is None
    assert updated["object"]["balance_transaction"].startswith("txn_")
    assert updated["previous_attributes"] == {"balance_transaction": None}


def test_the_ledger_hears_of_a_synchronous_capture_at_once(client):
    intent = paid(client, capture_method="automatic", expand=["latest_charge"])

    assert intent.latest_charge.balance_transaction.startswith("txn_")
    assert "charge.updated" not in event_types(client)


def test_charge_and_transaction_begin_like_their_intent(client):
    intent = paid(client, expand=["latest_charge"])
    charge = intent.latest_charge

    beginnings = {
        id.split("_")[1][:17] for id in (intent.id, charge.id, charge.balance_transaction)
    }
    assert len(beginnings) == 1


def test_metadata_goes_along_to_the_charge_once(client):
    intent = paid(client, metadata={"order_id": "7"})
    client.v1.payment_intents.update(intent.id, {"metadata": {"order_id": "8"}})

    assert plain(client.v1.charges.retrieve(intent.latest_charge))["metadata"] == {"order_id": "7"}


def test_a_payment_can_be_made_and_then_confirmed(client):
    intent = client.v1.payment_intents.create(payment(1500))

    done = client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})

    assert done.status == "succeeded"
    assert done.customer is None
    assert client.v1.payment_methods.retrieve(done.payment_method).customer is None


def test_without_a_payment_method_there_is_nothing_to_confirm(client, customer):
    intent = client.v1.payment_intents.create(payment(800))
    refused = refusal(lambda: client.v1.payment_intents.confirm(intent.id))
    assert refused == {
        "status": 400,
        "type": "invalid_request_error",
        "code": "payment_intent_unexpected_state",
        "message": MISSING_METHOD + "You can either update the PaymentIntent with a payment method "
        "and then confirm it again, or confirm it again directly with a payment method or "
        "ConfirmationToken.",
        "payment_intent": plain(intent),
    }

    intent = client.v1.payment_intents.create(payment(800, customer=customer))
    refused = refusal(lambda: client.v1.payment_intents.confirm(intent.id))
    assert refused["message"] == (
        MISSING_METHOD + f"To confirm the PaymentIntent with {customer}, specify a payment method "
        "attached to this customer along with the customer ID."
    )


def test_a_refused_create_leaves_no_payment_behind(client):
    refused = refusal(lambda: client.v1.payment_intents.create(payment(confirm=True)))

    assert "payment_intent" not in refused
    assert client.v1.payment_intents.list().data == []
    assert event_types(client) == []


def test_a_customers_payment_method_needs_the_customer(client, customer, saved):
    intent = client.v1.payment_intents.create(payment(1500))

    refused = refusal(
        lambda: client.v1.payment_intents.confirm(intent.id, {"payment_method": saved})
    )

    assert refused == {
        "status": 400,
        "type": "invalid_request_error",
        "code": "parameter_missing",
        "message": f"The `payment_method` parameter supplied {saved} belongs to the Customer "
        f"{customer}. Please include the Customer in the `customer` parameter on the "
        "PaymentIntent.",
        "param": "source",
        "payment_intent": plain(intent),
    }


def test_another_customers_payment_method_is_refused(client, saved):
    other = client.v1.customers.create({}).id
    intent = client.v1.payment_intents.create(payment(1500, customer=other))

    refused = refusal(
        lambda: client.v1.payment_intents.confirm(intent.id, {"payment_method": saved})
    )

    assert refused == {
        "status": 400,
        "type": "invalid_request_error",
        "message": f"The PaymentMethod {saved} does not belong to the Customer you supplied "
        f"{other}. Please use this PaymentMethod with the Customer that it belongs to instead.",
        "param": "payment_method",
        "payment_intent": plain(intent),
    }


def test_a_payment_method_that_somebody_saved_in_the_meantime_needs_the_customer(client, customer):
    intent = client.v1.payment_intents.create(payment(payment_method="pm_card_visa"))
    client.v1.payment_methods.attach(intent.payment_method, {"customer": customer})

    refused = refusal(lambda: client.v1.payment_intents.confirm(intent.id))

    assert refused["code"] == "parameter_missing"
    assert f"belongs to the Customer {customer}." in refused["message"]


def test_a_payment_method_that_nobody_saved_pays_once(client):
    method = paid(client).payment_method
    intent = client.v1.payment_intents.create(payment())

    refused = refusal(
        lambda: client.v1.payment_intents.confirm(intent.id, {"payment_method": method})
    )

    assert refused == {
        "status": 400,
        "type": "invalid_request_error",
        "message": "The provided PaymentMethod was previously used with a PaymentIntent without "
        "Customer attachment, shared with a connected account without Customer attachment, or was "
        "detached from a Customer. It may not be used again. To use a PaymentMethod multiple "
        "times, you must attach it to a Customer first.",
        "payment_intent": plain(intent),
    }


def test_a_saved_payment_method_pays_again_and_again(client, customer, saved):
    params = payment(customer=customer, payment_method=saved, confirm=True)

    statuses = [client.v1.payment_intents.create(params).status for _ in range(2)]

    assert statuses == ["succeeded", "succeeded"]


def test_a_payment_can_save_its_payment_method(client, customer):
    intent = paid(client, customer=customer, setup_future_usage="off_session")

    assert client.v1.payment_methods.retrieve(intent.payment_method).customer == customer
    assert event_types(client)[-1] == "payment_method.attached"


def test_where_redirects_are_possible_a_return_url_is_needed(client):
    open_to_all = {"amount": 4900, "currency": "usd", "payment_method": "pm_card_visa"}
    intent = client.v1.payment_intents.create(open_to_all)

    refused = refusal(lambda: client.v1.payment_intents.confirm(intent.id))

    assert refused["message"].startswith("A `return_url` must be specified because this Payment")
    assert refused["payment_intent"]["status"] == "requires_confirmation"
    back = {"return_url": "https://shop.example/back"}
    assert client.v1.payment_intents.confirm(intent.id, back).status == "succeeded"


def test_what_succeeded_is_not_confirmed_again(client):
    intent = paid(client)

    assert refusal(lambda: client.v1.payment_intents.confirm(intent.id)) == {
        "status": 400,
        "type": "invalid_request_error",
        "code": "payment_intent_unexpected_state",
        "message": "You cannot confirm this PaymentIntent because it has already succeeded after "
        "being previously confirmed.",
        "payment_intent": plain(intent),
    }


# Declines


def test_a_declined_payment_stays_with_its_failed_charge(client, customer):
    method = client.v1.payment_methods.retrieve("pm_card_visa_chargeDeclined").id

    refused = refusal(
        lambda: client.v1.payment_intents.create(
            payment(1000, customer=customer, payment_method=method, confirm=True)
        )
    )

    intent, charge = refused.pop("payment_intent"), refused["charge"]
    used = refused["payment_method"]
    assert refused == {
        "status": 402,
        "type": "card_error",
        "code": "card_declined",
        "decline_code": "generic_decline",
        "advice_code": "try_again_later",
        "network_decline_code": "01",
        "message": "Your card was declined.",
        "charge": charge,
        "payment_method": used,
    }
    assert (used["id"], used["customer"]) == (method, None)
    assert used["card"]["checks"]["cvc_check"] == "pass"
    assert intent["status"] == "requires_payment_method"
    assert intent["payment_method"] is None
    assert intent["latest_charge"] == charge
    assert intent["last_payment_error"] == {
        "type": "card_error",
        "code": "card_declined",
        "decline_code": "generic_decline",
        "advice_code": "try_again_later",
        "network_decline_code": "01",
        "doc_url": "https://stripe.com/docs/error-codes/card-declined",
        "message": "Your card was declined.",
        "charge": charge,
        "payment_method": used,
        "payment_method_type": "card",
    }
    assert plain(client.v1.payment_intents.retrieve(intent["id"])) == intent
    assert event_types(client)[-3:] == [
        "payment_intent.created",
        "charge.failed",
        "payment_intent.payment_failed",
    ]


def test_a_declined_payment_can_be_tried_again_with_another_card(client):
    refused = refusal(
        lambda: client.v1.payment_intents.create(
            payment(payment_method="pm_card_visa_chargeDeclinedInsufficientFunds", confirm=True)
        )
    )
    intent = refused["payment_intent"]["id"]

    done = client.v1.payment_intents.confirm(intent, {"payment_method": "pm_card_mastercard"})

    assert (done.status, done.last_payment_error) == ("succeeded", None)
    charges = client.v1.charges.list({"payment_intent": intent}).data
    assert [charge.status for charge in charges] == ["succeeded", "failed"]


def test_a_declined_payment_method_that_nobody_saved_is_used_up(client):
    method = client.v1.payment_methods.retrieve("pm_card_visa_chargeDeclined").id
    params = payment(payment_method=method, confirm=True)
    refusal(lambda: client.v1.payment_intents.create(params))

    assert refusal(lambda: client.v1.payment_intents.create(params))["status"] == 400


# Holding and capturing


def test_manual_capture_holds_the_money(client):
    intent = held(client)

    assert intent.status == "requires_capture"
    assert (intent.amount_capturable, intent.amount_received) == (6500, 0)
    assert event_types(client) == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.amount_capturable_updated",
    ]


def test_capturing_takes_all_that_is_held(client):
    intent = held(client)

    done = client.v1.payment_intents.capture(intent.id)

    assert (done.status, done.amount_received, done.amount_capturable) == ("succeeded", 6500, 0)
    assert event_types(client)[-2:] == ["charge.captured", "payment_intent.succeeded"]


def test_capturing_a_part_lets_the_rest_go(client):
    intent = held(client)

    done = client.v1.payment_intents.capture(
        intent.id, {"amount_to_capture": 5000, "metadata": {"k": "v"}}
    )

    assert (done.amount, done.amount_received, done.amount_capturable) == (6500, 5000, 0)
    assert plain(done)["metadata"] == {"k": "v"}
    charge = client.v1.charges.retrieve(done.latest_charge)
    assert (charge.amount_captured, charge.amount_refunded, charge.refunded) == (5000, 0, False)
    refused = refusal(lambda: client.v1.payment_intents.capture(intent.id))
    assert refused["code"] == "payment_intent_unexpected_state"
    assert refused["message"] == (
        "The remaining amount on this PaymentIntent could not be captured because the remainder "
        "of the authorized amount has been released."
    )


@pytest.mark.parametrize(
    "amount, error",
    [
        (
            9999,
            {
                "code": "amount_too_large",
                "message": "The payment could not be captured because the requested capture "
                "amount is greater than the amount you can capture for this charge. Contact us "
                "via https://support.stripe.com/contact/ for help.",
            },
        ),
        (-100, {"message": "Invalid non-negative integer", "param": "amount_to_capture"}),
        (
            0,
            {
                "code": "parameter_invalid_integer",
                "message": "This value must be greater than or equal to 1.",
                "param": "amount",
            },
        ),
    ],
)
def test_what_is_not_held_cannot_be_captured(client, amount, error):
    intent = held(client, 5000)

    refused = refusal(
        lambda: client.v1.payment_intents.capture(intent.id, {"amount_to_capture": amount})
    )

    assert refused == {
        "status": 400,
        "type": "invalid_request_error",
        "payment_intent": plain(intent),
        **error,
    }
    assert client.v1.payment_intents.retrieve(intent.id) == intent


def test_without_a_hold_there_is_nothing_to_capture(client):
    intent = client.v1.payment_intents.create(payment())
    refused = refusal(lambda: client.v1.payment_intents.capture(intent.id))
    assert refused["message"] == (
        "This PaymentIntent could not be captured because it has a status of "
        "requires_payment_method. Only a PaymentIntent with one of the following statuses may be "
        "captured: requires_capture."
    )

    refused = refusal(lambda: client.v1.payment_intents.capture(paid(client).id))
    assert refused["message"] == (
        "This PaymentIntent could not be captured because it has already been captured."
    )


# Canceling


def test_a_payment_can_be_given_up(client, local):
    intent = client.v1.payment_intents.create(payment(1200))
    local.advance(60)

    canceled = client.v1.payment_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})

    assert plain(canceled) == {
        **plain(intent),
        "status": "canceled",
        "canceled_at": intent.created + 60,
        "cancellation_reason": "abandoned",
    }
    assert event_types(client)[-1] == "payment_intent.canceled"


@pytest.mark.parametrize("status", ["canceled", "succeeded"])
def test_what_is_over_cannot_be_canceled(client, status):
    if status == "succeeded":
        intent = paid(client)
    else:
        intent = client.v1.payment_intents.cancel(held(client).id)

    assert refusal(lambda: client.v1.payment_intents.cancel(intent.id)) == {
        "status": 400,
        "type": "invalid_request_error",
        "code": "payment_intent_unexpected_state",
        "message": f"You cannot cancel this PaymentIntent because it has a status of {status}. "
        "Only a PaymentIntent with one of the following statuses may be canceled: "
        "requires_payment_method, requires_capture, requires_reauthorization, "
        "requires_confirmation, requires_action, expired, processing.",
        "payment_intent": plain(intent),
    }


def test_canceling_a_hold_lets_the_money_go(client):
    intent = held(client)

    canceled = client.v1.payment_intents.cancel(intent.id)

    assert (canceled.status, canceled.amount_capturable) == ("canceled", 0)
    charge = client.v1.charges.retrieve(intent.latest_charge, {"expand": ["refunds"]})
    assert (charge.captured, charge.refunded, charge.amount_refunded) == (False, True, 6500)
    (reversal,) = charge.refunds.data
    assert reversal.balance_transaction is None
    assert reversal.destination_details.card.type == "reversal"
    assert event_types(client)[-3:] == [
        "refund.created",
        "charge.refunded",
        "payment_intent.canceled",
    ]


# Changing


def test_a_payment_can_be_changed_until_it_is_made(client, customer, saved):
    intent = client.v1.payment_intents.create(payment())

    changed = client.v1.payment_intents.update(
        intent.id,
        {
            "amount": 900,
            "currency": "eur",
            "customer": customer,
            "description": "A rug",
            "metadata": {"a": "1"},
            "payment_method": saved,
            "receipt_email": "jenny@example.com",
            "shipping": {"name": "Jenny", "address": {"city": "Ulm"}},
            "transfer_group": "order_42",
        },
    )

    assert plain(changed) == {
        **plain(intent),
        "amount": 900,
        "currency": "eur",
        "customer": customer,
        "description": "A rug",
        "metadata": {"a": "1"},
        "payment_method": saved,
        "receipt_email": "jenny@example.com",
        "shipping": {
            "address": {
                "city": "Ulm",
                "country": None,
                "line1": None,
                "line2": None,
                "postal_code": None,
                "state": None,
            },
            "carrier": None,
            "name": "Jenny",
            "phone": None,
            "tracking_number": None,
        },
        "status": "requires_confirmation",
        "transfer_group": "order_42",
    }


def test_taking_the_payment_method_away_starts_over(client, ask):
    intent = client.v1.payment_intents.create(payment(payment_method="pm_card_visa"))

    answer = ask("POST", f"/v1/payment_intents/{intent.id}", "payment_method=")

    assert answer.body["status"] == "requires_payment_method"
    assert answer.body["payment_method"] is None


def test_a_made_payment_keeps_its_amount_and_takes_notes(client):
    intent = paid(client)

    noted = client.v1.payment_intents.update(
        intent.id, {"metadata": {"u": "v"}, "description": "after"}
    )
    refused = refusal(lambda: client.v1.payment_intents.update(intent.id, {"amount": 9999}))

    assert noted.description == "after"
    assert refused == {
        "status": 400,
        "type": "invalid_request_error",
        "code": "payment_intent_unexpected_state",
        "message": "This PaymentIntent's amount could not be updated because it has a status of "
        "succeeded. You may only update the amount of a PaymentIntent with one of the following "
        "statuses: requires_payment_method, requires_confirmation, requires_action.",
        "param": "amount",
        "payment_intent": plain(noted),
    }


def test_a_payment_stays_with_its_customer(client, customer):
    intent = client.v1.payment_intents.create(payment(customer=customer))
    other = client.v1.customers.create({}).id

    refused = refusal(lambda: client.v1.payment_intents.update(intent.id, {"customer": other}))

    assert refused["param"] == "customer"
    assert refused["message"].startswith(
        "You cannot modify `customer` on a PaymentIntent once it already has been set."
    )


def test_an_amount_is_checked_when_it_changes(client):
    intent = client.v1.payment_intents.create(payment())

    refused = refusal(lambda: client.v1.payment_intents.update(intent.id, {"amount": 3}))

    assert refused["code"] == "amount_too_small"


# Reading


@pytest.mark.parametrize("action", ["", "/confirm", "/capture", "/cancel"])
def test_an_unknown_payment_is_not_found(ask, action):
    answer = ask("POST", f"/v1/payment_intents/pi_nope{action}")

    assert answer.status == 404
    assert answer.error["code"] == "resource_missing"
    assert answer.error["message"] == "No such payment_intent: 'pi_nope'"
    assert answer.error["param"] == "intent"


def test_payments_are_listed_newest_first(client, customer):
    first = client.v1.payment_intents.create(payment(customer=customer))
    second = client.v1.payment_intents.create(payment())

    assert [intent.id for intent in client.v1.payment_intents.list().data] == [second.id, first.id]
    (only,) = client.v1.payment_intents.list({"customer": customer}).data
    assert only.id == first.id


def test_payments_are_found_by_what_is_noted_on_them(client):
    intent = paid(client, metadata={"order_id": "7"})
    client.v1.payment_intents.create(payment(metadata={"order_id": "8"}))

    found = client.v1.payment_intents.search(
        {"query": 'status:"succeeded" AND metadata["order_id"]:"7"'}
    )

    assert [intent.id for intent in found.data] == [intent.id]


def test_a_page_sees_a_payment_whose_secret_it_knows(client, page):
    intent = client.v1.payment_intents.create(payment(metadata={"cost": "3"}))

    seen = page.v1.payment_intents.retrieve(intent.id, {"client_secret": intent.client_secret})

    shown = plain(seen)
    assert shown.items() <= plain(intent).items()
    assert {"status", "amount", "next_action", "last_payment_error"} <= shown.keys()
    assert not {"metadata", "customer", "latest_charge", "amount_received"} & shown.keys()


def test_a_page_needs_the_secret(client, page):
    intent = client.v1.payment_intents.create(payment())

    refused = refusal(lambda: page.v1.payment_intents.retrieve(intent.id))
    assert refused["message"] == "Missing required param: client_secret."

    wrong = {"client_secret": f"{intent.id}_secret_guessed"}
    refused = refusal(lambda: page.v1.payment_intents.retrieve(intent.id, wrong))
    assert (refused["status"], refused["param"]) == (400, "client_secret")


def test_a_page_may_not_make_payments(page):
    refused = refusal(lambda: page.v1.payment_intents.create(payment()))

    assert (refused["status"], refused["code"]) == (401, "secret_key_required")


def test_a_payment_that_a_server_confirms_is_not_confirmed_by_a_page(client, page):
    intent = client.v1.payment_intents.create(payment(confirmation_method="manual"))
    confirmed = {"client_secret": intent.client_secret, "payment_method": "pm_card_visa"}

    refused = refusal(lambda: page.v1.payment_intents.confirm(intent.id, confirmed))

    assert (refused["status"], "secret key only" in refused["message"]) == (400, True)
    by_server = {"payment_method": "pm_card_visa", "return_url": "https://example.com"}
    assert client.v1.payment_intents.confirm(intent.id, by_server).status == "succeeded"


def test_a_challenge_before_a_second_confirmation_is_refused_by_name(client):
    challenged = payment(
        confirm=True,
        confirmation_method="manual",
        payment_method="pm_card_authenticationRequired",
        return_url="https://example.com",
    )

    refused = refusal(lambda: client.v1.payment_intents.create(challenged))

    assert "does not implement 3D Secure" in refused["message"]
