"""Webhooks: signed, tried again until they arrive, and counted."""

import json
import time

import pytest
import stripe

from local_stripe import SECRET_KEY, LocalStripe
from local_stripe.signing import sign
from local_stripe.transport import InProcess
from local_stripe.webhooks import RETRIES
from tests.local_stripe.money import debited

URL = "http://127.0.0.1:4242/hooks"


class Shop:
    """Keeps the deliveries, and answers with the statuses it was given, then 200."""

    def __init__(self, *answers: int) -> None:
        self.answers = list(answers)
        self.deliveries: list[tuple[str, dict[str, str], bytes]] = []

    def __call__(self, url: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        self.deliveries.append((url, headers, body))
        return (self.answers.pop(0) if self.answers else 200), "thank you"

    def events(self, secret: str) -> list[stripe.Event]:
        """What arrived, verified with the SDK."""
        return [
            stripe.Webhook.construct_event(body, headers["Stripe-Signature"], secret)
            for _, headers, body in self.deliveries
        ]


@pytest.fixture
def endpoint(client):
    return client.v1.webhook_endpoints.create({"url": URL, "enabled_events": ["*"]})


def test_an_event_is_delivered_signed(client, local, endpoint):
    customer = client.v1.customers.create({"name": "Ann"})
    shop = Shop()
    attempts = local.deliver(shop)

    [event] = shop.events(endpoint.secret)
    assert (event.type, event.data.object["id"]) == ("customer.created", customer.id)
    assert [(a.event, a.endpoint, a.url, a.number, a.status, a.body) for a in attempts] == [
        (event.id, endpoint.id, URL, 1, 200, "thank you")
    ]
    assert local.deliver(shop) == []


def test_an_altered_body_does_not_verify(client, local, endpoint):
    client.v1.customers.create({"name": "Ann"})
    shop = Shop()
    local.deliver(shop)
    url, headers, body = shop.deliveries[0]
    shop.deliveries[0] = (url, headers, body.replace(b"Ann", b"Bob"))

    with pytest.raises(stripe.SignatureVerificationError):
        shop.events(endpoint.secret)


def test_a_body_that_is_parsed_and_written_anew_does_not_verify(client, local, endpoint):
    client.v1.customers.create({"name": "Ann"})
    shop = Shop()
    local.deliver(shop)
    url, headers, body = shop.deliveries[0]
    shop.deliveries[0] = (url, headers, json.dumps(json.loads(body)).encode())

    with pytest.raises(stripe.SignatureVerificationError):
        shop.events(endpoint.secret)


def test_a_stale_delivery_does_not_verify(client, local, endpoint):
    client.v1.customers.create({"name": "Ann"})
    shop = Shop()
    local.deliver(shop, wall_clock=lambda: time.time() - 301)

    with pytest.raises(stripe.SignatureVerificationError, match="tolerance"):
        shop.events(endpoint.secret)


def test_a_signature_is_that_of_the_documented_scheme():
    # printf '12345.{"id": "evt_1"}' | openssl dgst -sha256 -hmac whsec_test
    assert sign(b'{"id": "evt_1"}', ["whsec_test"], 12345) == (
        "t=12345,v1=5709ce3055d89d75ae431b8d6f5c6a85dcc15559bf86e928ab660847597391b3"
    )


def test_events_arrive_in_the_order_they_happened(client, local, endpoint):
    customer = client.v1.customers.create({"name": "Ann"})
    client.v1.customers.update(customer.id, {"name": "Bob"})
    client.v1.customers.delete(customer.id)
    shop = Shop()
    local.deliver(shop)

    assert [event.type for event in shop.events(endpoint.secret)] == [
        "customer.created",
        "customer.updated",
        "customer.deleted",
    ]


def test_an_endpoint_gets_what_it_listens_for(client, local):
    listener = client.v1.webhook_endpoints.create(
        {"url": URL, "enabled_events": ["product.created", "customer.deleted"]}
    )
    customer = client.v1.customers.create({})
    client.v1.products.create({"name": "Lamp"})
    client.v1.customers.delete(customer.id)
    shop = Shop()
    local.deliver(shop)

    assert [event.type for event in shop.events(listener.secret)] == [
        "product.created",
        "customer.deleted",
    ]


def test_a_failed_delivery_comes_again_with_the_same_event(client, local, endpoint):
    client.v1.customers.create({"name": "Ann"})
    shop = Shop(500, 302)

    assert [attempt.status for attempt in local.deliver(shop)] == [500]
    assert local.deliver(shop) == []
    local.advance(RETRIES[0])
    assert [attempt.status for attempt in local.deliver(shop)] == [302]
    local.advance(RETRIES[1])
    assert [attempt.status for attempt in local.deliver(shop)] == [200]

    assert len({event.id for event in shop.events(endpoint.secret)}) == 1
    assert [attempt.number for attempt in local.webhooks.attempts] == [1, 2, 3]


def test_stripe_gives_up_in_the_end():
    local = LocalStripe(retries=(1, 2))
    client = stripe.StripeClient(SECRET_KEY, http_client=InProcess(local))
    client.v1.webhook_endpoints.create({"url": URL, "enabled_events": ["*"]})
    client.v1.customers.create({})
    shop = Shop(*[500] * 10)
    for _ in range(10):
        local.deliver(shop)
        local.advance(10)

    assert len(shop.deliveries) == 3
    assert client.v1.events.list().data[0].pending_webhooks == 1


def test_an_event_counts_the_endpoints_that_did_not_hear_of_it_yet(client, local):
    for path in ("a", "b"):
        client.v1.webhook_endpoints.create({"url": f"{URL}/{path}", "enabled_events": ["*"]})
    client.v1.customers.create({})

    def pending():
        return client.v1.events.list().data[0].pending_webhooks

    assert pending() == 2
    local.deliver(Shop(200, 500))
    assert pending() == 1
    local.advance(RETRIES[0])
    local.deliver(Shop())
    assert pending() == 0


def test_events_are_found_by_whether_they_were_delivered(client, local, endpoint):
    client.v1.customers.create({})
    local.deliver(Shop())
    client.v1.products.create({"name": "Lamp"})

    def types(success):
        return [e.type for e in client.v1.events.list({"delivery_success": success}).data]

    assert (types(True), types(False)) == (["customer.created"], ["product.created"])


def test_a_request_that_fails_announces_nothing(ask, local, endpoint):
    assert ask("POST", "/v1/customers", {"expand[]": "nonsense"}).status == 400

    assert local.deliver(Shop()) == []


def test_what_a_shop_does_on_a_delivery_is_delivered_next_time(client, local, endpoint):
    client.v1.products.create({"name": "Lamp"})

    def shop_that_acts(url, headers, body):
        client.v1.customers.create({})
        return 200, ""

    assert len(local.deliver(shop_that_acts)) == 1
    assert len(local.deliver(Shop())) == 1


def test_a_delivery_that_could_not_be_sent_stays_due(client, local, endpoint):
    client.v1.customers.create({})
    client.v1.customers.create({})

    def broken(url, headers, body):
        raise ConnectionError

    with pytest.raises(ConnectionError):
        local.deliver(broken)

    assert len(local.deliver(Shop())) == 2


@pytest.mark.parametrize("silence", ["delete", "disable"])
def test_an_endpoint_that_listens_no_more_gets_nothing_more(client, local, endpoint, silence):
    client.v1.customers.create({})
    if silence == "delete":
        client.v1.webhook_endpoints.delete(endpoint.id)
    else:
        client.v1.webhook_endpoints.update(endpoint.id, {"disabled": True})
    client.v1.customers.create({})

    assert local.deliver(Shop()) == []
    assert {event.pending_webhooks for event in client.v1.events.list().data} == {0}


def test_the_signing_secret_is_shown_once(client, endpoint):
    assert endpoint.secret.startswith("whsec_")
    assert "secret" not in client.v1.webhook_endpoints.retrieve(endpoint.id)
    assert "secret" not in client.v1.webhook_endpoints.list().data[0]


def test_an_endpoint_can_move_and_listen_for_other_events(client, local, endpoint):
    changed = client.v1.webhook_endpoints.update(
        endpoint.id,
        {"url": f"{URL}/new", "enabled_events": ["product.created"], "description": "shop"},
    )
    client.v1.customers.create({})
    client.v1.products.create({"name": "Lamp"})
    shop = Shop()
    local.deliver(shop)

    assert (changed.status, changed.description) == ("enabled", "shop")
    assert [url for url, _, _ in shop.deliveries] == [f"{URL}/new"]


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"enabled_events[]": "*"}, "url"),
        ({"url": URL}, "enabled_events"),
        ({"url": "ftp://shop", "enabled_events[]": "*"}, "url"),
        ({"url": "http://[", "enabled_events[]": "*"}, "url"),
        ({"url": URL, "enabled_events[]": "order.baked"}, "enabled_events[0]"),
        ({"url": URL, "enabled_events[]": "*", "connect": "true"}, "connect"),
    ],
)
def test_an_endpoint_needs_an_address_and_events(ask, params, param):
    answer = ask("POST", "/v1/webhook_endpoints", params)

    assert (answer.status, answer.error["param"]) == (400, param)


