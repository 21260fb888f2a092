"""Charges: of a PaymentIntent, or on their own where the account still may."""

import pytest

from tests.local_stripe.money import event_types, held, paid, plain, refusal


@pytest.fixture
def older_account(local):
    """An account that may still charge card tokens."""
    local.policies.token_charges = True
    return local


@pytest.fixture
def charge(client, older_account):
    def charge(source="tok_visa", amount=1400, **params):
        return client.v1.charges.create(
            {"amount": amount, "currency": "usd", "source": source, **params}
        )

    return charge


def test_a_charge_has_every_field(client, local):
    intent = paid(client, description="One lamp", expand=["latest_charge"])

    charge = plain(intent)["latest_charge"]
    card = charge["payment_method_details"]["card"]
    assert charge == {
        "id": charge["id"],
        "object": "charge",
        "amount": 4900,
        "amount_captured": 4900,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": charge["balance_transaction"],
        "billing_details": {
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
        },
        "calculated_statement_descriptor": "Stripe",
        "captured": True,
        "created": local.clock.now(),
        "currency": "usd",
        "customer": None,
        "description": "One lamp",
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": {},
        "on_behalf_of": None,
        "outcome": {
            "advice_code": None,
            "network_advice_code": None,
            "network_decline_code": None,
            "network_status": "approved_by_network",
            "reason": None,
            "risk_level": "normal",
            "risk_score": 25,
            "seller_message": "Payment complete.",
            "type": "authorized",
        },
        "paid": True,
        "payment_intent": intent.id,
        "payment_method": intent.payment_method,
        "payment_method_details": {"card": card, "type": "card"},
        "radar_options": {},
        "receipt_email": None,
        "receipt_number": None,
        "receipt_url": charge["receipt_url"],
        "refunded": False,
        "review": None,
        "shipping": None,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "succeeded",
        "transfer_data": None,
        "transfer_group": None,
    }
    assert card == {
        "amount_authorized": 4900,
        "authorization_code": card["authorization_code"],
        "brand": "visa",
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "pass",
        },
        "country": "US",
        "electronic_commerce_indicator": "07",
        "exp_month": 1,
        "exp_year": 2027,
        "extended_authorization": {"status": "disabled"},
        "fingerprint": card["fingerprint"],
        "funding": "credit",
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "last4": "4242",
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": "visa",
        "network_token": {"used": False},
        "network_transaction_id": card["network_transaction_id"],
        "overcapture": {"maximum_amount_capturable": 4900, "status": "unavailable"},
        "regulated_status": "unregulated",
        "three_d_secure": None,
        "transaction_link_id": None,
        "wallet": None,
    }
    assert (len(card["authorization_code"]), len(card["network_transaction_id"])) == (6, 15)


def test_a_hold_says_until_when(client):
    charge = held(client, expand=["latest_charge"]).latest_charge

    assert (charge.status, charge.paid, charge.captured) == ("succeeded", True, False)
    assert (charge.amount_captured, charge.balance_transaction) == (0, None)
    card = charge.payment_method_details.card
    assert card.capture_before == charge.created + 7 * 24 * 3600
    assert (
        "capture_before"
        not in plain(paid(client, expand=["latest_charge"]).latest_charge)[
            "payment_method_details"
        ]["card"]
    )


