"""Stripe's CLI as the local Stripe sees it: sessions, and what is said over their connections."""

import json
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
import stripe
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import connect

from local_stripe import SECRET_KEY, LocalStripe
from local_stripe.server import start
from local_stripe.transport import InProcess

SESSIONS = "/v1/stripecli/sessions"
EVENTS = {"device_name": "desk", "websocket_features[]": "webhooks"}
REQUESTS = {"device_name": "desk", "websocket_features[]": "request_logs"}
URL = "http://127.0.0.1:4242/hooks"


def answered(event: str, status: int) -> dict[str, object]:
    """The message of a CLI that forwarded an event, and was answered so."""
    return {
        "type": "webhook_response",
        "notification_id": event,
        "forward_url": URL,
        "status": status,
        "body": "thank you",
    }


class CLI:
    """Keeps what it is told; answers as Stripe's CLI does."""

    def __init__(self, local: LocalStripe, id: str) -> None:
        self.local = local
        self.told: list[dict] = []
        self.carry = lambda text: self.told.append(json.loads(text))
        self.session = local.listeners.connect(id, self.carry)

    def hang_up(self) -> None:
        self.local.listeners.disconnect(self.session, self.carry)

    def events(self) -> list[dict]:
        """The events that it was told of, one message a piece."""
        return [
            json.loads(message["event_payload"])
            for message in self.told
            if message["endpoint"]["api_version"] is None
        ]

    def acknowledge(self, event: str) -> None:
        self.say({"type": "event_ack", "event_id": event})

    def answer(self, event: str, status: int) -> None:
        """What a shop answered."""
        self.say(answered(event, status))

    def say(self, message: object) -> None:
        self.local.listeners.hear(self.session, json.dumps(message))


@pytest.fixture
def listening(ask, local):
    return CLI(local, ask("POST", SESSIONS, EVENTS).body["websocket_id"])


def pending(client):
    return client.v1.events.list().data[0].pending_webhooks


def test_a_session_says_where_to_connect_and_what_will_sign(ask, local):
    local.origin = "http://127.0.0.1:12111"
    session = ask("POST", SESSIONS, EVENTS).body

    assert session["websocket_url"] == f"ws://127.0.0.1:12111/stripecli/{session['websocket_id']}"
    assert session["websocket_authorized_feature"] == "webhooks"
    assert session["default_version"] == session["latest_version"] == stripe.api_version


def test_the_clis_secret_is_the_same_at_every_start():
    secrets = [LocalStripe(seed=seed).listeners.secret for seed in (1, 1, 2)]

    assert secrets[0] == secrets[1] != secrets[2]


def test_a_cli_is_told_of_an_event_signed(ask, client, local, listening):
    customer = client.v1.customers.create({"name": "Ann"})

    message = listening.told[0]
    event = stripe.Webhook.construct_event(
        message["event_payload"],
        message["http_headers"]["Stripe-Signature"],
        local.listeners.secret,
    )
    assert (event.type, event.data.object["id"]) == ("customer.created", customer.id)


def test_a_cli_may_want_the_accounts_version_or_the_latest(client, listening):
    client.v1.customers.create({})

    versions = [message["endpoint"]["api_version"] for message in listening.told]
    assert versions == [None, stripe.api_version]


def test_an_event_is_pending_until_the_cli_has_it(client, listening):
    client.v1.customers.create({})
    assert pending(client) == 1
    [event] = listening.events()
    listening.acknowledge(event["id"])
    listening.acknowledge(event["id"])

    assert pending(client) == 0


def test_what_the_shop_answers_the_cli_is_an_attempt(client, local, listening):
    client.v1.customers.create({})
    [event] = listening.events()
    listening.answer(event["id"], 500)

    [attempt] = local.webhooks.attempts
    assert (attempt.event, attempt.endpoint) == (event["id"], listening.session.id)
    assert (attempt.url, attempt.status, attempt.body) == (URL, 500, "thank you")
    assert attempt.duration >= 0


def test_an_event_is_told_again_on_demand(ask, client, listening):
    client.v1.customers.create({})
    [event] = listening.events()
    listening.acknowledge(event["id"])

    answer = ask("POST", f"/v1/events/{event['id']}/retry", {"for_stripecli": "true"})

    assert (answer.status, answer.body["id"]) == (200, event["id"])
    assert [told["id"] for told in listening.events()] == [event["id"]] * 2
    assert pending(client) == 0


def test_a_request_that_fails_is_told_of_nothing(ask, listening):
    assert ask("POST", "/v1/customers", {"expand[]": "nonsense"}).status == 400

    assert listening.told == []


def test_a_cli_that_hung_up_is_told_nothing_and_nothing_waits_for_it(client, listening):
    client.v1.customers.create({})
    listening.hang_up()
    assert pending(client) == 0
    client.v1.customers.create({})

    assert pending(client) == 0
    assert len(listening.events()) == 1


def test_a_cli_that_comes_back_stays_when_its_old_connection_ends(client, local, listening):
    client.v1.customers.create({})
    back = CLI(local, listening.session.id)
    assert pending(client) == 0
    listening.hang_up()
    client.v1.customers.create({})

    assert len(back.events()) == 1
    assert pending(client) == 1


