"""The courier carries webhooks to shops on this machine."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from queue import Empty

import pytest
import stripe

from local_stripe import SECRET_KEY, LocalStripe, WallClock
from local_stripe.courier import TIMEOUT, Courier, is_deliverable, post
from local_stripe.transport import InProcess


def test_a_delivery_reaches_the_shop_and_its_answer_comes_back(shop):
    assert post(f"{shop.url}/hooks?a=1", {"X-Sign": "yes"}, b"{}") == (200, "thank you")

    path, headers, body = shop.next_delivery()
    assert (path, headers["x-sign"], body) == ("/hooks?a=1", "yes", b"{}")


@pytest.mark.parametrize("status", [400, 404, 500])
def test_the_shops_refusal_is_reported(shop, status: int):
    shop.answers.append(status)

    assert post(shop.url, {}, b"{}") == (status, "thank you")


def test_a_redirect_is_not_followed(shop):
    shop.answers.append(302)

    assert post(shop.url, {}, b"{}")[0] == 302
    assert shop.next_delivery()[0] == "/"
    assert shop.received.empty()


def test_a_shop_that_is_not_there_is_a_failed_attempt():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    status, why = post(f"http://127.0.0.1:{port}/", {}, b"{}")

    assert (status, why.split(":")[0]) == (0, "ConnectionRefusedError")


def test_a_shop_that_does_not_answer_is_a_failed_attempt():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"

        assert post(url, {}, b"{}", timeout=0.05) == (0, "TimeoutError: timed out")


def test_a_shop_that_does_not_speak_http_is_a_failed_attempt():
    with socket.create_server(("127.0.0.1", 0)) as rude, ThreadPoolExecutor() as pool:
        answer = pool.submit(post, f"http://127.0.0.1:{rude.getsockname()[1]}/", {}, b"{}")
        connection, _ = rude.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(b"hello\n\n")

        assert answer.result(timeout=10) == (0, "BadStatusLine: hello\n")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hooks",
        "http://192.168.1.1/hooks",
        "http://127.0.0.1.example.com/hooks",
        "http://example.com@10.0.0.1/hooks",
        "https://127.0.0.1/hooks",
        "file:///etc/passwd",
        "http://[::1/hooks",
        "hooks",
    ],
)
def test_other_machines_are_never_called(url: str):
    assert not is_deliverable(url)

    status, why = post(url, {}, b"{}")

    assert status == 0
    assert why == f"local Stripe delivers to this machine only (http://127.0.0.1:…), not to {url}"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.1.2.3"])
def test_every_name_of_this_machine_will_do(host: str):
    assert is_deliverable(f"http://{host}:5001/hooks")


def test_a_port_that_cannot_be_is_a_failed_attempt():
    assert post("http://127.0.0.1:99999/", {}, b"{}")[0] == 0


def test_a_failed_delivery_is_tried_again_with_the_same_event(shop):
    local = LocalStripe(clock=WallClock(), retries=(0,))
    client = stripe.StripeClient(SECRET_KEY, http_client=InProcess(local))
    endpoint = client.v1.webhook_endpoints.create(
        {"url": f"{shop.url}/hooks", "enabled_events": ["customer.created"]}
    )
    shop.answers.append(500)

    with Courier(local):
        customer = client.v1.customers.create({"email": "jenny@example.com"})
        deliveries = [shop.next_delivery(), shop.next_delivery()]

    bodies = [body for _, _, body in deliveries]
    assert json.loads(bodies[0])["id"] == json.loads(bodies[1])["id"]
    _, headers, body = deliveries[1]
    event = stripe.Webhook.construct_event(body, headers["stripe-signature"], endpoint.secret)
    assert (event.type, event.data.object["id"]) == ("customer.created", customer.id)
    assert [attempt.status for attempt in local.webhooks.attempts] == [500, 200]


def test_a_shop_may_call_stripe_while_it_handles_a_delivery():
    """Nothing that a request needs is held while something is sent."""
    local = LocalStripe(clock=WallClock())
    client = stripe.StripeClient(SECRET_KEY, http_client=InProcess(local))
    client.v1.webhook_endpoints.create(
        {"url": "http://127.0.0.1/", "enabled_events": ["customer.created"]}
    )
    client.v1.customers.create()
    with ThreadPoolExecutor() as pool:

        def handle(url: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
            customers = pool.submit(client.v1.customers.list).result(timeout=5)
            return 200, str(len(customers.data))

        assert [attempt.body for attempt in local.deliver(handle)] == ["1"]


def test_a_stopped_courier_delivers_no_more(shop):
    local = LocalStripe(clock=WallClock())
    client = stripe.StripeClient(SECRET_KEY, http_client=InProcess(local))
    client.v1.webhook_endpoints.create({"url": shop.url, "enabled_events": ["*"]})
    Courier(local).stop()

    client.v1.customers.create()

    with pytest.raises(Empty):
        shop.received.get(timeout=0.3)


def test_a_shop_that_does_not_answer_holds_up_no_other(shop):
    local = LocalStripe(clock=WallClock())
    client = stripe.StripeClient(SECRET_KEY, http_client=InProcess(local))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hanging = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        for url in (shop.url, hanging):  # the newest is served first
            client.v1.webhook_endpoints.create({"url": url, "enabled_events": ["*"]})
        with Courier(local):
            client.v1.customers.create()
            shop.received.get(timeout=TIMEOUT / 2)
            client.v1.customers.create()
            shop.received.get(timeout=TIMEOUT / 2)
            silent.accept()[0].close()  # its answer: none
