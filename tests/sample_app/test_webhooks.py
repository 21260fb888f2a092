"""The endpoint: what Stripe signed is kept, once, before it is answered; nothing else is."""

import json
import time

import pytest
import sqlalchemy as sa

from sample_app.models import WebhookEvent
from tests.sample_app.conftest import WEBHOOK_SECRET
from tests.sample_app.deliveries import PATH, event, post, signature, tell


def kept(session):
    session.expire_all()
    return session.scalars(sa.select(WebhookEvent)).all()


@pytest.fixture
def secrets(app, monkeypatch):
    """Give the endpoint other secrets."""
    return lambda *secrets: monkeypatch.setitem(app.config, "STRIPE_WEBHOOK_SECRETS", secrets)


def test_a_signed_event_is_kept_as_it_came(client, session):
    payload = json.dumps(event("price.created", id="evt_8"), indent=3).encode()
    response = post(client, payload, signature(payload))
    assert (response.status_code, response.json) == (200, {"received": "evt_8"})
    [row] = kept(session)
    assert (row.id, row.type, row.payload) == ("evt_8", "price.created", payload.decode())


def test_an_event_that_comes_twice_is_kept_once_and_taken_twice(client, session):
    news = event()
    assert [tell(client, news).status_code for _ in range(2)] == [200, 200]
    assert len(kept(session)) == 1


def test_the_answer_comes_before_the_work(client, session):
    payload = json.dumps(event()).encode()
    response = client.post(PATH, data=payload, headers={"Stripe-Signature": signature(payload)})
    assert (response.status_code, kept(session)[0].handled_at) == (200, None)
    response.close()  # as a server does when the answer was sent
    assert kept(session)[0].handled_at


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b'{"object": "v2.core.event"}', b"{}"])
def test_a_signed_body_that_is_no_event_is_refused(client, session, body):
    assert post(client, body, signature(body)).status_code == 400
    assert kept(session) == []


@pytest.mark.parametrize(
    "poison", ["", "evt_\0", "evt_\ud800", "evt_" + "x" * 252, "evt_1\n"], ids=ascii
)
@pytest.mark.parametrize("name", ["id", "type"])
def test_what_the_inbox_has_no_room_for_is_no_event(client, session, name, poison):
    assert tell(client, event(**{name: poison})).status_code == 400
    assert kept(session) == []


@pytest.mark.parametrize("body", [b"[" * 100_000, b"\xef\xbb\xbf" + json.dumps(event()).encode()])
def test_what_no_handler_could_read_is_no_event(client, session, body):
    assert post(client, body, signature(body)).status_code == 400
    assert kept(session) == []


def test_two_secrets_are_good_while_one_rolls(client, session, secrets):
    secrets("whsec_localOld", "whsec_localNew")
    payload = json.dumps(event()).encode()
    for secret in ("whsec_localOld", "whsec_localNew"):
        assert post(client, payload, signature(payload, secret)).status_code == 200


def test_stripe_signs_with_both_secrets_while_one_rolls(client, session, secrets):
    """A shop that knows one of the two takes the event."""
    secrets("whsec_localNew")
    payload = json.dumps(event()).encode()
    now = time.time()
    old, new = (signature(payload, f"whsec_local{which}", now) for which in ("Old", "New"))
    assert post(client, payload, f"{old},{new.partition(',')[2]}").status_code == 200


@pytest.mark.parametrize("age", [0, 290])
def test_a_signature_is_good_for_five_minutes(client, age):
    payload = json.dumps(event()).encode()
    assert post(client, payload, signature(payload, at=time.time() - age)).status_code == 200


def test_an_endpoint_without_a_secret_asks_stripe_to_come_back(client, session, secrets):
    secrets()
    response = tell(client, event())
    assert (response.status_code, response.headers["Retry-After"]) == (503, "60")
    assert kept(session) == []


def test_an_event_as_large_as_they_get_is_kept(client, session):
    news = event(data={"object": {"id": "cus_1", "description": "x" * 400_000}})
    assert tell(client, news).status_code == 200
    assert len(kept(session)[0].payload) > 400_000


def test_what_is_larger_than_any_event_is_not_read(client, session):
    payload = b'{"id": "' + b"x" * 600_000 + b'"}'
    assert post(client, payload, signature(payload)).status_code == 413
    assert kept(session) == []


def test_a_refusal_is_json_and_says_nothing_of_the_reason(client):
    response = post(client, b"{}", "t=1,v1=0")
    assert response.json == {
        "code": 400,
        "status": "Bad Request",
        "message": "This is no event that Stripe signed just now.",
    }


def test_the_reason_of_a_refusal_is_in_the_log(client, caplog):
    payload = json.dumps(event()).encode()
    post(client, payload, signature(payload, at=1_000))
    assert "Timestamp outside the tolerance zone" in caplog.text
    assert WEBHOOK_SECRET not in caplog.text


def test_only_post_is_answered(client):
    assert client.get(PATH).status_code == 405