@pytest.mark.parametrize(
    "card, outcome",
    [
        (
            "visa_chargeDeclined",
            {
                "advice_code": "try_again_later",
                "network_decline_code": "01",
                "network_status": "declined_by_network",
                "reason": "generic_decline",
                "risk_level": "normal",
                "risk_score": 25,
                "seller_message": "The bank did not return any further details with this decline.",
                "type": "issuer_declined",
            },
        ),
        (
            "visa_chargeDeclinedInsufficientFunds",
            {
                "advice_code": "try_again_later",
                "network_decline_code": "51",
                "network_status": "declined_by_network",
                "reason": "insufficient_funds",
                "risk_level": "normal",
                "risk_score": 25,
                "seller_message": "The bank returned the decline code `insufficient_funds`.",
                "type": "issuer_declined",
            },
        ),
        (
            "radarBlock",
            {
                "advice_code": None,
                "network_decline_code": None,
                "network_status": "not_sent_to_network",
                "reason": "highest_risk_level",
                "risk_level": "highest",
                "risk_score": 92,
                "seller_message": "Stripe blocked this payment as too risky.",
                "type": "blocked",
            },
        ),
    ],
)
def test_a_failed_charge_says_why(client, card, outcome):
    refused = refusal(lambda: paid(client, card=card))

    charge = plain(client.v1.charges.retrieve(refused["charge"]))
    assert charge["outcome"] == {"network_advice_code": None, **outcome}
    assert (charge["status"], charge["paid"], charge["captured"]) == ("failed", False, False)
    assert (charge["amount_captured"], charge["balance_transaction"]) == (0, None)
    assert (charge["failure_code"], charge["receipt_url"]) == ("card_declined", None)
    assert charge["payment_method_details"]["card"]["amount_authorized"] is None


def test_a_wrong_security_code_shows_in_the_checks(client):
    refused = refusal(lambda: paid(client, card="chargeDeclinedIncorrectCvc"))

    charge = client.v1.charges.retrieve(refused["charge"])
    assert charge.payment_method_details.card.checks.cvc_check == "fail"


# Reading and changing


def test_an_unknown_charge_is_not_found(client):
    assert refusal(lambda: client.v1.charges.retrieve("ch_nope")) == {
        "status": 404,
        "type": "invalid_request_error",
        "code": "resource_missing",
        "message": "No such charge: 'ch_nope'",
        "param": "id",
    }


def test_charges_are_listed_newest_first_and_filtered(client):
    customer = client.v1.customers.create({}).id
    first = paid(client, customer=customer, transfer_group="order_42")
    second = paid(client)
    charges = client.v1.charges

    def of(**params):
        return [charge.payment_intent for charge in charges.list(params).data]

    assert of() == [second.id, first.id]
    assert of(customer=customer) == [first.id]
    assert of(payment_intent=second.id) == [second.id]
    assert of(transfer_group="order_42") == [first.id]
    assert charges.list({"limit": 1}).has_more is True


def test_charges_are_found_by_a_query(client):
    paid(client, 700)
    intent = paid(client, 9000)

    found = client.v1.charges.search({"query": 'amount>8000 AND status:"succeeded"'})

    assert [charge.payment_intent for charge in found.data] == [intent.id]


def test_notes_on_a_charge_can_change(client):
    charge = paid(client, description="before").latest_charge

    changed = client.v1.charges.update(
        charge, {"metadata": {"c": "d"}, "description": "after", "receipt_email": "a@example.com"}
    )

    assert (changed.description, changed.receipt_email) == ("after", "a@example.com")
    event = plain(client.v1.events.list({"type": "charge.updated"}).data[0])
    assert event["data"]["previous_attributes"] == {
        "description": "before",
        "metadata": {"c": None},
        "receipt_email": None,
    }


def test_the_shipping_address_of_a_charge_can_change(client):
    charge = paid(client).latest_charge

    changed = client.v1.charges.update(
        charge, {"shipping": {"name": "Jenny", "address": {"city": "Ulm"}}}
    )

    assert (changed.shipping.address.city, changed.shipping.address.line1) == ("Ulm", None)


def test_changing_nothing_is_no_event(client):
    charge = paid(client, description="same").latest_charge
    before = event_types(client)

    client.v1.charges.update(charge, {"description": "same"})

    assert event_types(client) == before


