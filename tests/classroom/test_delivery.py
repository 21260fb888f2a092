"""`listen()` and `deliver()`: webhooks on their way to the apps of a notebook."""

import threading
from collections.abc import Iterator
from urllib.request import Request, urlopen

import pytest
import stripe
from flask import Flask, request

from classroom import connect, deliver, listen, local, serve, timeline
from classroom.delivery import Deliveries
from tests.sandbox import sandbox

pytestmark = pytest.mark.usefixtures("new_notebook")


class Ear:
    """An app that verifies what comes to /webhooks, and answers as told, then with 200."""

    def __init__(self, name: str = "ear", *answers: int) -> None:
        self.app = Flask(name)
        self.heard: list[str] = []
        self.called = threading.Event()
        self.answers = list(answers)
        self.app.add_url_rule("/webhooks", view_func=self.hear, methods=["POST"])
        self.app.add_url_rule("/pay", "pay", new_customer)

    def hear(self) -> tuple[str, int]:
        signature, secret = request.headers["Stripe-Signature"], self.app.config[SECRET]
        event = stripe.Webhook.construct_event(request.get_data(), signature, secret)
        self.heard.append(event.type)
        self.called.set()
        return "heard", self.answers.pop(0) if self.answers else 200


SECRET = "STRIPE_WEBHOOK_SECRET"


def new_customer() -> str:
    return connect().v1.customers.create().id


def test_what_happened_is_delivered_when_a_cell_says_so_and_once():
    ear = Ear()
    listen(ear.app, "/webhooks")
    new_customer()
    assert ear.heard == []
    assert repr(deliver()) == "customer.created  200"
    assert ear.heard == ["customer.created"]
    assert repr(deliver()) == "Nothing is due."


def test_what_happened_before_the_app_listened_never_comes():
    ear = Ear()
    new_customer()
    listen(ear.app, "/webhooks")
    assert len(deliver()) == 0


def test_a_delivery_tells_what_a_lesson_may_want_to_know():
    listen(Ear().app, "/webhooks")
    new_customer()
    [delivery] = deliver()
    [event] = connect().v1.events.list().data
    assert (delivery.type, delivery.event) == ("customer.created", event.id)
    assert (delivery.status, delivery.answer, delivery.attempt) == (200, "heard", 1)


def test_a_failed_delivery_comes_again_in_time_and_says_which_attempt_it_is():
    listen(Ear("ear", 500).app, "/webhooks")
    new_customer()
    assert repr(deliver()) == "customer.created  500"
    assert len(deliver()) == 0
    local().advance(60)
    assert repr(deliver()) == "customer.created  200  attempt 2"


def test_what_went_wrong_on_the_way_is_named_and_so_is_a_resend():
    endpoint = listen(Ear().app, "/webhooks")
    local().webhooks.inject("bad_signature")
    new_customer()
    [forged] = deliver()
    local().webhooks.resend(forged.event, endpoint.id)
    assert repr(forged).startswith("Delivery(type='customer.created'")
    assert repr(Deliveries((forged, *deliver()))).splitlines() == [
        "customer.created  500  bad signature",
        "customer.created  200  resent",
    ]


def test_several_listeners_are_told_apart():
    for name in ("ear", "thief"):
        listen(Ear(name).app, "/webhooks")
    new_customer()
    assert set(repr(deliver()).splitlines()) == {
        "ear    customer.created  200",
        "thief  customer.created  200",
    }


def test_an_app_takes_the_place_of_the_one_before_it_of_the_same_name():
    first, second = Ear(), Ear()
    old = listen(first.app, "/webhooks")
    new_customer()
    new = listen(second.app, "/webhooks")
    assert new.secret != old.secret
    new_customer()
    assert len(deliver()) == 1
    assert (first.heard, second.heard) == ([], ["customer.created"])


def test_an_app_may_listen_again_after_its_endpoint_was_deleted():
    ear = Ear()
    connect().v1.webhook_endpoints.delete(listen(ear.app, "/webhooks").id)
    listen(ear.app, "/webhooks")
    new_customer()
    assert len(deliver()) == 1


