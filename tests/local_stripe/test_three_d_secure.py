"""Some banks want to hear from the card's owner before they pay."""

import pytest

from tests.local_stripe.money import event_types, payment, plain, refusal

BACK = "https://shop.example/back"


@pytest.fixture
def confirmed(client):
    """A payment that was tried with this card."""

    def confirmed(card, **params):
        return client.v1.payment_intents.create(
            payment(3300, payment_method=f"pm_card_{card}", confirm=True, **params)
        )

    return confirmed


def test_the_owner_is_sent_to_the_bank_and_back(confirmed, client):
    intent = confirmed("threeDSecure2Required", return_url=BACK)

    assert intent.status == "requires_action"
    assert intent.latest_charge is None
    assert plain(intent)["next_action"] == {
        "redirect_to_url": {"return_url": BACK, "url": intent.next_action.redirect_to_url.url},
        "type": "redirect_to_url",
    }
    assert intent.id in intent.next_action.redirect_to_url.url
    assert event_types(client) == ["payment_intent.created", "payment_intent.requires_action"]


@pytest.mark.parametrize("params", [{}, {"return_url": BACK, "use_stripe_sdk": True}])
def test_without_a_way_back_the_page_asks_the_owner(confirmed, params):
    intent = confirmed("authenticationRequired", **params)

    action = plain(intent)["next_action"]
    assert intent.status == "requires_action"
    assert action["type"] == "use_stripe_sdk"
    assert action["use_stripe_sdk"]["type"] == "three_d_secure_redirect"
    assert action["use_stripe_sdk"].keys() == {"type", "stripe_js", "source"}


def test_an_absent_owner_cannot_answer(client):
    customer = client.v1.customers.create({}).id
    method = client.v1.payment_methods.retrieve("pm_card_threeDSecure2Required").id

    refused = refusal(
        lambda: client.v1.payment_intents.create(
            payment(3300, customer=customer, payment_method=method, confirm=True, off_session=True)
        )
    )

    intent, used = refused.pop("payment_intent"), refused.pop("payment_method")
    assert refused == {
        "status": 402,
        "type": "card_error",
        "code": "authentication_required",
        "decline_code": "authentication_required",
        "message": "Your card was declined. This transaction requires authentication.",
    }
    assert used["id"] == method
    assert used["card"]["checks"]["cvc_check"] == "unchecked"
    assert intent["status"] == "requires_payment_method"
    assert intent["latest_charge"] is None
    assert intent["last_payment_error"] == {
        "type": "card_error",
        "code": "authentication_required",
        "decline_code": "authentication_required",
        "doc_url": "https://stripe.com/docs/error-codes/authentication-required",
        "message": "Your card was declined. This transaction requires authentication.",
        "payment_method": used,
        "payment_method_type": "card",
    }
    assert client.v1.charges.list({"payment_intent": intent["id"]}).data == []
    assert event_types(client)[-1] == "payment_intent.payment_failed"


def test_a_shop_can_ask_for_an_error_instead(client, confirmed):
    refused = refusal(lambda: confirmed("authenticationRequired", error_on_requires_action=True))

    assert (refused["status"], refused["type"]) == (402, "card_error")
    assert refused["code"] == "authentication_required"
    assert refused["decline_code"] == "authentication_not_handled"
    assert refused["message"] == (
        "This payment required an authentication action to complete, but "
        "`error_on_requires_action` was set. When you're ready, you can upgrade your integration "
        "to handle actions at "
        "https://stripe.com/docs/payments/payment-intents/upgrade-to-handle-actions."
    )
    assert refused["payment_intent"]["status"] == "requires_payment_method"


def test_a_card_that_needs_no_answer_pays_with_that_switch_on(confirmed):
    assert confirmed("visa", error_on_requires_action=True).status == "succeeded"


def test_a_card_already_set_up_pays_while_the_owner_is_away(confirmed):
    card = "authenticationRequiredSetupForOffSession"

    assert confirmed(card).status == "requires_action"
    assert confirmed(card, off_session=True).status == "succeeded"


def test_optional_3d_secure_is_not_asked_for(confirmed):
    assert confirmed("threeDSecureOptional").status == "succeeded"


def test_another_card_can_pay_instead(client, confirmed):
    waiting = confirmed("authenticationRequired")

    done = client.v1.payment_intents.confirm(waiting.id, {"payment_method": "pm_card_visa"})

    assert (done.status, done.next_action) == ("succeeded", None)


def test_a_waiting_payment_can_be_given_up(client, confirmed):
    waiting = confirmed("authenticationRequired")

    canceled = client.v1.payment_intents.cancel(waiting.id)

    assert (canceled.status, canceled.next_action) == ("canceled", None)
