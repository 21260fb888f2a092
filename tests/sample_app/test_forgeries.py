"""A thousand forged deliveries: none is accepted, none makes the shop fail."""

import json
import time
from collections import Counter
from random import Random

import pytest
import sqlalchemy as sa

from sample_app.models import WebhookEvent
from tests.sample_app.conftest import WEBHOOK_SECRET
from tests.sample_app.deliveries import event, post, signature, tell

FORGERIES = 1_000
REFUSED = {400, 413}

# Each is handed a source of chance, and gives a body and a signature.


def wrong_secret(random):
    payload = body()
    secrets = ["whsec_localWrong", WEBHOOK_SECRET[:-1], WEBHOOK_SECRET.upper(), "sk_test_local"]
    return payload, signature(payload, random.choice(secrets))


def altered_body(random):
    payload = body()
    signed = signature(payload)
    at = random.randrange(len(payload))
    return payload[:at] + bytes([payload[at] ^ 1]) + payload[at + 1 :], signed


def reserialized_body(random):
    payload = body()
    return json.dumps(json.loads(payload), indent=random.choice([0, 1, 2])).encode(), signature(
        payload
    )


def stale(random):
    payload = body()
    return payload, signature(payload, at=time.time() - random.randrange(301, 10**8))


def replayed(random):
    """An old delivery, rightly signed in its day, with today's time written over it."""
    payload = body()
    _, _, proof = signature(payload, at=time.time() - 3600).partition(",")
    return payload, f"t={int(time.time())},{proof}"


def two_timestamps(random):
    payload = body()
    old = signature(payload, at=time.time() - 3600)
    fresh = f"t={int(time.time())}"
    return payload, random.choice([f"{fresh},{old}", f"{old},{fresh}", f"{old},{old},{fresh}"])


def other_scheme(random):
    payload = body()
    scheme = random.choice(["v0", "v2", "V1", " v1", "v1 ", ""])
    return payload, signature(payload).replace("v1=", f"{scheme}=")


def no_signature(random):
    return body(), random.choice([None, "", ",", "=", "t=", "v1=", "t=,v1=", "t=1", "t=1,v1"])


def strange_time(random):
    payload = body()
    _, _, proof = signature(payload).partition(",")
    moments = ["now", "-1", "1e9", "0x10", "9" * 5_000, "１７００００００００", "nan", " "]
    return payload, f"t={random.choice(moments)},{proof}".encode().decode("latin-1")


def unicode(random):
    payload = body()
    proof = random.choice(["é", "ÿ" * 64, "\xa0", "\x85"])
    return payload, f"t={int(time.time())},v1={proof}"


def no_text(random):
    payload = random.randbytes(random.randrange(1, 200)) + b"\xff"
    return payload, f"t={int(time.time())},v1={'0' * 64}"


def huge(random):
    payload = b'{"id":"' + b"x" * random.choice([100_000, 600_000]) + b'"}'
    return payload, f"t={int(time.time())},v1={'0' * 64}"


def many_signatures(random):
    payload = body()
    guesses = ",".join(f"v1={random.randbytes(32).hex()}" for _ in range(100))
    return payload, f"t={int(time.time())},{guesses}"


def deep(random):
    return b"[" * random.randrange(1_000, 50_000), f"t={int(time.time())},v1={'0' * 64}"


KINDS = (
    wrong_secret, altered_body, reserialized_body, stale, replayed, two_timestamps, other_scheme,
    no_signature, strange_time, unicode, no_text, huge, many_signatures, deep,
)  # fmt: skip


def body() -> bytes:
    return json.dumps(event("payment_intent.succeeded", "pi_1")).encode()


@pytest.fixture
def kept(session):
    return lambda: session.scalar(sa.select(sa.func.count()).select_from(WebhookEvent))


# Nothing of them reaches a database: one is enough.
@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_no_forgery_is_accepted_and_none_breaks_the_shop(client, kept):
    random = Random(8)
    answers = Counter()
    for number in range(FORGERIES):
        forge = KINDS[number % len(KINDS)]
        answers[forge.__name__, post(client, *forge(random)).status_code] += 1
    assert {answer for answer in answers if answer[1] not in REFUSED} == set()
    assert kept() == 0


def test_a_true_delivery_that_is_replayed_in_time_adds_nothing(client, kept):
    """Stripe itself repeats deliveries, so a repetition is answered as the first one was."""
    payload = body()
    signed = signature(payload)
    assert [post(client, payload, signed).status_code for _ in range(10)] == [200] * 10
    assert kept() == 1


def test_the_true_delivery_is_accepted_among_the_forged(client, kept):
    post(client, *wrong_secret(Random(1)))
    assert tell(client, event()).status_code == 200
    assert kept() == 1
