"""Early fraud warnings: the bank says that a payment looks like fraud, before anybody disputes."""

import pytest

from tests.local_stripe.money import event_types, held, paid, plain, refusal


@pytest.fixture
def charge(client):
    """A payment that the bank warns of."""
    return paid(client, card="createIssuerFraudRecord", expand=["latest_charge"]).latest_charge


def test_the_bank_warns_of_a_payment(client, charge, local):
    (warning,) = client.v1.radar.early_fraud_warnings.list({"charge": charge.id}).data

    assert plain(warning) == {
        "id": warning.id,
        "object": "radar.early_fraud_warning",
        "actionable": True,
        "charge": charge.id,
        "created": local.clock.now(),
        "fraud_type": "made_with_stolen_card",
        "livemode": False,
        "payment_intent": charge.payment_intent,
    }
    assert warning.id.startswith("issfr_1")
    assert "radar.early_fraud_warning.created" in event_types(client)
    assert client.v1.radar.early_fraud_warnings.retrieve(warning.id) == warning


def test_a_warning_is_no_dispute_and_moves_no_money(client, charge):
    assert charge.disputed is False
    assert client.v1.disputes.list().data == []
    assert len(client.v1.balance_transactions.list().data) == 1


def test_a_hold_is_warned_of_once_it_is_captured(client):
    intent = held(client, card="createIssuerFraudRecord")
    before = client.v1.radar.early_fraud_warnings.list().data

    client.v1.payment_intents.capture(intent.id)

    assert before == []
    assert len(client.v1.radar.early_fraud_warnings.list().data) == 1


def test_a_warning_can_be_acted_on_until_all_is_refunded(client, charge):
    def actionable():
        return client.v1.radar.early_fraud_warnings.list().data[0].actionable

    client.v1.refunds.create({"charge": charge.id, "amount": 100})
    assert actionable()
    client.v1.refunds.create({"charge": charge.id})
    assert not actionable()
    assert event_types(client)[-1] == "radar.early_fraud_warning.updated"


def test_an_unknown_warning_is_not_found(client):
    refused = refusal(lambda: client.v1.radar.early_fraud_warnings.retrieve("issfr_nope"))

    assert (refused["status"], refused["param"]) == (404, "early_fraud_warning")