def test_what_belongs_to_the_intent_is_changed_there(client):
    intent = paid(client)

    refused = refusal(
        lambda: client.v1.charges.update(intent.latest_charge, {"transfer_group": "order_42"})
    )

    assert refused == {
        "status": 400,
        "type": "invalid_request_error",
        "message": f"This Charge was created by a PaymentIntent ({intent.id}). You must update "
        "the `transfer_group` on the PaymentIntent instead of updating the Charge directly. See "
        "https://stripe.com/docs/api#update_payment_intent",
    }


# Charging without a PaymentIntent


def test_card_tokens_on_charges_have_reached_end_of_life(client):
    refused = refusal(
        lambda: client.v1.charges.create({"amount": 1400, "currency": "usd", "source": "tok_visa"})
    )

    assert refused == {
        "status": 400,
        "type": "invalid_request_error",
        "message": "Card Token usage on the Customers API and Charges API has reached end of life. "
        "In order to continue processing your payments, you will need to use the Payment Intents "
        "and Payment Methods API. Read more about what you should do here: "
        "https://docs.stripe.com/payments/payment-methods/integration-options. If you need to "
        "continue to use Card Tokens on the Customers and Charges API, enable this functionality "
        "in your API policies settings: "
        "https://dashboard.stripe.com/settings/developers/api-policies",
    }
    assert client.v1.charges.list().data == []


def test_an_account_that_may_charges_a_token(client, charge):
    made = charge(description="A rug", metadata={"order_id": "7"})

    assert (made.status, made.amount_captured, made.payment_intent) == ("succeeded", 1400, None)
    assert made.balance_transaction.startswith("txn_")
    assert (made.source.object, made.source.brand, made.source.last4) == ("card", "Visa", "4242")
    assert made.payment_method == made.source.id
    assert made.payment_method_details.card.brand == "visa"
    assert made.description == "A rug"
    assert event_types(client) == ["charge.succeeded"]


def test_a_declined_token_leaves_a_failed_charge(client, charge):
    refused = refusal(lambda: charge("tok_visa_chargeDeclinedInsufficientFunds"))

    failed = refused.pop("charge")
    assert refused == {
        "status": 402,
        "type": "card_error",
        "code": "card_declined",
        "decline_code": "insufficient_funds",
        "advice_code": "try_again_later",
        "network_decline_code": "51",
        "message": "Your card has insufficient funds.",
    }
    assert client.v1.charges.retrieve(failed).status == "failed"
    assert event_types(client) == ["charge.failed"]


def test_a_token_with_a_wrong_security_code_is_declined(client, charge):
    refused = refusal(lambda: charge("tok_chargeDeclinedIncorrectCvc"))

    assert refused["code"] == "incorrect_cvc"
    assert client.v1.charges.retrieve(refused["charge"]).source.cvc_check == "fail"


def test_a_failed_charge_cannot_be_captured(client, charge):
    failed = refusal(lambda: charge("tok_visa_chargeDeclined"))["charge"]

    assert refusal(lambda: client.v1.charges.capture(failed))["status"] == 400


def test_a_charge_cannot_answer_3d_secure(charge):
    refused = refusal(lambda: charge("tok_threeDSecure2Required"))

    assert (refused["status"], refused["code"]) == (402, "authentication_required")


def test_a_token_is_charged_once(client, charge, local):
    local.policies.raw_card_numbers = True
    card = {"number": "4242424242424242", "exp_month": "12", "exp_year": "34", "cvc": "123"}
    token = client.v1.tokens.create({"card": card}).id
    charge(token)

    assert refusal(lambda: charge(token))["code"] == "token_already_used"


def test_a_charge_needs_something_to_charge(client):
    refused = refusal(lambda: client.v1.charges.create({"amount": 1400, "currency": "usd"}))

    assert refused == {
        "status": 400,
        "type": "invalid_request_error",
        "code": "parameter_missing",
        "message": "Must provide source or customer.",
    }


