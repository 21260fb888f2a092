"""A token stands for a card, once; the card's number never comes back."""

import pytest
import stripe

from local_stripe import PUBLISHABLE_KEY
from local_stripe.transport import InProcess
from tests.local_stripe.money import plain, refusal

CARD = {"number": "4242424242424242", "exp_month": "12", "exp_year": "34", "cvc": "123"}


@pytest.fixture
def page(local):
    """The SDK with the key that a page has."""
    return stripe.StripeClient(PUBLISHABLE_KEY, http_client=InProcess(local))


def test_a_page_exchanges_a_card_for_a_token(page, local):
    token = page.v1.tokens.create({"card": {**CARD, "name": "Jenny", "address_zip": "12345"}})

    shown = plain(token)
    card = shown.pop("card")
    assert shown == {
        "id": token.id,
        "object": "token",
        "client_ip": None,
        "created": local.clock.now(),
        "livemode": False,
        "type": "card",
        "used": False,
    }
    assert card == {
        "id": token.card.id,
        "object": "card",
        "address_city": None,
        "address_country": None,
        "address_line1": None,
        "address_line1_check": None,
        "address_line2": None,
        "address_state": None,
        "address_zip": "12345",
        "address_zip_check": "unchecked",
        "brand": "Visa",
        "country": "US",
        "cvc_check": "unchecked",
        "dynamic_last4": None,
        "exp_month": 12,
        "exp_year": 2034,
        "fingerprint": token.card.fingerprint,
        "funding": "credit",
        "last4": "4242",
        "metadata": {},
        "name": "Jenny",
        "networks": {"preferred": None},
        "regulated_status": "unregulated",
        "tokenization_method": None,
    }
    assert token.id.startswith("tok_")
    assert CARD["number"] not in str(token)


def test_a_server_may_not_send_card_numbers(client):
    assert refusal(lambda: client.v1.tokens.create({"card": CARD})) == {
        "status": 402,
        "type": "invalid_request_error",
        "message": "Sending credit card numbers directly to the Stripe API is generally unsafe. "
        "We suggest you use test tokens that map to the test card you are using, see "
        "https://stripe.com/docs/testing. To enable raw card data APIs in test mode, see "
        "https://support.stripe.com/questions/enabling-access-to-raw-card-data-apis.",
    }


def test_a_server_may_send_card_numbers_where_the_policy_allows_it(client, local):
    local.policies.raw_card_numbers = True

    assert client.v1.tokens.create({"card": CARD}).card.last4 == "4242"


@pytest.mark.parametrize(
    "typed, code, message, param",
    [
        ({"number": "4242424242424241"}, "incorrect_number", "number is incorrect.", "number"),
        ({"number": "42"}, "incorrect_number", "number is incorrect.", "number"),
        ({"number": "abcd"}, "incorrect_number", "number is incorrect.", "number"),
        ({"exp_month": "13"}, "invalid_expiry_month", "expiration month is invalid.", "exp_month"),
        ({"exp_month": "no"}, "invalid_expiry_month", "expiration month is invalid.", "exp_month"),
        ({"exp_year": "25"}, "invalid_expiry_year", "expiration year is invalid.", "exp_year"),
        ({"exp_year": "2090"}, "invalid_expiry_year", "expiration year is invalid.", "exp_year"),
        ({"cvc": "99"}, "invalid_cvc", "security code is invalid.", "cvc"),
        (
            {"number": "378282246310005", "cvc": "123"},
            "invalid_cvc",
            "security code is invalid.",
            "cvc",
        ),
    ],
)
def test_card_details_are_checked_before_a_bank_sees_them(page, typed, code, message, param):
    assert refusal(lambda: page.v1.tokens.create({"card": {**CARD, **typed}})) == {
        "status": 402,
        "type": "card_error",
        "code": code,
        "message": f"Your card's {message}" if param != "number" else f"Your card {message}",
        "param": param,
    }


def test_a_card_expires_at_the_end_of_its_month(page, local):
    this_month = {**CARD, "exp_month": "1", "exp_year": "26"}  # the clock says January 2026
    assert page.v1.tokens.create({"card": this_month}).card.exp_month == 1

    local.advance(31 * 86_400)

    refused = refusal(lambda: page.v1.tokens.create({"card": this_month}))
    assert refused["code"] == "invalid_expiry_month"


def test_a_number_may_be_typed_with_spaces(page):
    typed = {**CARD, "number": "4242 4242 4242 4242"}

    assert page.v1.tokens.create({"card": typed}).card.last4 == "4242"


def test_the_number_of_a_card_that_may_be_real_is_refused_and_forgotten(page, local):
    real = {**CARD, "number": "4111111111111111"}

    assert refusal(lambda: page.v1.tokens.create({"card": real})) == {
        "status": 402,
        "type": "card_error",
        "code": "card_declined",
        "decline_code": "test_mode_live_card",
        "message": "Your card was declined. Your request was in test mode, but used a non test "
        "(live) card. For a list of valid test cards, visit: https://stripe.com/docs/testing.",
    }
    assert list(local.store.select("token")) == []


def test_a_token_says_whether_it_was_used(page, client):
    token = page.v1.tokens.create({"card": CARD}).id
    assert client.v1.tokens.retrieve(token).used is False

    client.v1.payment_methods.create({"type": "card", "card": {"token": token}})

    assert client.v1.tokens.retrieve(token).used is True


def test_a_token_cannot_be_used_twice(page, client):
    token = page.v1.tokens.create({"card": CARD}).id
    use = {"type": "card", "card": {"token": token}}
    client.v1.payment_methods.create(use)

    assert refusal(lambda: client.v1.payment_methods.create(use)) == {
        "status": 400,
        "type": "invalid_request_error",
        "code": "token_already_used",
        "message": f"You cannot use a Stripe token more than once: {token}.",
    }


def test_stripes_own_tokens_can_be_used_again_and_again(client):
    use = {"type": "card", "card": {"token": "tok_visa"}}

    first, second = (client.v1.payment_methods.create(use) for _ in range(2))

    assert first.id != second.id
    assert first.card.fingerprint == second.card.fingerprint


def test_one_of_stripes_own_tokens_is_read_as_a_fresh_token(client):
    token = client.v1.tokens.retrieve("tok_mastercard")

    assert token.id not in ("tok_mastercard", client.v1.tokens.retrieve("tok_mastercard").id)
    assert (token.card.brand, token.card.last4) == ("MasterCard", "4444")
    assert (token.card.exp_month, token.card.exp_year) == (1, 2027)  # a year from the clock's month


def test_an_unknown_token_is_not_found(client):
    assert refusal(lambda: client.v1.tokens.retrieve("tok_nope")) == {
        "status": 404,
        "type": "invalid_request_error",
        "code": "resource_missing",
        "message": "No such token: 'tok_nope'",
        "param": "token",
    }


def test_a_token_needs_a_card(page):
    assert refusal(lambda: page.v1.tokens.create({}))["message"] == "Missing required param: card."


def test_tokens_of_other_things_are_refused_by_name(page):
    assert refusal(lambda: page.v1.tokens.create({"pii": {"id_number": "000000000"}})) == {
        "status": 400,
        "type": "invalid_request_error",
        "message": "The local Stripe does not implement the parameter `pii` here.",
        "param": "pii",
    }


def test_a_page_may_not_read_tokens(page):
    assert refusal(lambda: page.v1.tokens.retrieve("tok_visa"))["status"] == 401
