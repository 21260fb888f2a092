"""A bank takes days to say whether it has paid."""

from collections import Counter

import pytest

from local_stripe.bank_accounts import ACCOUNTS
from local_stripe.debiting import DAYS
from tests.local_stripe.money import debited, event_types, plain, refusal

DAY = 86_400
BANK = {
    "account_holder_type": "individual",
    "account_number": "000123456789",
    "routing_number": "110000000",
}
FAILING = [account for account in ACCOUNTS if account.failure and account.name]


def method(client, billing=None, **bank):
    return client.v1.payment_methods.create(
        {
            "type": "us_bank_account",
            "us_bank_account": {**BANK, **bank},
            "billing_details": billing or {"name": "Ann"},
        }
    )


def sepa(client, iban):
    return client.v1.payment_methods.create(
        {
            "type": "sepa_debit",
            "sepa_debit": {"iban": iban},
            "billing_details": {"name": "Ann", "email": "ann@example.com"},
        }
    )


def balance(client):
    """What the account has of each currency, there or on its way."""
    funds = client.v1.balance.retrieve()
    total: Counter[str] = Counter()
    for fund in [*funds.available, *funds.pending]:
        total[fund.currency] += fund.amount
    return total


def test_a_bank_account_shows_its_last_digits(client):
    shown = plain(method(client))["us_bank_account"]

    assert len(shown.pop("fingerprint")) == 16
    assert shown == {
        "account_holder_type": "individual",
        "account_type": "checking",
        "bank_name": "STRIPE TEST BANK",
        "financial_connections_account": None,
        "last4": "6789",
        "networks": {"preferred": "ach", "supported": ["ach"]},
        "routing_number": "110000000",
        "status_details": {},
    }


def test_a_european_account_shows_its_bank_and_its_last_digits(client):
    shown = plain(sepa(client, "DE89 3704 0044 0532 0130 00"))["sepa_debit"]

    assert len(shown.pop("fingerprint")) == 16
    assert shown == {
        "bank_code": "37040044",
        "branch_code": None,
        "country": "DE",
        "generated_from": {"charge": None, "setup_attempt": None},
        "last4": "3000",
    }


@pytest.mark.parametrize(
    "bank, code, param",
    [
        ({"account_number": "1"}, "account_number_invalid", "account_number"),
        ({"account_number": "DE89370400440532013000"}, "account_number_invalid", "account_number"),
        ({"routing_number": "1"}, "routing_number_invalid", "routing_number"),
    ],
)
def test_an_account_that_may_be_real_is_refused(client, bank, code, param):
    refused = refusal(lambda: method(client, **bank))

    assert (refused["code"], refused["param"]) == (code, f"us_bank_account[{param}]")


def test_an_iban_that_is_no_test_account_is_refused(client):
    assert refusal(lambda: sepa(client, "DE00"))["code"] == "invalid_bank_account_iban"


def test_the_owner_of_an_account_has_a_name(client):
    refused = refusal(lambda: method(client, billing={"email": "ann@example.com"}))

    assert refused["message"] == "Missing required param: billing_details[name]."


@pytest.mark.parametrize("name", ["dispute", "failMicrodeposits"])
def test_an_account_that_is_not_played_is_refused_by_name(client, name):
    message = refusal(lambda: debited(client, account=name))["message"]

    assert message.startswith("The local Stripe does not implement")
    assert f"pm_usBankAccount_{name}" in message


def test_a_debit_is_on_its_way_and_no_money_is_there(client):
    intent = debited(client, expand=["latest_charge"])
    charge = intent.latest_charge

    assert (intent.status, intent.amount_received) == ("processing", 0)
    assert charge.id.startswith("py_3")
    assert (charge.status, charge.paid, charge.amount_captured) == ("pending", False, 0)
    assert charge.balance_transaction is None
    assert charge.payment_method_details.type == "us_bank_account"
    assert charge.payment_method_details.us_bank_account.last4 == "6789"
    assert event_types(client) == [
        "payment_intent.created",
        "charge.pending",
        "payment_intent.processing",
    ]


def test_days_later_the_bank_has_paid(client, local):
    intent = debited(client)
    began = local.clock.now()
    assert balance(client)["usd"] == 0

    local.advance(DAYS["us_bank_account"] * DAY - 1)
    assert client.v1.payment_intents.retrieve(intent.id).status == "processing"
    local.advance(10 * DAY)

    done = client.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    charge = done.latest_charge
    assert (done.status, done.amount_received) == ("succeeded", 4900)
    assert (charge.status, charge.paid, charge.captured) == ("succeeded", True, True)
    entry = client.v1.balance_transactions.retrieve(charge.balance_transaction)
    assert (entry.amount, entry.created) == (4900, began + 4 * DAY)
    assert balance(client)["usd"] == entry.net
    assert event_types(client)[-2:] == ["charge.succeeded", "payment_intent.succeeded"]


