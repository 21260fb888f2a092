"""Who tries card after card is blocked, in an account that has switched that on."""

import pytest
import stripe

from local_stripe import LocalStripe, Policies
from local_stripe.card_testing import MOST, WITHIN

GOOD = "pm_card_visa"
DECLINED = "pm_card_visa_chargeDeclined"
LOST = "pm_card_visa_chargeDeclinedLostCard"


@pytest.fixture
def local() -> LocalStripe:
    return LocalStripe(policies=Policies(card_testing_block=True, token_charges=True))


def pay(client, card: str, **params) -> stripe.PaymentIntent:
    return client.v1.payment_intents.create(
        {
            "amount": 2000,
            "currency": "usd",
            "payment_method": card,
            "confirm": True,
            "allowed_payment_method_types": ["card"],
            **params,
        }
    )


def try_in_vain(client, card: str, times: int = 1, **params) -> stripe.CardError:
    """Have a card declined so often; gives the last error."""
    for _ in range(times):
        with pytest.raises(stripe.CardError) as caught:
            pay(client, card, **params)
    return caught.value


def test_a_good_card_of_a_customer_with_many_declines_is_blocked_as_too_risky(client):
    customer = client.v1.customers.create().id
    try_in_vain(client, DECLINED, MOST, customer=customer)

    error = try_in_vain(client, GOOD, customer=customer)

    assert (error.code, error.error.decline_code) == ("card_declined", "fraudulent")
    outcome = client.v1.charges.retrieve(error.error.charge).outcome
    assert (outcome.type, outcome.network_status) == ("blocked", "not_sent_to_network")
    assert (outcome.reason, outcome.risk_level) == ("highest_risk_level", "highest")


def test_an_address_with_many_declines_is_blocked_whatever_the_card(client):
    try_in_vain(client, DECLINED, MOST - 1, receipt_email="bot@example.com")
    try_in_vain(client, LOST, receipt_email="bot@example.com")

    error = try_in_vain(client, GOOD, receipt_email="bot@example.com")

    assert error.error.decline_code == "fraudulent"
    assert pay(client, GOOD, receipt_email="ada@example.com").status == "succeeded"


def test_a_card_with_many_declines_is_blocked_whoever_tries_it(client):
    assert try_in_vain(client, DECLINED, MOST).error.decline_code == "generic_decline"
    assert try_in_vain(client, DECLINED).error.decline_code == "fraudulent"


def test_a_token_is_blocked_as_a_payment_method_is(client):
    try_in_vain(client, DECLINED, MOST, receipt_email="bot@example.com")
    charge = {"amount": 2000, "currency": "usd", "source": "tok_visa"}

    with pytest.raises(stripe.CardError) as caught:
        client.v1.charges.create({**charge, "receipt_email": "bot@example.com"})

    assert caught.value.error.decline_code == "fraudulent"
    assert client.v1.charges.create(charge).paid


def test_a_few_declines_block_nobody(client):
    customer = client.v1.customers.create().id
    try_in_vain(client, DECLINED, MOST - 1, customer=customer)
    assert pay(client, GOOD, customer=customer).status == "succeeded"


def test_the_block_ends_an_hour_after_the_declines(client, local):
    try_in_vain(client, DECLINED, MOST, receipt_email="ada@example.com")
    local.advance(WITHIN - 1)
    assert try_in_vain(client, GOOD, receipt_email="ada@example.com").code == "card_declined"
    local.advance(1)
    assert pay(client, GOOD, receipt_email="ada@example.com").status == "succeeded"


def test_who_goes_on_trying_stays_blocked(client, local):
    for _ in range(3):
        try_in_vain(client, DECLINED, MOST, receipt_email="bot@example.com")
        local.advance(WITHIN // 2)
    assert try_in_vain(client, GOOD, receipt_email="bot@example.com").code == "card_declined"


def test_a_debit_that_was_called_back_is_no_declined_card(client):
    debit = {
        "allowed_payment_method_types": ["us_bank_account"],
        "mandate_data": {"customer_acceptance": {"type": "offline"}},
        "receipt_email": "ada@example.com",
    }
    for _ in range(MOST):
        intent = pay(client, "pm_usBankAccount_success", **debit)
        client.v1.payment_intents.cancel(intent.id)
    failed = [charge.status for charge in client.v1.charges.list().data]
    assert failed == ["failed"] * MOST
    assert pay(client, GOOD, receipt_email="ada@example.com").status == "succeeded"


def test_an_account_without_the_switch_blocks_nobody(client, local):
    local.policies.card_testing_block = False
    try_in_vain(client, DECLINED, 2 * MOST, receipt_email="bot@example.com")
    assert pay(client, GOOD, receipt_email="bot@example.com").status == "succeeded"
