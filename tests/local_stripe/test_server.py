"""The local Stripe over HTTP, and its command line."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
import stripe
from hypothesis import given, settings
from hypothesis import strategies as st

from local_stripe import PUBLISHABLE_KEY, SECRET_KEY, LocalStripe
from local_stripe.card_testing import MOST
from local_stripe.faults import Fault
from local_stripe.server import MAX_BODY, RunningServer, start
from local_stripe.transport import InProcess

AUTHORIZED = {"Authorization": f"Bearer {SECRET_KEY}"}


@pytest.fixture(scope="module")
def local() -> LocalStripe:
    return LocalStripe()


@pytest.fixture(scope="module")
def server(local: LocalStripe) -> Iterator[RunningServer]:
    with start(local) as server:
        yield server


def client_of(server: RunningServer) -> stripe.StripeClient:
    return stripe.StripeClient(SECRET_KEY, base_addresses={"api": server.url})


def call(
    server: RunningServer,
    method: str,
    path: str,
    body: bytes | Iterator[bytes] | None = None,
    **headers: str,
) -> tuple[int, http.client.HTTPMessage, bytes]:
    """Status, headers and body of the answer to one request."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    connection.request(method, path, body, {**AUTHORIZED, **headers})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, answer.headers, text


def say(server: RunningServer, raw: bytes) -> bytes:
    """What the server answers to these bytes, until it has nothing more to say."""
    with socket.create_connection(address(server), timeout=10) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        return connection.makefile("rb").read()


def address(server: RunningServer) -> tuple[str, int]:
    parts = urlsplit(server.url)
    return parts.hostname or "", parts.port or 0


# ---- the API ----


def test_the_sdk_calls_it_like_stripe(server: RunningServer):
    client = client_of(server)

    customer = client.v1.customers.create({"email": "jenny@example.com"})

    assert client.v1.customers.retrieve(customer.id).email == "jenny@example.com"
    with pytest.raises(stripe.InvalidRequestError, match="No such customer") as refusal:
        client.v1.customers.retrieve("cus_nobody")
    assert refusal.value.http_status == 404
    assert refusal.value.headers["Request-Id"].startswith("req_")


def test_a_notebook_and_a_browser_see_the_same_stripe(local: LocalStripe, server: RunningServer):
    notebook = stripe.StripeClient(SECRET_KEY, http_client=InProcess(local))

    made = client_of(server).v1.customers.create({"name": "Jenny Rosen"})

    assert notebook.v1.customers.retrieve(made.id).name == "Jenny Rosen"


def test_head_is_get_without_the_body(server: RunningServer):
    _, get, text = call(server, "GET", "/v1/customers")
    status, head, nothing = call(server, "HEAD", "/v1/customers")

    assert (status, nothing) == (200, b"")
    assert (head["content-type"], head["content-length"]) == (get["content-type"], str(len(text)))


def test_options_names_the_methods_and_invites_no_other_page(server: RunningServer):
    status, headers, body = call(server, "OPTIONS", "/v1/tokens", Origin="https://evil.example")

    assert (status, body) == (200, b"")
    assert headers["allow"] == "GET, HEAD, POST, DELETE, OPTIONS"
    assert not any(name.lower().startswith("access-control") for name in headers)


def test_what_is_too_large_is_refused_as_stripe_refuses(server: RunningServer):
    status, _, body = call(server, "POST", "/v1/customers", b"a" * (MAX_BODY + 1))

    assert status == 413
    assert json.loads(body)["error"]["type"] == "invalid_request_error"