@pytest.mark.parametrize("account", FAILING, ids=lambda account: account.name)
def test_days_later_the_bank_says_why_it_did_not_pay(client, local, account):
    intent = debited(client, account=account.name)

    local.advance(4 * DAY)

    failed = client.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    charge, error = failed.latest_charge, failed.last_payment_error
    assert (failed.status, failed.payment_method) == ("requires_payment_method", None)
    assert (charge.status, charge.failure_code) == ("failed", account.failure.code)
    assert (error.code, error.message) == (account.failure.code, account.failure.message)
    assert (error.charge, error.payment_method_type) == (charge.id, "us_bank_account")
    assert event_types(client)[-2:] == ["charge.failed", "payment_intent.payment_failed"]
    assert balance(client)["usd"] == 0


def test_after_a_failed_debit_another_account_can_pay(client, local):
    intent = debited(client, account="insufficientFunds")
    local.advance(4 * DAY)

    again = client.v1.payment_intents.confirm(
        intent.id,
        {
            "payment_method": "pm_usBankAccount_success",
            "mandate_data": {"customer_acceptance": {"type": "offline"}},
        },
    )
    local.advance(4 * DAY)

    assert (again.status, again.last_payment_error) == ("processing", None)
    assert client.v1.payment_intents.retrieve(intent.id).status == "succeeded"


@pytest.mark.parametrize(
    "iban, status",
    [
        ("AT611904300234573201", "succeeded"),
        ("AT861904300235473202", "requires_payment_method"),
    ],
)
def test_a_european_debit_is_paid_in_euros_or_fails(client, local, iban, status):
    intent = debited(
        client,
        currency="eur",
        allowed_payment_method_types=["sepa_debit"],
        payment_method=sepa(client, iban).id,
    )
    assert intent.status == "processing"

    local.advance(DAYS["sepa_debit"] * DAY)

    assert client.v1.payment_intents.retrieve(intent.id).status == status


def test_a_debit_that_the_bank_never_answers_can_be_given_up(client, local):
    intent = debited(client, account="processing")
    local.advance(365 * DAY)

    canceled = client.v1.payment_intents.cancel(intent.id, {"expand": ["latest_charge"]})

    assert (canceled.status, canceled.latest_charge.status) == ("canceled", "failed")
    assert event_types(client)[-2:] == ["charge.failed", "payment_intent.canceled"]


def test_a_debit_that_was_given_up_is_not_paid_later(client, local):
    intent = debited(client)
    client.v1.payment_intents.cancel(intent.id)

    local.advance(30 * DAY)

    assert client.v1.payment_intents.retrieve(intent.id).status == "canceled"
    assert balance(client)["usd"] == 0


def test_a_debit_needs_the_owners_permission(client):
    refused = refusal(lambda: debited(client, mandate_data=None))

    assert refused["message"].startswith("This PaymentIntent requires a mandate")


def test_a_debit_cannot_be_held(client):
    refused = refusal(lambda: debited(client, capture_method="manual"))

    assert refused["param"] == "capture_method"


def test_a_debit_is_refused_where_only_cards_are_taken(client):
    refused = refusal(lambda: debited(client, allowed_payment_method_types=["card"]))

    assert refused["code"] == "payment_intent_incompatible_payment_method"
    assert refused["message"].startswith(
        "The PaymentMethod provided (us_bank_account) is not allowed for this PaymentIntent."
    )


def test_a_card_is_refused_where_only_debits_are_taken(client):
    refused = refusal(lambda: debited(client, payment_method="pm_card_visa"))

    assert refused["code"] == "payment_intent_incompatible_payment_method"


@pytest.mark.parametrize("type, currency", [("us_bank_account", "eur"), ("sepa_debit", "usd")])
def test_a_debit_is_in_the_currency_of_its_bank(client, type, currency):
    refused = refusal(
        lambda: client.v1.payment_intents.create(
            {"amount": 4900, "currency": currency, "allowed_payment_method_types": [type]}
        )
    )

    assert refused["code"] == "payment_intent_invalid_currency"


def test_what_is_on_its_way_cannot_be_refunded(client):
    refused = refusal(lambda: client.v1.refunds.create({"payment_intent": debited(client).id}))

    assert refused["message"].endswith("does not have a successful charge to refund.")


@pytest.mark.parametrize(
    "action",
    [
        lambda client, method: client.v1.payment_methods.attach(
            method, {"customer": client.v1.customers.create({}).id}
        ),
        lambda client, method: client.v1.setup_intents.create(
            {"payment_method": method, "confirm": True, "return_url": "https://shop.example/"}
        ),
        lambda client, method: debited(
            client,
            payment_method=method,
            customer=client.v1.customers.create({}).id,
            setup_future_usage="off_session",
        ),
    ],
    ids=["attach", "set up", "while paying"],
)
def test_saving_an_account_is_refused_by_name(client, action):
    refused = refusal(lambda: action(client, method(client).id))

    assert refused["message"].startswith("The local Stripe does not implement bank accounts saved")


def test_refunds_of_debits_are_refused_by_name(client, local):
    intent = debited(client)
    local.advance(4 * DAY)

    refused = refusal(lambda: client.v1.refunds.create({"payment_intent": intent.id}))

    assert refused["message"] == (
        "The local Stripe does not implement refunds of payments by us_bank_account."
    )


def test_verification_by_microdeposits_is_refused_by_name(client):
    intent = debited(client)

    refused = refusal(
        lambda: client.v1.payment_intents.verify_microdeposits(intent.id, {"amounts": [32, 45]})
    )

    assert refused["message"].startswith("The local Stripe does not implement")
