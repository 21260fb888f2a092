"""No secret gets into the log, wherever in a line, an argument or a traceback it is."""

import logging
import re
from urllib.parse import quote

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sample_app import create_app
from sample_app.redaction import FILTER, redact

NAME = st.text("abcXYZ0189", min_size=8, max_size=60)
GAPS = st.sampled_from(["", " ", "-", "+", "%20", "  ", "\t", "\u00a0", "–", "%2D"])


def marked(*prefixes):
    """Something secret behind one of Stripe's prefixes."""
    return st.builds("{}_{}".format, st.sampled_from(prefixes), NAME)


CARD_NUMBERS = st.builds(
    lambda digits, gap: gap.join(digits[i : i + 4] for i in range(0, len(digits), 4)),
    st.text("0123456789", min_size=13, max_size=19),
    GAPS,
)
EMAILS = st.emails()
SECRETS = {
    "key": marked("sk_test", "sk_live", "rk_test", "rk_live", "pk_live", "sk_org", "ek_test"),
    "signing secret": marked("whsec"),
    "token": marked("tok", "ctoken", "pm"),
    "client secret": st.builds("pi_1_secret_{}".format, NAME),
    "card number": CARD_NUMBERS,
    "e-mail address": EMAILS,
    "e-mail address in a form": EMAILS.map(quote),
    "e-mail address in the way back": EMAILS.map(quote).map(quote),  # of sign-in: quoted twice
}
# What may stand on either side: of a sentence, of JSON, of a form.
AROUND = st.text(st.characters(exclude_categories=["Cs", "Nd"]), max_size=30)


@pytest.mark.parametrize("kind", SECRETS)
@settings(max_examples=50)
@given(data=st.data(), before=AROUND, after=AROUND)
def test_a_secret_is_redacted_wherever_it_stands(kind, data, before, after):
    secret = data.draw(SECRETS[kind])
    assume(secret[-6:] not in before + after)
    left = redact(f"{before} {secret} {after}")
    assert secret[-6:] not in left, "not even its end"


@settings(max_examples=50)
@given(line=AROUND, secret=SECRETS["token"])
def test_redacting_again_changes_nothing(line, secret):
    once = redact(f"{line}{secret}")
    assert redact(once) == once


@pytest.mark.parametrize(
    "line", ["card[cvc]=123", "card%5Bcvc%5D=1234", '"cvc": "123"', "CVC: 123", "cvv2=123"]
)
def test_a_security_code_is_redacted_by_its_name(line):
    assert not any(digit in redact(line).partition("[cvc]")[2] for digit in "1234")
    assert redact(line).count("[cvc]") >= 1


@pytest.mark.parametrize(
    "line",
    [
        "Stripe: CardError, status 402, code card_declined, decline code insufficient_funds",
        "request req_1A2b3C4d5E6f7G, order ord_sLmmDS5U3pSTKlZvYvWqjA",
        "evt_1A2b3C (payment_intent.succeeded) failed, try 8: given up",
        "2026-11-23 04:39:22 127.0.0.1:12111 took 1250 ms",
        "code token_already_used, cvc_check: pass",
    ],
)
def test_what_support_needs_stays(line):
    assert redact(line) == line


def test_not_even_all_that_the_sdk_says_of_a_sale_gives_anything_away(shopper, app, lines):
    lines.set_level(logging.DEBUG, "stripe")
    shopper.sign_up("ada@example.com")
    shopper.place_order("Desk lamp")
    path, fields = shopper.form("Check out on Stripe's page")
    shopper.client.post(path, data=fields)
    shopper.pay("tok_visa")
    assert "API response body" in lines.text
    assert "card%5Btoken%5D=[token]" in lines.text or "card[token]=[token]" in lines.text
    hidden = ["tok_visa", "ada@", "ada%40", app.config["STRIPE_SECRET_KEY"]]
    assert not [secret for secret in hidden if secret in lines.text]
    assert not re.search(r"_secret_\w", lines.text)


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.DEBUG)
    return caplog


@pytest.fixture(params=["sample_app", "stripe"])
def logger(request):
    create_app({"DATABASE_URL": "sqlite://", "SECRET_KEY": "for-tests"})
    logger = logging.getLogger(request.param)
    before = logger.level
    logger.setLevel(logging.DEBUG)
    yield logger
    logger.setLevel(before)


def test_the_filter_is_on_the_shops_logger_and_on_the_sdks(logger, lines):
    logger.info("charged %s for %s", "tok_visa", "ada@example.com")
    assert lines.messages == ["charged [token] for [e-mail]"]


def test_a_second_shop_adds_no_second_filter(logger):
    create_app({"DATABASE_URL": "sqlite://", "SECRET_KEY": "for-tests"})
    assert logger.filters.count(FILTER) == 1


def test_a_traceback_is_redacted_too(logger, lines):
    try:
        raise ValueError("no customer ada@example.com with 4242 4242 4242 4242")
    except ValueError:
        logger.exception("It failed.")
    assert "ValueError: no customer [e-mail] with [number]" in lines.text
    assert not lines.records[0].exc_info, "a handler could format it anew"


def test_a_line_that_does_not_fit_its_arguments_is_redacted_and_kept(logger, lines):
    logger.info("%d pieces", "tok_visa")
    assert lines.messages == ["%d pieces ('[token]',)"]


def test_a_stack_is_redacted_too(logger, lines):
    logger.info("here is tok_visa", stack_info=True)
    assert "tok_visa" not in lines.text