def test_a_large_body_in_chunks_is_refused_too(server: RunningServer):
    chunks = (b"a" * 65536 for _ in range(MAX_BODY // 65536 + 1))

    assert call(server, "POST", "/v1/customers", chunks)[0] == 413


def test_many_requests_can_share_a_connection(server: RunningServer):
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    statuses = []
    for path in ("/v1/customers", "/v1/nothing", "/v3/", "/v1/customers"):
        connection.request("GET", path, headers=AUTHORIZED)
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
    connection.close()

    assert statuses == [200, 404, 200, 200]


# ---- pages ----


@pytest.mark.parametrize("path", ["/v3/", "/v3", "/stripe.js"])
def test_stripe_js_has_the_addresses_that_pages_use(server: RunningServer, path: str):
    status, headers, body = call(server, "GET", path)

    assert (status, headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    assert b"window.Stripe = " in body


@pytest.mark.parametrize(
    "path", ["/v3/card", "/v3/payment", "/c/pay/cs_test_1", "/3d_secure_2/hosted", "/dashboard"]
)
def test_a_page_runs_nothing_but_its_own_files(server: RunningServer, path: str):
    status, headers, body = call(server, "GET", path)

    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert b" style=" not in body
    assert b"http" not in body


def test_the_bare_address_leads_to_the_dashboard(server: RunningServer):
    status, headers, _ = call(server, "GET", "/")

    assert (status, headers["location"]) == (303, "dashboard")


@pytest.mark.parametrize(
    "path", ["/v3/card.py", "/v3/../server.py", "/v3/%2e%2e/server.py", "/v3//"]
)
def test_no_other_file_is_served(server: RunningServer, path: str):
    assert call(server, "GET", path)[0] == 404


# ---- hostile callers ----


@pytest.mark.parametrize(
    "raw",
    [
        b"hello\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /v1/caf\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET http://[::1/ HTTP/1.1\r\nHost: a\r\n\r\n",
        b"CONNECT example.com:443 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /v1/customers HTTP/9.9\r\nHost: a\r\n\r\n",
        b"GET /v1/customers HTTP/1.1\r\nHost: a\r\nBad Header: 1\r\n\r\n",
        b"POST /v1/customers HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/customers HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /v1/customers HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n\xff\xfe\x00",
        b"GET /v1/customers?\xff=%ff HTTP/1.1\r\nHost: a\r\nStripe-Version: \xff\r\n\r\n",
        b"GET /v1/customers HTTP/1.1\r\nHost: a\r\nAuthorization: Basic \xff\xff\r\n\r\n",
        b"GET /v1/customers HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"TRACE /v1/customers HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
)
def test_a_bad_request_gets_an_answer_that_blames_the_caller(server: RunningServer, raw: bytes):
    assert say(server, raw)[:12] in {
        b"HTTP/1.1 400",
        b"HTTP/1.1 401",
        b"HTTP/1.1 404",
        b"HTTP/1.1 413",
    }


NAMES = st.sampled_from(["authorization", "idempotency-key", "stripe-version", "content-type", "x"])
VALUES = st.binary(max_size=30).map(lambda value: value.translate(None, b"\r\n\x00"))


@settings(max_examples=200)
@given(
    method=st.sampled_from([b"GET", b"POST", b"DELETE", b"PUT", b"HEAD"]),
    path=st.binary(max_size=40).map(lambda path: path.translate(None, b" \r\n")),
    headers=st.lists(st.tuples(NAMES, VALUES), max_size=4),
    body=st.binary(max_size=200),
)
def test_no_request_is_an_internal_error(
    server: RunningServer,
    method: bytes,
    path: bytes,
    headers: list[tuple[str, bytes]],
    body: bytes,
):
    lines = [b"%s /v1/%s HTTP/1.1" % (method, path), b"Host: a", b"Connection: close"]
    lines += [b"Authorization: Bearer " + SECRET_KEY.encode(), b"Content-Length: %d" % len(body)]
    lines += [name.encode() + b": " + value for name, value in headers]

    answer = say(server, b"\r\n".join(lines) + b"\r\n\r\n" + body)

    assert answer.startswith((b"HTTP/1.1 2", b"HTTP/1.1 4"))


def test_a_caller_who_does_not_finish_holds_up_nobody(server: RunningServer):
    with socket.create_connection(address(server)) as slow:
        slow.sendall(b"POST /v1/customers HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nemail")

        assert call(server, "GET", "/v1/customers")[0] == 200


def test_half_a_request_does_nothing(local: LocalStripe, server: RunningServer):
    before = len(local.log)
    head = b"POST /v1/customers HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n"

    assert say(server, head + b"email=jenny@example.com") == b""

    assert call(server, "GET", "/v1/customers")[0] == 200
    assert len(local.log) == before + 1


# ---- faults ----

LIST = (
    f"GET /v1/customers HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {SECRET_KEY}\r\n\r\n".encode()
)


def hear_nothing(waiting: socket.socket, fault: Fault) -> None:
    """Wait until the fault has struck, and a little longer, for an answer that does not come."""
    for _ in range(100):
        done = fault.struck > 0
        with pytest.raises(TimeoutError):
            waiting.recv(1)
        if done:
            return


def test_a_connection_that_is_reset_is_reset(local: LocalStripe, server: RunningServer):
    local.faults.inject("reset")

    with socket.create_connection(address(server), timeout=10) as connection:
        connection.sendall(LIST)
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_a_lost_response_is_a_connection_that_ends(local: LocalStripe, server: RunningServer):
    local.faults.inject("lost_response")
    before = len(local.log)

    with socket.create_connection(address(server), timeout=10) as connection:
        connection.sendall(LIST)
        assert connection.recv(1) == b""
    assert len(local.log) == before + 1


@pytest.mark.parametrize(("kind", "acted"), [("timeout", 0), ("slow", 1)])
def test_who_waits_in_vain_holds_up_nobody(
    local: LocalStripe, server: RunningServer, kind: str, acted: int
):
    fault = local.faults.inject(kind, seconds=60)
    before = len(local.log)

    with socket.create_connection(address(server), timeout=0.1) as waiting:
        waiting.sendall(LIST)
        hear_nothing(waiting, fault)
        assert (fault.struck, len(local.log)) == (1, before + acted)
        assert call(server, "GET", "/v1/customers")[0] == 200


def test_a_slow_answer_comes_in_the_end(local: LocalStripe, server: RunningServer):
    local.faults.inject("slow", seconds=0.05)

    assert call(server, "GET", "/v1/customers")[0] == 200


def test_a_proxys_page_and_half_an_answer_arrive_as_they_are(
    local: LocalStripe, server: RunningServer
):
    local.faults.inject("bad_gateway")
    status, headers, page = call(server, "GET", "/v1/customers")
    assert (status, headers["content-type"], page[:6]) == (502, "text/html", b"<html>")

    local.faults.inject("malformed_json")
    status, headers, half = call(server, "GET", "/v1/customers")
    assert (status, headers["content-length"]) == (200, str(len(half)))
    with pytest.raises(ValueError):
        json.loads(half)


@pytest.mark.parametrize("kind", ["timeout", "reset", "lost_response", "bad_gateway"])
def test_the_sdk_tries_again_with_the_same_key(
    local: LocalStripe, server: RunningServer, monkeypatch: pytest.MonkeyPatch, kind: str
):
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0)
    client = stripe.StripeClient(
        SECRET_KEY,
        base_addresses={"api": server.url},
        max_network_retries=2,
        http_client=stripe.RequestsClient(timeout=0.5 if kind == "timeout" else 10),
    )
    before = len(client.v1.customers.list({"limit": 100}).data)
    fault = local.faults.inject(kind, times=2)

    client.v1.customers.create()

    assert fault.struck == 2
    assert len(client.v1.customers.list({"limit": 100}).data) == before + 1


def test_a_server_stops_while_somebody_waits_in_vain(caplog: pytest.LogCaptureFixture):
    local = LocalStripe()
    fault = local.faults.inject("timeout")
    with start(local) as server, socket.create_connection(address(server), timeout=0.1) as waiting:
        waiting.sendall(LIST)
        hear_nothing(waiting, fault)
        server.stop()
        assert waiting.recv(1) == b""
    assert caplog.text == ""


# ---- starting and stopping ----


def test_it_listens_on_this_machine_only(server: RunningServer):
    host, port = address(server)

    assert host == "127.0.0.1"
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.2", port), timeout=1)


def test_several_run_side_by_side(server: RunningServer):
    with start(LocalStripe()) as other:
        assert other.url != server.url
        client_of(other).v1.customers.create()
        assert (
            client_of(other).v1.customers.list().data != client_of(server).v1.customers.list().data
        )


def test_a_taken_port_is_an_error(server: RunningServer):
    with pytest.raises(OSError):
        start(LocalStripe(), address(server)[1])


def test_a_stopped_server_gives_its_port_back():
    local = LocalStripe()
    server = start(local)
    client_of(server).v1.customers.create()
    with socket.create_connection(address(server)) as unfinished:
        unfinished.sendall(b"POST /v1/customers HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n")
        server.stop()

    with start(local, address(server)[1]) as again:
        assert len(client_of(again).v1.customers.list().data) == 1


def test_an_interrupted_cell_leaves_it_running(server: RunningServer):
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)

    assert call(server, "GET", "/v1/customers")[0] == 200


# ---- python -m local_stripe serve ----


@contextmanager
def serving(*options: str) -> Iterator[subprocess.Popen[str]]:
    """`python -m local_stripe serve`, ended if the test has not, or has failed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "local_stripe", "serve", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def test_serve_prints_one_line_with_its_url_and_ends_quietly():
    with serving("--port", "0") as process:
        line = process.stdout.readline()
        url = line.removeprefix("local Stripe: ").rstrip("\n")
        assert (
            stripe.StripeClient(SECRET_KEY, base_addresses={"api": url})
            .v1.customers.create()
            .id.startswith("cus_")
        )

        process.send_signal(signal.SIGINT if os.name == "posix" else signal.CTRL_C_EVENT)

        assert process.communicate(timeout=10) == ("", "")
        assert process.returncode == 0


@pytest.mark.skipif(os.name != "posix", reason="only POSIX has SIGTERM")
def test_serve_ends_when_it_is_told_to():
    with serving("--port", "0") as process:
        process.stdout.readline()
        process.terminate()

        assert process.communicate(timeout=10) == ("", "")
        assert process.returncode == 0


def test_serve_delivers_every_event_signed_with_the_secret_it_prints(shop):
    with serving("--port", "0", "--webhook", f"{shop.url}/hooks") as process:
        _, _, url, *_, secret = process.stdout.readline().split()
        client = stripe.StripeClient(SECRET_KEY, base_addresses={"api": url})
        customer = client.v1.customers.create()

        path, headers, body = shop.next_delivery()

    assert path == "/hooks"
    event = stripe.Webhook.construct_event(body, headers["stripe-signature"], secret)
    assert (event.type, event.data.object["id"]) == ("customer.created", customer.id)


def test_serve_says_when_its_port_is_taken(server: RunningServer):
    port = str(address(server)[1])
    with serving("--port", port) as process:
        out, problem = process.communicate(timeout=20)

    assert (process.returncode, out) == (2, "")
    assert problem.startswith(f"local Stripe cannot start: port {port} is taken")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--webhook", "https://example.com/hooks"], "is not on this machine"),
        (["--port", "70000"], "invalid"),
        (["--nonsense"], "unrecognized arguments"),
        (["--fault", "fire"], "--fault fire: 'fire' is none of the faults: timeout, reset,"),
        (["--fault", "reset", "--fault", "timeout,times=0"], "timeout,times=0: a fault strikes"),
        (["--fault", "timeout,times=often"], "Invalid integer: often"),
        (["--fault", "timeout,path=/v1/x,paht=/v1/y"], "Received unknown parameter: paht"),
        (["--fault", "timeout,times"], "timeout,times: Invalid integer"),
    ],
)
def test_serve_refuses_what_cannot_work(options: list[str], reason: str):
    with serving(*options) as process:
        _, problem = process.communicate(timeout=20)

    assert process.returncode == 2
    assert reason in problem


def test_serve_lets_calls_go_wrong_from_the_start():
    options = ("--fault", "rate_limit,path=/v1/customers,method=post,times=2")
    with serving("--port", "0", *options, "--fault", "server_error,path=/v1/bal*") as process:
        url = process.stdout.readline().split()[-1]
        client = stripe.StripeClient(SECRET_KEY, base_addresses={"api": url})
        for _ in range(2):
            with pytest.raises(stripe.RateLimitError):
                client.v1.customers.create()
        with pytest.raises(stripe.APIError):
            client.v1.balance.retrieve()

        assert client.v1.customers.create().id
        assert client.v1.balance.retrieve().object == "balance"


def test_serve_takes_other_seeds_and_policies():
    body = b"card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2034&card[cvc]=123"
    options = ("--seed", "7", "--allow-raw-cards", "--block-card-testing")
    with serving("--port", "0", *options) as process:
        url = process.stdout.readline().split()[-1]
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        connection.request("POST", "/v1/tokens", body, AUTHORIZED)
        answer = connection.getresponse()
        token = json.loads(answer.read())
        connection.close()
        client = stripe.StripeClient(SECRET_KEY, base_addresses={"api": url})
        codes = [decline_code(client) for _ in range(MOST + 1)]

    assert (answer.status, token["card"]["last4"]) == (200, "4242")
    assert codes == ["generic_decline"] * MOST + ["fraudulent"]


def decline_code(client: stripe.StripeClient) -> str:
    """Why a card is declined that always is."""
    with pytest.raises(stripe.CardError) as caught:
        client.v1.payment_intents.create(
            {
                "amount": 2000,
                "currency": "usd",
                "confirm": True,
                "payment_method": "pm_card_visa_chargeDeclined",
                "allowed_payment_method_types": ["card"],
            }
        )
    return caught.value.error.decline_code


def test_a_browser_may_send_card_numbers_with_the_publishable_key(server: RunningServer):
    body = b"card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2034&card[cvc]=123"

    status, _, text = call(
        server, "POST", "/v1/tokens", body, Authorization=f"Bearer {PUBLISHABLE_KEY}"
    )

    assert (status, json.loads(text)["card"]["brand"]) == (200, "Visa")
    assert call(server, "POST", "/v1/tokens", body)[0] == 402