def test_a_customer_without_saved_details_cannot_be_charged(client):
    customer = client.v1.customers.create({}).id

    def charge():
        client.v1.charges.create({"amount": 1400, "currency": "usd", "customer": customer})

    refused = {"status": 402, "type": "card_error", "code": "missing", "param": "card"}
    assert refusal(charge) == {
        **refused,
        "message": "This Customer doesn't have any saved payment details. Attach a legacy Token, "
        "Card, Bank Account, or Source to this Customer and then try this request again, or use "
        "Payment Intents and Payment Methods instead.",
    }

    client.v1.payment_methods.attach("pm_card_visa", {"customer": customer})
    assert refusal(charge) == {
        **refused,
        "message": "This Customer doesn't have any legacy saved payment details, but does have a "
        "Payment Method attached. Use a Payment Intent instead of creating a Charge: "
        "https://stripe.com/docs/payments/payment-intents/migration",
    }
    assert client.v1.charges.list().data == []


def test_a_customers_default_card_is_charged(client, older_account):
    customer = client.v1.customers.create({"source": "tok_visa"})

    made = client.v1.charges.create({"amount": 1400, "currency": "usd", "customer": customer.id})

    assert (made.customer, made.source.id) == (customer.id, customer.default_source)


def test_a_card_must_be_the_customers_own(client, older_account):
    customer = client.v1.customers.create({"source": "tok_visa"}).id
    other = client.v1.customers.create({"source": "tok_mastercard"}).default_source

    refused = refusal(
        lambda: client.v1.charges.create(
            {"amount": 1400, "currency": "usd", "customer": customer, "source": other}
        )
    )

    assert (refused["code"], refused["param"]) == ("missing", "source")
    assert refused["message"] == (
        f"Customer {customer} does not have a linked source with ID {other}."
    )


@pytest.mark.parametrize("name", ["amount", "currency"])
def test_a_charge_needs_an_amount_and_a_currency(client, name):
    params = {"amount": 1400, "currency": "usd", "source": "tok_visa"}
    del params[name]

    assert refusal(lambda: client.v1.charges.create(params))["message"] == (
        f"Missing required param: {name}."
    )


def test_a_charge_can_be_held_and_captured_in_part(client, charge):
    made = charge(capture=False)
    assert (made.captured, made.balance_transaction) == (False, None)

    captured = client.v1.charges.capture(made.id, {"amount": 1000})

    assert (captured.captured, captured.amount_captured) == (True, 1000)
    assert captured.balance_transaction.startswith("txn_")
    assert refusal(lambda: client.v1.charges.capture(made.id)) == {
        "status": 400,
        "type": "invalid_request_error",
        "code": "charge_already_captured",
        "message": f"Charge {made.id} has already been captured.",
    }


@pytest.mark.parametrize(
    "amount, code", [(0, "parameter_invalid_integer"), (1401, "amount_too_large")]
)
def test_only_what_is_held_can_be_captured(client, charge, amount, code):
    made = charge(capture=False)

    assert refusal(lambda: client.v1.charges.capture(made.id, {"amount": amount}))["code"] == code


def test_a_hold_of_an_intent_is_captured_there(client):
    intent = held(client)

    refused = refusal(lambda: client.v1.charges.capture(intent.latest_charge))

    assert refused["message"].startswith(
        f"This Charge was created by a PaymentIntent ({intent.id}). You must capture the "
        "PaymentIntent instead"
    )


def test_a_hold_that_was_let_go_cannot_be_captured(client, charge):
    made = charge(capture=False)
    client.v1.refunds.create({"charge": made.id})

    assert refusal(lambda: client.v1.charges.capture(made.id))["status"] == 400


def test_a_parameter_that_is_not_played_is_refused_by_name(client):
    refused = refusal(
        lambda: client.v1.charges.create(
            {"amount": 1400, "currency": "usd", "on_behalf_of": "acct_1"}
        )
    )

    assert refused["message"] == (
        "The local Stripe does not implement the parameter `on_behalf_of` here."
    )
