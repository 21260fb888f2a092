"""Money that is held is captured in time, or let go."""

from tests.local_stripe.money import event_types, held, refusal

WEEK = 7 * 86_400


def test_a_hold_expires_after_a_week(client, local):
    intent = held(client)
    began = local.clock.now()

    local.advance(WEEK - 1)
    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_capture"
    local.advance(WEEK)

    gone = client.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert (gone.status, gone.cancellation_reason) == ("canceled", "automatic")
    assert (gone.canceled_at, gone.amount_capturable) == (began + WEEK, 0)
    charge = gone.latest_charge
    assert (charge.captured, charge.refunded, charge.amount_refunded) == (False, True, 6500)
    assert event_types(client)[-2:] == ["charge.expired", "payment_intent.canceled"]


def test_the_charge_says_until_when_it_can_be_captured(client, local):
    charge = held(client, expand=["latest_charge"]).latest_charge

    assert charge.payment_method_details.card.capture_before == local.clock.now() + WEEK


def test_an_expired_hold_cannot_be_captured(client, local):
    intent = held(client)
    local.advance(WEEK)

    refused = refusal(lambda: client.v1.payment_intents.capture(intent.id))

    assert refused["code"] == "payment_intent_unexpected_state"


def test_money_that_was_captured_in_time_stays(client, local):
    intent = held(client)
    client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 5000})

    local.advance(2 * WEEK)

    kept = client.v1.payment_intents.retrieve(intent.id)
    assert (kept.status, kept.amount_received) == ("succeeded", 5000)
    assert "charge.expired" not in event_types(client)


def test_a_hold_that_was_given_up_does_not_expire_too(client, local):
    intent = held(client)
    client.v1.payment_intents.cancel(intent.id)

    local.advance(2 * WEEK)

    assert client.v1.payment_intents.retrieve(intent.id).cancellation_reason is None
    assert "charge.expired" not in event_types(client)


def test_a_charge_of_its_own_expires_too(client, local):
    local.policies.token_charges = True
    charge = client.v1.charges.create(
        {"amount": 700, "currency": "usd", "source": "tok_visa", "capture": False}
    )

    local.advance(WEEK)

    assert client.v1.charges.retrieve(charge.id).refunded is True
    assert event_types(client)[-1] == "charge.expired"