def test_a_deleted_endpoint_is_gone(ask, client, endpoint):
    client.v1.webhook_endpoints.delete(endpoint.id)

    answer = ask("GET", f"/v1/webhook_endpoints/{endpoint.id}")
    assert (answer.status, answer.error["code"]) == (404, "resource_missing")
    assert client.v1.webhook_endpoints.list().data == []


def test_an_endpoint_of_another_api_version_is_refused_by_name(ask):
    params = {"url": URL, "enabled_events[]": "*", "api_version": "2024-06-20"}

    answer = ask("POST", "/v1/webhook_endpoints", params)

    assert (answer.status, answer.error["param"]) == (400, "api_version")
    assert "2024-06-20" in answer.error["message"]


def test_events_are_in_the_version_that_the_endpoint_asks_for(client, local):
    version = stripe.api_version
    listener = client.v1.webhook_endpoints.create(
        {"url": URL, "enabled_events": ["*"], "api_version": version}
    )
    client.v1.customers.create({})
    shop = Shop()
    local.deliver(shop)

    assert [event.api_version for event in shop.events(listener.secret)] == [version]


def test_both_secrets_sign_while_one_is_rolled(client, local, endpoint):
    new = local.webhooks.roll_secret(endpoint.id, grace=3600)
    client.v1.customers.create({})
    shop = Shop()
    local.deliver(shop)

    assert new != endpoint.secret
    assert shop.deliveries[0][1]["Stripe-Signature"].count("v1=") == 2
    assert shop.events(new) == shop.events(endpoint.secret)


