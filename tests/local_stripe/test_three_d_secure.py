"""Some banks want to hear from the card's owner before they pay."""

import json
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from local_stripe import PUBLISHABLE_KEY, Request
from tests.local_stripe.money import CARD_ONLY, event_types, payment, plain, refusal

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


@pytest.fixture
def page(local):
    """A page with a publishable key: `page("POST", "/v1/…", client_secret=…)`."""

    def page(method, path, **params):
        form = urlencode(params)
        request = Request(
            method=method,
            path=path,
            query=form if method == "GET" else "",
            headers={"authorization": f"Bearer {PUBLISHABLE_KEY}"},
            body=form.encode() if method == "POST" else b"",
        )
        response = local.handle(request)
        return response.status, json.loads(response.body)

    return page


def address_of(intent):
    """Where the bank's page is, and what its address tells it."""
    action = intent.next_action
    where = action.redirect_to_url.url if "redirect_to_url" in action else None
    parts = urlsplit(where or action.use_stripe_sdk["stripe_js"])
    return parts, {name: values[0] for name, values in parse_qs(parts.query).items()}


@pytest.fixture
def answer(page):
    """The owner's answer to the challenge of an intent."""

    def answer(intent, outcome="authenticated", **other):
        params = {
            "client_secret": intent.client_secret,
            "source": address_of(intent)[1]["source"],
            "outcome": outcome,
            **other,
        }
        return page("POST", "/v1/3ds2/challenge_complete", **params)

    return answer


def test_the_banks_page_learns_from_its_address_all_that_it_needs(confirmed):
    intent = confirmed("threeDSecure2Required", return_url=BACK)

    parts, told = address_of(intent)

    assert (parts.path, parts.netloc) == ("/3d_secure_2/hosted", "stripe.invalid")
    assert told.pop("source").startswith("payatt_")
    assert told == {
        "payment_intent": intent.id,
        "payment_intent_client_secret": intent.client_secret,
        "publishable_key": PUBLISHABLE_KEY,
    }


def test_an_owner_who_proves_it_has_paid(client, confirmed, answer):
    intent = confirmed("threeDSecure2Required")

    status, seen = answer(intent)

    assert (status, seen["status"], seen["next_action"]) == (200, "succeeded", None)
    done = client.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    card = plain(done.latest_charge)["payment_method_details"]["card"]
    assert (done.status, done.amount_received) == ("succeeded", 3300)
    assert card["electronic_commerce_indicator"] == "05"
    assert card["three_d_secure"].pop("transaction_id")
    assert card["three_d_secure"] == {
        "authentication_flow": "challenge",
        "electronic_commerce_indicator": "05",
        "exemption_indicator": None,
        "result": "authenticated",
        "result_reason": None,
        "version": "2.2.0",
    }
    assert event_types(client) == [
        "payment_intent.created",
        "payment_intent.requires_action",
        "charge.succeeded",
        "payment_intent.succeeded",
        "charge.updated",
    ]


def test_a_hold_waits_for_its_capture_after_the_challenge(client, confirmed, answer):
    intent = confirmed("threeDSecure2Required", capture_method="manual")

    assert answer(intent)[1]["status"] == "requires_capture"
    assert client.v1.payment_intents.capture(intent.id).amount_received == 3300


def test_an_owner_who_cannot_prove_it_has_not_paid(client, confirmed, answer):
    intent = confirmed("threeDSecure2Required")

    status, seen = answer(intent, "failed")

    assert (status, seen["status"]) == (200, "requires_payment_method")
    failed = plain(client.v1.payment_intents.retrieve(intent.id))
    error = failed["last_payment_error"]
    assert error.pop("payment_method")["id"] == intent.payment_method
    assert error == {
        "code": "payment_intent_authentication_failure",
        "doc_url": "https://stripe.com/docs/error-codes/payment-intent-authentication-failure",
        "message": "We are unable to authenticate your payment method. Please choose a different "
        "payment method and try again.",
        "payment_method_type": "card",
        "type": "invalid_request_error",
    }
    assert (failed["payment_method"], failed["latest_charge"]) == (None, None)
    assert failed["next_action"] is None
    assert event_types(client)[-1] == "payment_intent.payment_failed"


