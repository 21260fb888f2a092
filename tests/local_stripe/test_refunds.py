"""Refunds send back what was taken: all of it, or in parts, and never more."""

import pytest

from tests.local_stripe.money import event_types, held, paid, plain, refusal

DAY = 86_400


@pytest.fixture
def charge(client):
    """A paid charge of 50.00."""
    return paid(client, 5000, description="One lamp").latest_charge


def test_a_part_can_be_sent_back(client, charge, local):
    refund = client.v1.refunds.create(
        {"charge": charge, "amount": 1500, "reason": "duplicate", "metadata": {"p": "s05"}}
    )

    of = client.v1.charges.retrieve(charge)
    assert plain(refund) == {
        "id": refund.id,
        "object": "refund",
        "amount": 1500,
        "balance_transaction": refund.balance_transaction,
        "charge": charge,
        "created": local.clock.now(),
        "currency": "usd",
        "customer": None,
        "customer_account": None,
        "destination_details": {
            "card": {
                "reference_status": "pending",
                "reference_type": "acquirer_reference_number",
                "type": "refund",
            },
            "type": "card",
        },
        "metadata": {"p": "s05"},
        "payment_intent": of.payment_intent,
        "payment_method": of.payment_method,
        "reason": "duplicate",
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }
    assert refund.id[:20] == charge.replace("ch_", "re_")[:20]
    assert (of.amount_refunded, of.refunded) == (1500, False)


def test_what_is_left_is_sent_back_by_default(client, charge):
    client.v1.refunds.create({"charge": charge, "amount": 1500})

    rest = client.v1.refunds.create({"charge": charge})

    of = client.v1.charges.retrieve(charge)
    assert (rest.amount, of.amount_refunded, of.refunded) == (3500, 5000, True)


def test_a_refund_is_told(client, charge):
    client.v1.refunds.create({"charge": charge})

    assert event_types(client)[-2:] == ["refund.created", "charge.refunded"]
    event = plain(client.v1.events.list({"type": "charge.refunded"}).data[0])
    assert event["data"]["previous_attributes"] == {"amount_refunded": 0, "refunded": False}


def test_a_payment_can_be_refunded_by_its_intent(client):
    intent = paid(client, 3200)

    refund = client.v1.refunds.create({"payment_intent": intent.id, "amount": 700})

    assert (refund.charge, refund.payment_intent) == (intent.latest_charge, intent.id)


def test_no_more_goes_back_than_is_left(client, charge):
    client.v1.refunds.create({"charge": charge, "amount": 2500})

    assert refusal(lambda: client.v1.refunds.create({"charge": charge, "amount": 3000})) == {
        "status": 400,
        "type": "invalid_request_error",
        "message": "Refund amount ($30.00) is greater than unrefunded amount on charge ($25.00)",
        "param": "amount",
    }


def test_no_more_goes_back_than_was_captured(client):
    intent = held(client, 5000)
    client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 2000})

    refused = refusal(
        lambda: client.v1.refunds.create({"payment_intent": intent.id, "amount": 2001})
    )
    whole = client.v1.refunds.create({"payment_intent": intent.id})

    assert refused["message"] == (
        "Refund amount ($20.01) is greater than unrefunded amount on charge ($20.00)"
    )
    assert whole.amount == 2000
    assert client.v1.charges.retrieve(intent.latest_charge).refunded is True


def test_nothing_is_no_refund(client, charge):
    refused = refusal(lambda: client.v1.refunds.create({"charge": charge, "amount": 0}))

    assert refused["message"] == "This value must be greater than or equal to 1."
    assert refused["param"] == "amount"


def test_a_charge_is_refunded_once(client, charge):
    client.v1.refunds.create({"charge": charge})

    assert refusal(lambda: client.v1.refunds.create({"charge": charge, "amount": 1})) == {
        "status": 400,
        "type": "invalid_request_error",
        "code": "charge_already_refunded",
        "message": f"Charge {charge} has already been refunded.",
    }


def test_a_refund_needs_a_payment(client):
    assert refusal(lambda: client.v1.refunds.create({"amount": 100})) == {
        "status": 400,
        "type": "invalid_request_error",
        "message": "One of the following params should be provided for this request: "
        "payment_intent or charge.",
    }