def test_the_old_secret_signs_until_its_grace_is_over(client, local, endpoint):
    new = local.webhooks.roll_secret(endpoint.id, grace=3600)
    local.advance(3600)
    client.v1.customers.create({})
    shop = Shop()
    local.deliver(shop)

    assert len(shop.events(new)) == 1
    with pytest.raises(stripe.SignatureVerificationError):
        shop.events(endpoint.secret)


def test_a_secret_rolled_for_good_signs_no_more(client, local, endpoint):
    local.webhooks.roll_secret(endpoint.id, grace=3600)
    newest = local.webhooks.roll_secret(endpoint.id)
    client.v1.customers.create({})
    shop = Shop()
    local.deliver(shop)

    assert len(shop.events(newest)) == 1
    assert shop.deliveries[0][1]["Stripe-Signature"].count("v1=") == 1


@pytest.mark.parametrize("grace", [-1, 24 * 3600 + 1])
def test_an_old_secret_signs_for_a_day_at_most(local, endpoint, grace):
    with pytest.raises(ValueError, match="86400 seconds"):
        local.webhooks.roll_secret(endpoint.id, grace)


def test_an_event_is_resent_as_it_was(client, local, endpoint):
    client.v1.customers.create({"name": "Ann"})
    shop = Shop()
    [first] = local.deliver(shop)
    local.webhooks.resend(first.event, endpoint.id)
    [second] = local.deliver(shop)

    assert (first.manual, second.manual) == (False, True)
    assert len({event.id for event in shop.events(endpoint.secret)}) == 1
    assert client.v1.events.retrieve(first.event).pending_webhooks == 0


