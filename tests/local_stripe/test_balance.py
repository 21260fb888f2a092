"""The ledger holds every movement of money, and the balance is its sum."""

from tests.local_stripe.money import held, paid, plain, refusal

DAY = 86_400


def test_a_new_account_has_nothing(client):
    nothing = {"amount": 0, "currency": "usd", "source_types": {"card": 0}}
    fund = [{"amount": 0, "currency": "usd"}]

    assert plain(client.v1.balance.retrieve()) == {
        "object": "balance",
        "available": [nothing],
        "livemode": False,
        "pending": [nothing],
        "refund_and_dispute_prefunding": {"available": fund, "pending": fund},
    }


def test_a_charge_is_entered_less_the_fee(client, local):
    charge = paid(client, 4400, description="One lamp").latest_charge

    (entry,) = client.v1.balance_transactions.list({"source": charge}).data

    assert plain(entry) == {
        "id": entry.id,
        "object": "balance_transaction",
        "amount": 4400,
        "available_on": local.clock.now() + 7 * DAY,
        "balance_type": "payments",
        "created": local.clock.now(),
        "currency": "usd",
        "description": "One lamp",
        "exchange_rate": None,
        "fee": 158,
        "fee_details": [
            {
                "amount": 158,
                "application": None,
                "currency": "usd",
                "description": "Stripe processing fees",
                "type": "stripe_fee",
            }
        ],
        "net": 4242,
        "reporting_category": "charge",
        "source": charge,
        "status": "pending",
        "type": "charge",
    }
    assert client.v1.charges.retrieve(charge).balance_transaction == entry.id


def test_a_refund_is_entered_in_full_and_the_fee_stays_with_stripe(client):
    charge = paid(client, 4400, description="One lamp").latest_charge
    refund = client.v1.refunds.create({"charge": charge, "amount": 1400})

    entry = client.v1.balance_transactions.retrieve(refund.balance_transaction)

    assert (entry.amount, entry.fee, entry.net) == (-1400, 0, -1400)
    assert (entry.type, entry.reporting_category, entry.source) == ("refund", "refund", refund.id)
    assert entry.description == "REFUND FOR CHARGE (One lamp)"
    assert plain(entry)["fee_details"] == []


def test_a_refund_of_an_unnamed_charge_is_described_shortly(client):
    refund = client.v1.refunds.create({"charge": paid(client).latest_charge})

    entry = client.v1.balance_transactions.retrieve(refund.balance_transaction)

    assert entry.description == "REFUND FOR CHARGE"


def test_a_hold_is_entered_when_it_is_captured(client):
    intent = held(client, 6500)
    assert client.v1.balance_transactions.list().data == []

    client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 5000})

    (entry,) = client.v1.balance_transactions.list().data
    assert (entry.amount, entry.source) == (5000, intent.latest_charge)


def test_money_is_pending_for_a_week(client, local):
    charge = paid(client, 10_000).latest_charge

    def state():
        balance = client.v1.balance.retrieve()
        entry = client.v1.charges.retrieve(charge, {"expand": ["balance_transaction"]})
        status = entry.balance_transaction.status
        return status, balance.pending[0].amount, balance.available[0].amount

    assert state() == ("pending", 9680, 0)
    local.advance(7 * DAY - 1)
    assert state() == ("pending", 9680, 0)
    local.advance(1)
    assert state() == ("available", 0, 9680)
    assert client.v1.balance_transactions.list().data[0].status == "available"


def test_money_arrives_at_midnight(client, local):
    local.advance(DAY // 2)

    charge = paid(client, expand=["latest_charge.balance_transaction"]).latest_charge

    available_on = charge.balance_transaction.available_on
    assert available_on % DAY == 0
    assert available_on == local.clock.now() - DAY // 2 + 7 * DAY


def test_each_currency_is_kept_apart(client):
    paid(client, 10_000)
    client.v1.payment_intents.create(
        {
            "amount": 1000,
            "currency": "jpy",
            "payment_method": "pm_card_visa",
            "confirm": True,
            "allowed_payment_method_types": ["card"],
        }
    )

    pending = plain(client.v1.balance.retrieve())["pending"]

    assert pending == [
        {"amount": 941, "currency": "jpy", "source_types": {"card": 941}},
        {"amount": 9680, "currency": "usd", "source_types": {"card": 9680}},
    ]


def test_the_ledger_is_listed_and_filtered(client):
    charge = paid(client).latest_charge
    refund = client.v1.refunds.create({"charge": charge}).id
    entries = client.v1.balance_transactions

    def sources(**params):
        return [entry.source for entry in entries.list(params).data]

    assert sources() == [refund, charge]
    assert sources(type="charge") == [charge]
    assert sources(source=refund) == [refund]
    assert sources(currency="cad") == []
    assert sources(type="bogus_type") == []


def test_an_entry_leads_to_its_source(client):
    intent = paid(client)
    (entry,) = client.v1.balance_transactions.list({"expand": ["data.source"]}).data

    assert (entry.source.object, entry.source.payment_intent) == ("charge", intent.id)


def test_a_declined_payment_moves_no_money(client):
    refusal(lambda: paid(client, card="visa_chargeDeclined"))

    assert client.v1.balance_transactions.list().data == []


def test_an_unknown_entry_is_not_found(client):
    assert refusal(lambda: client.v1.balance_transactions.retrieve("txn_nope")) == {
        "status": 404,
        "type": "invalid_request_error",
        "code": "resource_missing",
        "message": "No such balance transaction: 'txn_nope'",
        "param": "id",
    }


def test_payouts_are_not_played(client):
    refused = refusal(lambda: client.v1.balance_transactions.list({"payout": "po_nope"}))

    assert refused["message"] == "The local Stripe does not implement the parameter `payout` here."
