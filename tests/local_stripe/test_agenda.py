"""What is due at a time happens at that time, in order, once."""

import pytest

from local_stripe import LocalStripe
from local_stripe.agenda import Agenda
from tests.local_stripe.money import event_types

DAY = 86_400


@pytest.fixture
def plan(local):
    """Put a note on the agenda: in so many seconds, the customer of this name is made."""

    def make(call, name):
        customer = {"id": name, "object": "customer", "created": call.clock.now()}
        call.store.put(customer)
        call.events.emit("customer.created", customer)

    def plan(seconds, name, action=make):
        local.agenda.add(local.clock.now() + seconds, action, name)
        local.agenda.commit()

    return plan


def made(local):
    """When each customer was made, in seconds since the start; oldest first."""
    customers = reversed(list(local.store.select("customer")))
    return [(customer["id"], customer["created"] - 1_767_225_600) for customer in customers]


def test_work_is_done_when_its_time_has_come(local, plan):
    plan(DAY, "cus_ann")

    local.advance(DAY - 1)
    assert made(local) == []

    local.advance(1)
    assert made(local) == [("cus_ann", DAY)]


def test_what_comes_late_is_dated_when_it_was_due(local, client, plan):
    plan(2 * DAY, "cus_bob")
    plan(DAY, "cus_ann")

    local.advance(30 * DAY)

    assert made(local) == [("cus_ann", DAY), ("cus_bob", 2 * DAY)]
    events = client.v1.events.list({}).data
    assert [event.created - 1_767_225_600 for event in events] == [2 * DAY, DAY]
    assert local.clock.now() - 1_767_225_600 == 30 * DAY


def test_of_two_that_are_due_at_once_the_first_goes_first(local, plan):
    plan(60, "cus_ann")
    plan(60, "cus_bob")

    local.advance(60)

    assert made(local) == [("cus_ann", 60), ("cus_bob", 60)]


def test_work_may_lead_to_more_work_that_is_due_by_now(local, plan):
    def again(call, name):
        call.agenda.add(call.clock.now() + DAY, lambda call, id: call.store.put(at(call, id)), name)

    def at(call, id):
        return {"id": id, "object": "customer", "created": call.clock.now()}

    plan(DAY, "cus_ann", again)
    local.advance(10 * DAY)

    assert made(local) == [("cus_ann", 2 * DAY)]


def test_events_that_nobody_asked_for_name_no_request(local, client, plan):
    plan(60, "cus_ann")

    local.advance(60)

    request = client.v1.events.list({}).data[0].request
    assert (request.id, request.idempotency_key) == (None, None)


def test_a_clock_that_was_moved_behind_its_back_is_noticed_with_the_next_request(
    local, client, plan
):
    plan(60, "cus_ann")
    local.clock.advance(60)

    assert event_types(client) == ["customer.created"]


def test_webhooks_of_what_was_due_are_delivered(local, client, plan):
    client.v1.webhook_endpoints.create({"url": "http://127.0.0.1/", "enabled_events": ["*"]})
    plan(60, "cus_ann")
    local.clock.advance(60)

    attempts = local.deliver(lambda *_: (200, ""))

    assert [attempt.status for attempt in attempts] == [200]


def test_what_a_refused_request_planned_does_not_happen():
    agenda = Agenda()

    agenda.add(0, lambda call, id: None, "pi_1")
    agenda.rollback()
    agenda.commit()

    assert agenda.take(10) is None


def test_work_that_fails_is_undone_and_not_tried_again():
    local = LocalStripe()

    def fail(call, id):
        call.store.put({"id": id, "object": "customer"})
        raise ZeroDivisionError

    local.agenda.add(local.clock.now() + 60, fail, "cus_ann")
    local.agenda.commit()

    with pytest.raises(ZeroDivisionError):
        local.advance(60)
    local.advance(60)
    assert made(local) == []
