"""`flask --app sample_app events`: what a shopkeeper sees of the inbox, and can do about it."""

import re

import pytest
import sqlalchemy as sa

from sample_app import inbox
from sample_app.models import WebhookEvent
from tests.sample_app.deliveries import event, tell


@pytest.fixture
def run(app):
    def command(*arguments):
        result = app.test_cli_runner().invoke(args=["events", *arguments])
        return result.output

    return command


@pytest.fixture
def change(session):
    """Put an event into a state."""

    def update(event_id, **values):
        session.execute(sa.update(WebhookEvent).where(WebhookEvent.id == event_id).values(**values))
        session.commit()

    return update


def test_the_list_says_how_far_each_event_has_come(client, session, run, change):
    tell(client, event("price.created", id="evt_done"))
    change("evt_done", ignored=None)
    tell(client, event("customer.created", id="evt_ignored"))
    for event_id in ("evt_new", "evt_waits", "evt_dead"):
        inbox.keep(session, event_id, "payment_intent.succeeded", "{}")
    change("evt_waits", attempts=2, last_error="OSError: no network")
    change("evt_dead", attempts=8, due_at=None, last_error="OSError: no network")
    lines = run("list").splitlines()
    assert lines[0].split() == ["EVENT", "TYPE", "CAME", "TRIES", "STATE"]
    states = {line.split()[0]: re.split(r"UTC\s+\d+\s+", line)[1] for line in lines[1:-1]}
    assert states["evt_done"] == "handled"
    assert states["evt_ignored"] == "ignored: The shop has no use for events of this type."
    assert states["evt_new"] == "waits for its first try"
    assert re.fullmatch(r"next try .* UTC: OSError: no network", states["evt_waits"])
    assert states["evt_dead"] == "given up: OSError: no network"
    assert lines[-1] == "5 of 5 events"
    assert len({line.index(" UTC") for line in lines[1:-1]}) == 1


def test_what_waits_or_was_given_up_stands_above_everything_else(client, session, run):
    inbox.keep(session, "evt_waits", "payment_intent.succeeded", "{}")
    inbox.take(session)
    for number in range(5):
        tell(client, event(id=f"evt_{number}"))
    lines = run("list", "--limit", "2").splitlines()
    assert lines[1].startswith("evt_waits")
    assert lines[-1] == "2 of 6 events"


def test_an_empty_inbox_is_a_list_too(run):
    assert run("list").splitlines()[-1] == "0 of 0 events"


def test_without_a_command_events_lists(run):
    assert run().splitlines()[-1] == "0 of 0 events"


def test_work_handles_what_is_due(session, run):
    for number in range(3):
        inbox.keep(session, f"evt_{number}", "price.created", '{"livemode": true}')
    assert run("work", "--once") == "3 tried\n"
    assert run("work", "--once") == ""


def test_replay_handles_an_event_again_and_says_what_came_of_it(client, session, run):
    tell(client, event(id="evt_1"))
    said = run("replay", "evt_1")
    assert said == "evt_1: ignored: The shop has no use for events of this type.\n"
    session.expire_all()
    assert session.get_one(WebhookEvent, "evt_1").attempts == 1


def test_replay_of_an_unknown_event_says_so(run):
    assert run("replay", "evt_none") == "Error: There is no event evt_none.\n"