def test_an_endpoint_of_ones_own_making_on_a_served_app_is_delivered_to():
    ear = Ear()
    address = serve(ear.app).url + "/webhooks"
    made = connect().v1.webhook_endpoints.create({"url": address, "enabled_events": ["*"]})
    ear.app.config[SECRET] = made.secret
    new_customer()
    assert repr(deliver()) == "customer.created  200"


def test_an_address_that_nobody_listens_at_is_no_answer():
    nowhere = {"url": "https://shop.example/webhooks", "enabled_events": ["*"]}
    connect().v1.webhook_endpoints.create(nowhere)
    new_customer()
    assert repr(deliver()) == "customer.created  no answer"


def test_an_endpoint_shows_its_path_and_not_its_secret():
    endpoint = listen(Ear().app, "/webhooks")
    assert repr(endpoint) == "<webhooks come to /webhooks>"
    assert endpoint.secret.startswith("whsec_")


def test_what_a_browser_did_is_delivered_after_its_answer():
    ear = Ear()
    listen(ear.app, "/webhooks")
    browser = {"User-Agent": "Mozilla/5.0"}
    assert ear.app.test_client().get("/pay").status_code == 200
    assert ear.heard == []
    with ear.app.test_client().get("/pay", headers=browser):
        assert ear.heard == []
    assert ear.heard == ["customer.created"] * 2


def test_a_browser_at_a_served_app_hears_of_its_payment():
    ear = Ear()
    site = serve(ear.app)
    listen(ear.app, "/webhooks")
    payment = Request(f"{site.url}/pay", headers={"User-Agent": "Mozilla/5.0"})
    with urlopen(payment, timeout=10) as answer:
        answer.read()  # of who hangs up before, Werkzeug forgets to end the answer
    assert ear.called.wait(10)


def test_the_timeline_shows_what_stripe_delivers_and_what_the_app_does_about_it(capsys):
    ear = Ear("ear", 500)
    ear.app.after_request(refetching_when_closed)
    listen(ear.app, "/webhooks")
    new_customer()
    timeline.clear()
    deliver()
    local().advance(60)
    deliver()
    timeline()
    assert capsys.readouterr().out.splitlines() == [
        "Stripe --> shop    POST /webhooks customer.created",
        "Stripe <-- shop    500",
        "shop   --> Stripe  GET /v1/customers",
        "shop   <-- Stripe  200 list of 1",
        "Stripe --> shop    POST /webhooks customer.created (delivery 2)",
        "Stripe <-- shop    200",
        "shop   --> Stripe  GET /v1/customers",
        "shop   <-- Stripe  200 list of 1",
    ]


def refetching_when_closed(response):
    response.call_on_close(connect().v1.customers.list)
    return response


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b"{}", b'{"id": "evt_1", "type": "<b>"}'])
def test_a_forged_delivery_tells_the_timeline_nothing(body, capsys):
    ear = Ear()
    listen(ear.app, "/webhooks")
    forged = {"User-Agent": "Stripe/1.0", "Stripe-Signature": "t=1,v1=0"}
    ear.app.test_client().post("/webhooks", data=body, headers=forged)
    timeline()
    assert capsys.readouterr().out == (
        "Stripe --> shop    POST /webhooks\nStripe <-- shop    500\n"
    )


@pytest.fixture
def own_sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with sandbox() as found:
        for name, value in found.environment.items():
            monkeypatch.setenv(name, value)
        yield


@pytest.mark.usefixtures("own_sandbox")
def test_a_sandbox_delivers_by_itself_and_its_secret_is_the_environments(monkeypatch):
    monkeypatch.setenv(SECRET, "whsec_localFromTheCli")
    app = Ear().app
    assert "delivers by itself" in repr(listen(app, "/webhooks"))
    assert app.config[SECRET] == "whsec_localFromTheCli"
    assert "stripe listen --forward-to" in repr(deliver())
    assert list(deliver()) == []