def test_after_a_failed_challenge_another_card_can_pay(client, confirmed, answer):
    intent = confirmed("threeDSecure2Required")
    answer(intent, "failed")

    again = client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})

    assert (again.status, again.last_payment_error) == ("succeeded", None)


@pytest.mark.parametrize(
    "card, code",
    [
        ("threeDSecureRequiredChargeDeclined", "generic_decline"),
        ("authenticationRequiredChargeDeclinedInsufficientFunds", "insufficient_funds"),
    ],
)
def test_a_bank_may_still_say_no_after_the_challenge(client, confirmed, answer, card, code):
    intent = confirmed(card)

    status, seen = answer(intent)

    assert (status, seen["status"]) == (200, "requires_payment_method")
    assert seen["last_payment_error"]["decline_code"] == code
    charge = client.v1.charges.list({"payment_intent": intent.id}).data[0]
    assert charge.status == "failed"
    assert event_types(client)[-2:] == ["charge.failed", "payment_intent.payment_failed"]


def test_a_challenge_is_answered_once(client, confirmed, answer):
    intent = confirmed("threeDSecure2Required")
    answer(intent)

    status, refused = answer(intent, "failed")

    assert status == 400
    assert refused["error"]["message"] == (
        "This challenge is over: the intent has a status of succeeded."
    )
    assert client.v1.payment_intents.retrieve(intent.id).status == "succeeded"


def test_an_older_challenge_ends_with_the_next_one(client, confirmed, answer):
    older = confirmed("threeDSecure2Required")
    params = {"payment_method": "pm_card_threeDSecure2Required"}
    newer = client.v1.payment_intents.confirm(older.id, params)

    status, refused = answer(older)

    assert status == 400
    assert refused["error"]["message"] == "This challenge is over: another one took its place."
    assert answer(newer)[1]["status"] == "succeeded"


def test_a_challenge_is_for_the_amount_that_its_owner_saw(client, confirmed, answer):
    intent = confirmed("threeDSecure2Required")

    dearer = client.v1.payment_intents.update(intent.id, {"amount": 9900})

    assert (dearer.status, dearer.next_action) == ("requires_confirmation", None)
    assert answer(intent)[0] == 400
    again = client.v1.payment_intents.confirm(intent.id)
    assert answer(again)[1]["status"] == "succeeded"


def test_a_note_on_a_payment_does_not_end_its_challenge(client, confirmed, answer):
    intent = confirmed("threeDSecure2Required")

    client.v1.payment_intents.update(intent.id, {"description": "A lamp", "amount": 3300})

    assert answer(intent)[1]["status"] == "succeeded"


def test_a_payment_that_was_given_up_cannot_be_completed(client, confirmed, answer):
    intent = confirmed("threeDSecure2Required")
    client.v1.payment_intents.cancel(intent.id)

    assert answer(intent)[0] == 400
    assert client.v1.payment_intents.retrieve(intent.id).status == "canceled"


@pytest.mark.parametrize("secret", ["pi_nope_secret_nope", "nope", "seti_1_secret_2", ""])
def test_nobody_answers_without_the_client_secret(confirmed, answer, secret):
    assert answer(confirmed("threeDSecure2Required"), client_secret=secret)[0] == 400


def test_nobody_answers_with_another_payments_secret(client, confirmed, answer):
    intent, other = confirmed("threeDSecure2Required"), confirmed("threeDSecure2Required")

    assert answer(intent, client_secret=other.client_secret)[0] == 400
    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_action"
    assert client.v1.payment_intents.retrieve(other.id).status == "requires_action"


def test_a_card_is_saved_once_its_owner_has_proved_it(client, answer):
    customer = client.v1.customers.create({}).id
    method = "pm_card_authenticationRequiredOnSetup"
    intent = client.v1.setup_intents.create(
        {**CARD_ONLY, "customer": customer, "payment_method": method, "confirm": True}
    )
    assert intent.status == "requires_action"

    status, seen = answer(intent)

    assert (status, seen["status"]) == (200, "succeeded")
    saved = client.v1.customers.payment_methods.list(customer).data
    assert [method.id for method in saved] == [intent.payment_method]