def test_a_resend_that_arrives_ends_the_wait_and_not_the_retries(client, local, endpoint):
    client.v1.customers.create({})
    [failed] = local.deliver(Shop(500))
    local.webhooks.resend(failed.event, endpoint.id)
    local.deliver(Shop())

    assert client.v1.events.retrieve(failed.event).pending_webhooks == 0
    local.advance(RETRIES[0])
    assert [attempt.number for attempt in local.deliver(Shop())] == [2]
    assert client.v1.events.retrieve(failed.event).pending_webhooks == 0


def test_a_resend_that_fails_is_not_tried_again(client, local, endpoint):
    client.v1.customers.create({})
    [arrived] = local.deliver(Shop())
    local.webhooks.resend(arrived.event, endpoint.id)
    local.deliver(Shop(500))

    assert local.webhooks.upcoming() == []


def test_an_event_is_resent_over_the_api(ask, client, local, endpoint):
    client.v1.customers.create({})
    [first] = local.deliver(Shop())

    answer = ask("POST", f"/v1/events/{first.event}/retry", {"webhook_endpoint": endpoint.id})

    assert (answer.status, answer.body["id"]) == (200, first.event)
    assert [attempt.event for attempt in local.deliver(Shop())] == [first.event]


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({}, "webhook_endpoint"),
        ({"webhook_endpoint": "we_nope"}, "webhook_endpoint"),
        ({"account": "acct_1"}, "account"),
        ({"nonsense": "1"}, "nonsense"),
    ],
)
def test_a_resend_names_an_endpoint(ask, client, local, endpoint, params, param):
    client.v1.customers.create({})
    event = client.v1.events.list().data[0].id

    answer = ask("POST", f"/v1/events/{event}/retry", params)

    assert (answer.status, answer.error["param"]) == (400, param)
    assert len(local.webhooks.upcoming()) == 1


def test_nothing_is_resent_to_an_endpoint_that_is_disabled(ask, client, local, endpoint):
    client.v1.customers.create({})
    event = client.v1.events.list().data[0].id
    client.v1.webhook_endpoints.update(endpoint.id, {"disabled": True})

    answer = ask("POST", f"/v1/events/{event}/retry", {"webhook_endpoint": endpoint.id})

    assert (answer.status, "disabled" in answer.error["message"]) == (400, True)


def test_what_happens_by_itself_is_due_when_its_time_has_come(client, local, endpoint):
    debited(client)
    local.deliver(Shop())
    assert local.due() == []

    local.clock.advance(10 * 24 * 3600)

    assert local.due() == [endpoint.id]


def test_what_is_queued_says_when_it_is_due(client, local, endpoint):
    client.v1.customers.create({})
    local.deliver(Shop(500))

    [retry] = local.webhooks.upcoming()

    assert (retry.endpoint, retry.type, retry.number) == (endpoint.id, "customer.created", 2)
    assert retry.due == local.clock.now() + RETRIES[0]


def history(client):
    """A customer is created, changed and deleted."""
    customer = client.v1.customers.create({"name": "Ann"})
    client.v1.customers.update(customer.id, {"name": "Bob"})
    client.v1.customers.delete(customer.id)