def test_a_refund_names_one_payment(client, charge):
    both = {"charge": charge, "payment_intent": client.v1.charges.retrieve(charge).payment_intent}

    assert refusal(lambda: client.v1.refunds.create(both))["message"] == (
        "You may only specify one of these parameters: charge, payment_intent."
    )


@pytest.mark.parametrize(
    "params, kind, param",
    [
        ({"charge": "ch_unknown"}, "charge: 'ch_unknown'", "id"),
        ({"payment_intent": "pi_unknown"}, "payment_intent: 'pi_unknown'", "intent"),
    ],
)
def test_an_unknown_payment_is_not_found(client, params, kind, param):
    assert refusal(lambda: client.v1.refunds.create(params)) == {
        "status": 404,
        "type": "invalid_request_error",
        "code": "resource_missing",
        "message": f"No such {kind}",
        "param": param,
    }


def test_a_hold_is_canceled_not_refunded(client):
    intent = held(client, 3300)

    refused = refusal(
        lambda: client.v1.refunds.create({"charge": intent.latest_charge, "amount": 100})
    )

    assert refused["message"] == (
        f"This uncaptured Charge was created by a PaymentIntent ({intent.id}). You must cancel "
        "the PaymentIntent to reverse the authorization instead of refunding the Charge directly. "
        "For more information, see "
        "https://stripe.com/docs/payments/place-a-hold-on-a-payment-method"
    )


def test_what_was_never_paid_is_not_refunded(client):
    failed = refusal(lambda: paid(client, card="visa_chargeDeclined"))
    untried = client.v1.payment_intents.create({"amount": 500, "currency": "usd"}).id
    intent = failed["payment_intent"]["id"]

    for params, id in [
        ({"payment_intent": intent}, intent),
        ({"charge": failed["charge"]}, intent),
        ({"payment_intent": untried}, untried),
    ]:
        assert refusal(lambda params=params: client.v1.refunds.create(params))["message"] == (
            f"This PaymentIntent ({id}) does not have a successful charge to refund."
        )


def test_a_hold_without_an_intent_is_let_go_as_a_whole(client, local):
    local.policies.token_charges = True
    hold = client.v1.charges.create(
        {"amount": 1400, "currency": "usd", "source": "tok_visa", "capture": False}
    ).id

    refused = refusal(lambda: client.v1.refunds.create({"charge": hold, "amount": 1000}))
    refund = client.v1.refunds.create({"charge": hold})

    assert refused["message"].startswith("You cannot partially refund an uncaptured charge.")
    assert (refund.amount, refund.balance_transaction) == (1400, None)
    assert client.v1.charges.retrieve(hold).refunded is True
    assert client.v1.balance_transactions.list().data == []


def test_a_refund_can_be_noted_on(client, charge):
    refund = client.v1.refunds.create({"charge": charge})

    changed = client.v1.refunds.update(refund.id, {"metadata": {"k": "v"}})

    assert plain(changed) == {**plain(refund), "metadata": {"k": "v"}}
    assert event_types(client)[-2:] == ["charge.refund.updated", "refund.updated"]
    assert client.v1.refunds.retrieve(refund.id) == changed


def test_a_refund_to_a_card_cannot_be_taken_back(client, charge):
    refund = client.v1.refunds.create({"charge": charge})

    assert refusal(lambda: client.v1.refunds.cancel(refund.id)) == {
        "status": 400,
        "type": "invalid_request_error",
        "message": "Canceling this refund is unsupported.",
    }


def test_an_unknown_refund_is_not_found(client):
    refused = refusal(lambda: client.v1.refunds.retrieve("re_nope"))

    assert (refused["status"], refused["message"]) == (404, "No such refund: 're_nope'")