def test_a_card_is_not_saved_when_the_challenge_fails(client, answer):
    customer = client.v1.customers.create({}).id
    method = "pm_card_authenticationRequiredOnSetup"
    intent = client.v1.setup_intents.create(
        {**CARD_ONLY, "customer": customer, "payment_method": method, "confirm": True}
    )

    assert answer(intent, "failed")[1]["status"] == "requires_payment_method"

    failed = client.v1.setup_intents.retrieve(intent.id)
    assert failed.last_setup_error.code == "setup_intent_authentication_failure"
    assert client.v1.customers.payment_methods.list(customer).data == []
    assert event_types(client)[-1] == "setup_intent.setup_failed"


# ---- what a page does with a publishable key ----


def test_a_page_confirms_the_payment_whose_secret_it_has(client, page):
    intent = client.v1.payment_intents.create(payment(3300))

    status, seen = page(
        "POST",
        f"/v1/payment_intents/{intent.id}/confirm",
        client_secret=intent.client_secret,
        payment_method="pm_card_visa",
    )

    assert (status, seen["status"], seen["amount"]) == (200, "succeeded", 3300)
    assert seen.keys().isdisjoint({"customer", "metadata", "latest_charge", "amount_received"})


def test_a_page_that_confirms_is_not_asked_where_to_return(client, page):
    intent = client.v1.payment_intents.create({"amount": 3300, "currency": "usd"})

    status, seen = page(
        "POST",
        f"/v1/payment_intents/{intent.id}/confirm",
        client_secret=intent.client_secret,
        payment_method="pm_card_visa",
    )

    assert (status, seen["status"]) == (200, "succeeded")


def test_a_page_sees_no_more_of_a_payment_in_an_error(client, page):
    intent = client.v1.payment_intents.create(payment(3300, metadata={"note": "secret"}))

    status, refused = page(
        "POST",
        f"/v1/payment_intents/{intent.id}/confirm",
        client_secret=intent.client_secret,
        payment_method="pm_card_visa_chargeDeclined",
    )

    assert status == 402
    assert refused["error"]["payment_intent"]["status"] == "requires_payment_method"
    assert "metadata" not in refused["error"]["payment_intent"]


@pytest.mark.parametrize("secret", [{}, {"client_secret": "pi_1_secret_2"}])
def test_a_page_without_the_secret_confirms_nothing(client, page, secret):
    intent = client.v1.payment_intents.create(payment(3300, payment_method="pm_card_visa"))

    status, _ = page("POST", f"/v1/payment_intents/{intent.id}/confirm", **secret)

    assert status == 400
    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_confirmation"


@pytest.mark.parametrize("param", [{"off_session": "true"}, {"capture_method": "manual"}])
def test_a_page_does_not_decide_how_a_payment_is_made(client, page, param):
    intent = client.v1.payment_intents.create(payment(3300, payment_method="pm_card_visa"))

    status, _ = page(
        "POST",
        f"/v1/payment_intents/{intent.id}/confirm",
        client_secret=intent.client_secret,
        **param,
    )

    assert status == 400


@pytest.mark.parametrize("path", ["payment_method.customer", "latest_charge", "customer"])
def test_a_page_does_not_see_whose_card_it_is(client, page, path):
    customer = client.v1.customers.create({"email": "ada@example.com"}).id
    card = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    intent = client.v1.payment_intents.create(payment(3300, customer=customer, payment_method=card))

    secret = {"client_secret": intent.client_secret, "expand[]": path}
    status, refused = page("GET", f"/v1/payment_intents/{intent.id}", **secret)

    assert status == 400
    assert path in refused["error"]["message"]


def test_a_page_confirms_the_setup_of_a_card(client, page):
    intent = client.v1.setup_intents.create(CARD_ONLY)

    status, seen = page(
        "POST",
        f"/v1/setup_intents/{intent.id}/confirm",
        client_secret=intent.client_secret,
        payment_method="pm_card_visa",
    )

    assert (status, seen["status"]) == (200, "succeeded")
    assert "metadata" not in seen
