"""A page puts down how somebody wants to pay; the server confirms with that, once."""

import pytest

from local_stripe import PUBLISHABLE_KEY
from tests.local_stripe.money import CARD_ONLY, payment, plain, refusal

BACK = "https://shop.example/back"


@pytest.fixture
def token(client):
    """A token for this card."""

    def token(card="visa", **params):
        return client.v1.test_helpers.confirmation_tokens.create(
            {"payment_method": f"pm_card_{card}", **params}
        )

    return token


def test_a_token_shows_how_somebody_wants_to_pay(client, local, token):
    made = plain(token(return_url=BACK, setup_future_usage="off_session"))

    preview = made.pop("payment_method_preview")
    assert (preview["type"], preview["card"]["last4"]) == ("card", "4242")
    assert made.pop("id").startswith("ctoken_1")
    assert made == {
        "object": "confirmation_token",
        "created": local.clock.now(),
        "expires_at": local.clock.now() + 12 * 3600,
        "livemode": False,
        "mandate_data": None,
        "payment_intent": None,
        "payment_method_options": None,
        "return_url": BACK,
        "setup_future_usage": "off_session",
        "setup_intent": None,
        "shipping": None,
        "use_stripe_sdk": True,
    }


def test_a_page_makes_a_token_and_the_server_reads_it(client, ask):
    key = {"authorization": f"Bearer {PUBLISHABLE_KEY}"}

    made = ask("POST", "/v1/confirmation_tokens", {"payment_method": "pm_card_visa"}, key)

    assert made.status == 200
    read = client.v1.confirmation_tokens.retrieve(made.body["id"])
    assert plain(read) == made.body


def test_a_page_makes_no_token_of_a_card_that_somebody_saved(client, ask):
    customer = client.v1.customers.create({"email": "ada@example.com"}).id
    saved = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    key = {"authorization": f"Bearer {PUBLISHABLE_KEY}"}

    refused = ask("POST", "/v1/confirmation_tokens", {"payment_method": saved}, key)

    assert (refused.status, refused.error["code"]) == (400, "resource_missing")


def test_the_server_confirms_with_a_token(client, token):
    made = token()
    intent = client.v1.payment_intents.create(payment(3900))

    done = client.v1.payment_intents.confirm(intent.id, {"confirmation_token": made.id})

    assert done.status == "succeeded"
    assert client.v1.confirmation_tokens.retrieve(made.id).payment_intent == intent.id


def test_the_server_creates_and_confirms_in_one_call(client, token):
    params = {"amount": 3900, "currency": "usd", "confirm": True}

    done = client.v1.payment_intents.create(
        {**params, "confirmation_token": token(return_url=BACK).id}
    )

    assert done.status == "succeeded"


def test_a_token_brings_the_address_to_send_things_to(client, token):
    address = {"line1": "1 Main St", "city": "Rome", "country": "IT"}
    made = token(shipping={"name": "Ann", "address": address})

    done = client.v1.payment_intents.create(payment(3900, confirm=True, confirmation_token=made.id))

    assert (done.shipping.name, done.shipping.address.city) == ("Ann", "Rome")


def test_a_token_of_a_card_that_asks_leaves_the_asking_to_the_page(client, token):
    made = token("threeDSecure2Required", return_url=BACK)

    waiting = client.v1.payment_intents.create(
        payment(3900, confirm=True, confirmation_token=made.id)
    )

    assert waiting.next_action.type == "use_stripe_sdk"


def test_a_token_confirms_once(client, token):
    made = token()
    params = payment(3900, confirm=True, confirmation_token=made.id)
    client.v1.payment_intents.create(params)

    refused = refusal(lambda: client.v1.payment_intents.create(params))

    assert refused["message"] == f"The ConfirmationToken {made.id} has already been used."


def test_a_declined_token_is_used_up_too(client, token):
    made = token("visa_chargeDeclined")
    params = payment(3900, confirm=True, confirmation_token=made.id)

    assert refusal(lambda: client.v1.payment_intents.create(params))["status"] == 402
    assert client.v1.confirmation_tokens.retrieve(made.id).payment_intent is not None


def test_a_refused_call_leaves_the_token_as_it_was(client, token):
    made = token()
    params = {"amount": 3900, "currency": "usd", "confirm": True, "confirmation_token": made.id}

    assert "return_url" in refusal(lambda: client.v1.payment_intents.create(params))["message"]
    assert client.v1.confirmation_tokens.retrieve(made.id).payment_intent is None


def test_a_token_expires_after_half_a_day(client, local, token):
    made = token()
    local.advance(12 * 3600)

    refused = refusal(
        lambda: client.v1.payment_intents.create(
            payment(3900, confirm=True, confirmation_token=made.id)
        )
    )

    assert refused["message"] == f"The ConfirmationToken {made.id} has expired."


@pytest.mark.parametrize("id", ["ctoken_nope", ""])
def test_an_unknown_token_is_refused(client, ask, id):
    intent = client.v1.payment_intents.create(payment(3900))

    answer = ask("POST", f"/v1/payment_intents/{intent.id}/confirm", {"confirmation_token": id})

    assert (answer.status, answer.error["param"]) == (400, "confirmation_token")


def test_a_token_stands_for_a_payment_method_and_excludes_another(client, token):
    params = payment(3900, confirm=True, payment_method="pm_card_visa")

    refused = refusal(
        lambda: client.v1.payment_intents.create({**params, "confirmation_token": token().id})
    )

    assert refused["param"] == "confirmation_token"


@pytest.mark.parametrize(
    "kind, params", [("payment_intents", payment(3900)), ("setup_intents", CARD_ONLY)]
)
def test_a_token_is_for_a_confirmation(client, token, kind, params):
    service = getattr(client.v1, kind)

    refused = refusal(lambda: service.create({**params, "confirmation_token": token().id}))

    assert refused["message"].endswith("may only be used when confirm=true.")


def test_a_card_is_saved_with_a_token(client, token):
    customer = client.v1.customers.create({}).id
    made = token()

    done = client.v1.setup_intents.create(
        {**CARD_ONLY, "customer": customer, "confirm": True, "confirmation_token": made.id}
    )

    assert done.status == "succeeded"
    assert client.v1.confirmation_tokens.retrieve(made.id).setup_intent == done.id


def test_a_token_needs_a_payment_method(client):
    refused = refusal(lambda: client.v1.test_helpers.confirmation_tokens.create({}))

    assert refused["message"] == "Missing required param: payment_method."
