"""What a log may show: enough to recognise, nothing to use."""

import pytest

from local_stripe import masking


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("4242424242424242", "…4242"),
        ("4242 4242 4242 4242", "…4242"),
        ("378282 246310-005", "…0005"),
        ("card 4242424242424242 of order 7", "card …4242 of order 7"),
        ("sk_test_abc123 and rk_live_abc123", "sk_test_… and rk_live_…"),
        ("whsec_abc123", "whsec_…"),
        ("pi_3abc_secret_def", "pi_3abc_secret_…"),
        ("order 2026-11-23, 1999 cents, +1 415 555 0100", None),
        ("pi_3vb66iVPmITauVHkOy6vGa2", None),
        ("pm_card_visa tok_visa pk_test_localExample", None),
    ],
)
def test_what_could_be_used_is_hidden_in_a_text(sent, shown):
    assert masking.text(sent) == (shown or sent)


def test_security_codes_and_account_numbers_are_hidden_in_a_form_however_short():
    form = masking.form(
        "card[cvc]=123&us_bank_account[account_number]=000999&card[number]=42&a=123"
    )

    assert form == {
        "card[cvc]": "…",
        "us_bank_account[account_number]": "…",
        "card[number]": "…",
        "a": "123",
    }


def test_a_document_is_hidden_in_to_its_depths():
    sent = b'{"a": [{"cvc": "123", "number": null}], "b": {"text": "4242424242424242"}, "n": 7}'

    assert masking.document(sent) == {
        "a": [{"cvc": "…", "number": None}],
        "b": {"text": "…4242"},
        "n": 7,
    }


def test_a_network_transaction_id_is_no_card():
    sent = b'{"network_transaction_id": "136904434585610"}'

    assert masking.document(sent) == {"network_transaction_id": "136904434585610"}


@pytest.mark.parametrize("sent", [b"\xff\xfe 4242424242424242", b'{"cut": "42424242424242'])
def test_what_is_no_document_is_a_text(sent):
    assert "42424242424242" not in masking.document(sent)