def test_refunds_are_listed_newest_first(client, charge, ask):
    first = client.v1.refunds.create({"charge": charge, "amount": 100}).id
    second = client.v1.refunds.create({"charge": charge, "amount": 200}).id
    other = client.v1.refunds.create({"charge": paid(client).latest_charge})
    refunds = client.v1.refunds

    assert [refund.id for refund in refunds.list().data] == [other.id, second, first]
    assert [refund.id for refund in refunds.list({"charge": charge}).data] == [second, first]
    assert [r.id for r in refunds.list({"payment_intent": other.payment_intent}).data] == [other.id]
    of_charge = ask("GET", f"/v1/charges/{charge}/refunds").body
    assert [refund["id"] for refund in of_charge["data"]] == [second, first]
    assert of_charge["url"] == f"/v1/charges/{charge}/refunds"


def test_a_charge_shows_its_refunds_when_asked(client, charge):
    refund = client.v1.refunds.create({"charge": charge, "amount": 100})

    assert "refunds" not in plain(client.v1.charges.retrieve(charge))
    (shown,) = client.v1.charges.retrieve(charge, {"expand": ["refunds"]}).refunds.data
    assert shown == refund


def test_a_parameter_that_is_not_played_is_refused_by_name(client, charge):
    refused = refusal(
        lambda: client.v1.refunds.create({"charge": charge, "reverse_transfer": True})
    )

    assert refused["message"] == (
        "The local Stripe does not implement the parameter `reverse_transfer` here."
    )


@pytest.fixture
def late(client):
    """Refunds a payment by a card whose refunds end later; gives the refund."""

    def late(card, **more):
        charge = paid(client, 5000, card).latest_charge
        return client.v1.refunds.create({"charge": charge, **more})

    return late


def test_a_refund_may_be_pending_for_days_and_the_money_is_gone_already(client, late, local):
    refund = late("pendingRefund", metadata={"p": "s05"})

    local.advance(5 * DAY - 1)
    pending = client.v1.refunds.retrieve(refund.id)
    local.advance(1)

    assert (pending.status, pending.pending_reason) == ("pending", "processing")
    assert client.v1.balance_transactions.retrieve(refund.balance_transaction).amount == -5000
    assert client.v1.charges.retrieve(refund.charge).refunded is True
    done = plain(client.v1.refunds.retrieve(refund.id))
    assert (done["status"], done["metadata"]) == ("succeeded", {"p": "s05"})
    assert "pending_reason" not in done
    assert event_types(client)[-2:] == ["charge.refund.updated", "refund.updated"]


def test_a_refund_to_a_card_cannot_be_canceled_while_it_is_pending(client, late):
    refund = late("pendingRefund")

    assert refusal(lambda: client.v1.refunds.cancel(refund.id))["message"] == (
        "Canceling this refund is unsupported."
    )


def test_a_refund_may_fail_days_after_it_succeeded(client, late, local):
    refund = late("refundFail", amount=2000)
    local.advance(DAY)
    client.v1.refunds.create({"charge": refund.charge, "amount": 3000})

    local.advance(4 * DAY)

    failed = client.v1.refunds.retrieve(refund.id, {"expand": ["failure_balance_transaction"]})
    back = failed.failure_balance_transaction
    charge = client.v1.charges.retrieve(refund.charge)
    assert (refund.status, failed.status) == ("succeeded", "failed")
    assert failed.failure_reason == "expired_or_canceled_card"
    assert (back.amount, back.fee, back.type) == (2000, 0, "refund_failure")
    assert (back.source, back.reporting_category) == (refund.id, "refund_failure")
    assert (charge.amount_refunded, charge.refunded) == (3000, False)


def test_a_refund_that_fails_is_told_by_its_own_event(client, late, local):
    late("refundFail")

    local.advance(5 * DAY)

    assert event_types(client)[-4:] == [
        "charge.refund.updated",
        "refund.updated",
        "refund.failed",
        "charge.updated",
    ]
    updated = plain(client.v1.events.list({"type": "refund.updated"}).data[0])
    assert updated["data"]["previous_attributes"] == {
        "failure_balance_transaction": None,
        "failure_reason": None,
        "status": "succeeded",
    }
    assert updated["request"] == {"id": None, "idempotency_key": None}


def test_what_came_back_can_be_refunded_once_more(client, late, local):
    refund = late("refundFail")
    local.advance(5 * DAY)

    again = client.v1.refunds.create({"charge": refund.charge})

    assert again.amount == 5000
    assert client.v1.charges.retrieve(refund.charge).refunded is True