def test_a_duplicated_delivery_arrives_twice(client, local, endpoint):
    local.webhooks.inject("duplicate", "customer.updated")
    history(client)
    shop = Shop()
    attempts = local.deliver(shop)

    assert [event.type for event in shop.events(endpoint.secret)] == [
        "customer.created",
        "customer.updated",
        "customer.updated",
        "customer.deleted",
    ]
    assert [attempt.fault for attempt in attempts] == [None, "duplicate", "duplicate", None]
    assert attempts[1].event == attempts[2].event


def test_a_copy_that_fails_is_not_tried_again(client, local, endpoint):
    local.webhooks.inject("duplicate")
    client.v1.customers.create({})
    local.deliver(Shop(200, 500))

    assert local.webhooks.upcoming() == []
    assert client.v1.events.list().data[0].pending_webhooks == 0


def test_a_reordered_delivery_is_overtaken(client, local, endpoint):
    local.webhooks.inject("reorder", "customer.created")
    history(client)
    shop = Shop()
    local.deliver(shop)

    assert [event.type for event in shop.events(endpoint.secret)] == [
        "customer.updated",
        "customer.created",
        "customer.deleted",
    ]


def test_a_reordered_delivery_waits_for_the_one_that_overtakes_it(client, local, endpoint):
    local.webhooks.inject("reorder")
    client.v1.customers.create({})
    shop = Shop()

    assert local.deliver(shop) == []
    assert [waiting.fault for waiting in local.webhooks.upcoming()] == ["reorder"]
    client.v1.products.create({"name": "Lamp"})
    local.deliver(shop)
    assert [event.type for event in shop.events(endpoint.secret)] == [
        "product.created",
        "customer.created",
    ]


def test_a_delayed_delivery_arrives_later(client, local, endpoint):
    local.webhooks.inject("delay", seconds=3600)
    client.v1.customers.create({})

    assert local.deliver(Shop()) == []
    local.advance(3599)
    assert local.deliver(Shop()) == []
    local.advance(1)
    assert [(a.status, a.number, a.fault) for a in local.deliver(Shop())] == [(200, 1, "delay")]


def test_a_dropped_delivery_never_reaches_the_shop_and_is_tried_again(client, local, endpoint):
    local.webhooks.inject("drop")
    client.v1.customers.create({})
    shop = Shop()

    assert [(a.status, a.fault) for a in local.deliver(shop)] == [(0, "drop")]
    assert shop.deliveries == []
    local.advance(RETRIES[0])
    assert [(a.status, a.number) for a in local.deliver(shop)] == [(200, 2)]


def test_a_badly_signed_delivery_does_not_verify_and_the_next_does(client, local, endpoint):
    local.webhooks.inject("bad_signature")
    client.v1.customers.create({})
    shop = Shop(400)
    local.deliver(shop)

    with pytest.raises(stripe.SignatureVerificationError, match="matching"):
        shop.events(endpoint.secret)
    local.advance(RETRIES[0])
    shop.deliveries.clear()
    local.deliver(shop)
    assert len(shop.events(endpoint.secret)) == 1


def test_a_fault_waits_for_the_event_that_it_names_and_strikes_once(client, local, endpoint):
    local.webhooks.inject("drop", "product.*")
    client.v1.customers.create({})
    local.deliver(Shop())
    assert [fault.type for fault in local.webhooks.faults] == ["product.*"]

    client.v1.products.create({"name": "Lamp"})
    client.v1.products.create({"name": "Lamp"})

    assert [attempt.status for attempt in local.deliver(Shop())] == [0, 200]
    assert local.webhooks.faults == []


def test_a_fault_that_was_called_off_strikes_nothing(client, local, endpoint):
    local.webhooks.inject("drop")
    local.webhooks.faults.clear()
    client.v1.customers.create({})

    assert [attempt.status for attempt in local.deliver(Shop())] == [200]


@pytest.mark.parametrize("fault", [("explode",), ("delay", "*", -1)])
def test_there_are_no_other_faults(local, fault):
    with pytest.raises(ValueError, match=r"none of the faults|early"):
        local.webhooks.inject(*fault)