@pytest.mark.parametrize(
    "message",
    [
        {"type": "event_ack"},
        {"type": "webhook_response", "notification_id": "evt_nope"},
        {"type": "hello"},
        ["event_ack"],
        None,
    ],
)
def test_what_no_cli_says_is_refused(listening, message):
    with pytest.raises(ValueError, match="not what Stripe's CLI says"):
        listening.say(message)


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"device_name": "desk", "websocket_features[]": "v2_events"}, "websocket_features"),
        ({"device_name": "desk"}, "websocket_features"),
        ({**REQUESTS, "filters": "{"}, "filters"),
        ({**REQUESTS, "filters": '{"filter_http_method": "GET"}'}, "filters"),
        ({**REQUESTS, "filters": '{"filter_ip_address": ["127.0.0.1"]}'}, "filters"),
    ],
)
def test_what_a_session_cannot_do_is_refused_by_name(ask, params, param):
    answer = ask("POST", SESSIONS, params)

    assert (answer.status, answer.error["param"]) == (400, param)


def logged(ask, local, filters):
    """What a CLI that tails the log is told of two customers read, one of them unknown."""
    session = ask("POST", SESSIONS, {**REQUESTS, "filters": json.dumps(filters)}).body
    cli = CLI(local, session["websocket_id"])
    customer = ask("POST", "/v1/customers").body["id"]
    ask("GET", f"/v1/customers/{customer}")
    ask("GET", "/v1/customers/cus_nope")
    assert {message["type"] for message in cli.told} <= {"request_log_event"}
    return [json.loads(message["event_payload"]) for message in cli.told]


def test_the_log_is_told_as_it_grows(ask, local):
    lines = logged(ask, local, {})

    assert [(line["method"], line["status"]) for line in lines] == [
        ("POST", 200),
        ("GET", 200),
        ("GET", 404),
    ]
    assert lines[0]["request_id"] == local.log[-3].id
    assert (lines[0]["error"], lines[2]["error"]["code"]) == ({}, "resource_missing")


@pytest.mark.parametrize(
    ("filters", "statuses"),
    [
        ({"filter_http_method": ["POST", "DELETE"]}, [200]),
        ({"filter_request_path": ["/v1/customers/cus_nope"]}, [404]),
        ({"filter_request_status": ["FAILED"]}, [404]),
        ({"filter_request_status": ["succeeded"]}, [200, 200]),
        ({"filter_status_code": ["404"]}, [404]),
        ({"filter_status_code_type": ["200"]}, [200, 200]),
        ({"filter_status_code_type": ["200"], "filter_http_method": ["GET"]}, [200]),
    ],
)
def test_the_log_is_filtered(ask, local, filters, statuses):
    assert [line["status"] for line in logged(ask, local, filters)] == statuses


def test_a_cli_that_tails_the_log_hears_of_no_events(ask, client, local):
    session = ask("POST", SESSIONS, REQUESTS).body
    cli = CLI(local, session["websocket_id"])
    client.v1.customers.create({})

    assert [message["type"] for message in cli.told] == ["request_log_event"]
    assert pending(client) == 0


@contextmanager
def socket_of(local, ask, id=None, **options):
    """A connection to the server, for a session or for the id that is given."""
    with start(local) as server:
        id = id or ask("POST", SESSIONS, EVENTS).body["websocket_id"]
        url = f"ws://{urlsplit(server.url).netloc}/stripecli/{id}"
        with connect(url, subprotocols=["stripecli-devproxy-v1"], **options) as socket:
            yield socket


def end(socket, nonsense="{"):
    """Make the server close: by then it has read what was sent before."""
    socket.send(nonsense)
    with pytest.raises(ConnectionClosedError) as closed:
        while True:
            socket.recv(timeout=10)
    return closed.value


def test_events_and_answers_cross_the_websocket(ask, local, client):
    with socket_of(local, ask) as socket:
        client.v1.customers.create({})
        event = json.loads(json.loads(socket.recv(timeout=10))["event_payload"])
        socket.send(json.dumps(answered(event["id"], 200)))
        end(socket)

    assert event["type"] == "customer.created"
    assert [attempt.status for attempt in local.webhooks.attempts] == [200]


def test_an_unknown_session_is_refused_in_the_words_that_the_cli_knows(ask, local, caplog):
    with pytest.raises(InvalidStatus) as refused, socket_of(local, ask, "cliws_nope"):
        pass

    assert json.loads(refused.value.response.body)["error"]["message"] == "Unknown WebSocket ID."
    assert caplog.messages == []


def test_no_page_of_any_site_listens(ask, local, caplog):
    with (
        pytest.raises(InvalidStatus) as refused,
        socket_of(local, ask, origin="https://mallory.example"),
    ):
        pass

    assert refused.value.response.status_code == 403
    assert caplog.messages == []


@pytest.mark.parametrize("nonsense", ["{", "[]", b"\xff"])
def test_nonsense_ends_the_connection(ask, local, nonsense):
    with socket_of(local, ask) as socket:
        assert end(socket, nonsense).rcvd.code == 1003


def test_two_clis_hear_each_event(ask, local):
    client = stripe.StripeClient(SECRET_KEY, http_client=InProcess(local))
    both = [CLI(local, ask("POST", SESSIONS, EVENTS).body["websocket_id"]) for _ in range(2)]
    client.v1.customers.create({})

    assert pending(client) == 2
    assert [len(cli.events()) for cli in both] == [1, 1]
