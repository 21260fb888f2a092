"""The inbox: an event is handled, or tried again ever later, or given up where somebody sees it."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from sample_app import inbox
from sample_app.database import db
from sample_app.models import WebhookEvent, now
from sample_app.orders import place_order
from sample_app.payments import open_payment
from tests.sample_app.conftest import build, close
from tests.sample_app.deliveries import event, tell

NEWS = event("payment_intent.succeeded", "pi_1")


@pytest.fixture
def row(session):
    """The event as the inbox has it."""

    def look():
        session.expire_all()
        return session.get_one(WebhookEvent, NEWS["id"])

    return look


@pytest.fixture
def try_in_vain(app, local, session):
    """Come back when the event is due, and find Stripe out of reach."""

    def work():
        come_due(session)
        local.faults.inject("timeout", "*/pi_1")
        with app.app_context():
            return inbox.work()

    return work


def come_due(session):
    """The time of every waiting event has come, as far as the inbox can tell."""
    waiting = sa.update(WebhookEvent).where(WebhookEvent.due_at.is_not(None))
    session.execute(waiting.values(due_at=now()))
    session.commit()


def test_what_fails_is_kept_for_another_try(app, client, local, session, row):
    local.faults.inject("timeout", "*/pi_1")
    assert tell(client, NEWS).status_code == 200
    assert (row().handled_at, row().attempts) == (None, 1)
    assert row().last_error.startswith("APIConnectionError: ")
    come_due(session)
    tell(client, event())  # the next webhook has the inbox worked through
    assert row().handled_at
    assert (row().attempts, row().last_error, row().due_at) == (2, None, None)


def test_a_failure_is_in_the_log_with_its_event(client, local, caplog):
    local.faults.inject("timeout", "*/pi_1")
    tell(client, NEWS)
    assert f"{NEWS['id']} (payment_intent.succeeded) failed, try 1: next try later" in caplog.text


def test_an_answer_that_cannot_be_read_gives_nothing_away(app, client, local, session, caplog):
    with app.app_context():
        order = place_order(db.session, [1])
        secret = open_payment(db.session, app.extensions["stripe"], order)
        about = order.payment_intent_id
    local.faults.inject("malformed_json", f"*/{about}")
    tell(client, event("payment_intent.succeeded", about))
    told = session.scalars(sa.select(WebhookEvent.last_error)).one()
    assert told.startswith("APIError: Invalid response body from API")
    assert "_secret_[secret]" in caplog.text
    assert secret not in told + caplog.text


def test_each_try_comes_later_than_the_one_before(session, row):
    inbox.keep(session, NEWS["id"], NEWS["type"], "{}")
    waits = []
    for _ in inbox.RETRIES:
        come_due(session)
        taken = inbox.take(session)
        waits.append(row().due_at - now())
        assert taken.id == NEWS["id"]
    rounded = [timedelta(seconds=round(wait.total_seconds())) for wait in waits]
    assert rounded == list(inbox.RETRIES) == sorted(inbox.RETRIES)


def test_after_the_last_try_an_event_is_given_up(client, session, row, try_in_vain, caplog):
    inbox.keep(session, NEWS["id"], NEWS["type"], json.dumps(NEWS))
    tries = [try_in_vain() for _ in range(len(inbox.RETRIES) + 3)]
    assert tries == [1] * (len(inbox.RETRIES) + 1) + [0, 0]
    assert (row().handled_at, row().due_at) == (None, None)
    assert "APIConnectionError" in row().last_error
    assert "failed, try 8: given up" in caplog.text


def test_a_worker_that_died_leaves_an_event_that_comes_due_by_itself(session, row):
    inbox.keep(session, NEWS["id"], NEWS["type"], "{}")
    assert inbox.take(session).id == NEWS["id"]
    assert inbox.take(session) is None  # whoever took it may be at work on it
    come_due(session)
    assert inbox.take(session).id == NEWS["id"]


def test_a_replayed_event_starts_over(client, session, row):
    tell(client, NEWS)
    assert row().ignored
    inbox.replay(session, NEWS["id"])
    assert (row().attempts, row().handled_at, row().ignored) == (0, None, None)
    assert inbox.take(session).id == NEWS["id"]


def test_nothing_is_replayed_that_never_came(session):
    with pytest.raises(inbox.EventNotFound, match="no event evt_none"):
        inbox.replay(session, "evt_none")


def test_the_event_that_waits_for_longest_goes_first(session):
    for number in range(5):
        inbox.keep(session, f"evt_{number}", "price.created", "{}")
    assert [inbox.take(session).id for _ in range(5)] == [f"evt_{number}" for number in range(5)]


def test_several_workers_share_the_events(database_url):
    app = build(database_url)
    ids = {f"evt_{number}" for number in range(60)}
    together = threading.Barrier(3, timeout=10)

    def take_all():
        taken = []
        with app.app_context():
            together.wait()
            while found := inbox.take(db.session):
                taken.append(found.id)
        return taken

    with app.app_context():
        for event_id in ids:
            inbox.keep(db.session, event_id, "price.created", "{}")
    with ThreadPoolExecutor(3) as workers:
        futures = [workers.submit(take_all) for _ in range(3)]
    taken = [event_id for future in futures for event_id in future.result()]
    close(app)
    assert sorted(taken) == sorted(ids)


def test_one_delivery_at_the_same_moment_as_another_is_kept_once(database_url):
    app = build(database_url)
    together = threading.Barrier(4, timeout=10)

    def keep():
        with app.app_context():
            together.wait()
            return inbox.keep(db.session, "evt_1", "price.created", "{}")

    with ThreadPoolExecutor(4) as deliveries:
        futures = [deliveries.submit(keep) for _ in range(4)]
    assert sorted(future.result() for future in futures) == [False, False, False, True]
    close(app)
