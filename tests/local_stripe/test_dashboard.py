"""What the dashboard asks beside Stripe's API: it sees all but secrets, and leaves no trace."""

import json

import pytest
import stripe

from local_stripe import PUBLISHABLE_KEY, SECRET_KEY, LocalStripe, Request
from local_stripe.messages import DASHBOARD
from local_stripe.transport import InProcess

PAYMENT = {"amount": 2000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
PAYMENT["return_url"] = "https://shop.example/back"
ITEM = {"currency": "usd", "unit_amount": 900, "product_data": {"name": "Cup"}}
SALE = {
    "mode": "payment",
    "success_url": "https://shop.example/",
    "line_items": [{"quantity": 1, "price_data": ITEM}],
}
CARD = "card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2034&card[cvc]=987"


@pytest.fixture
def look(ask):
    """A request of the dashboard's: `look("GET", "/_local/clock")`; gives the answer's body."""

    def look(method, path, params="", status=200):
        answer = ask(method, path, params, {DASHBOARD: "looks on"})
        assert answer.status == status, answer.body
        return answer.body

    return look


@pytest.fixture
def endpoint(client):
    return client.v1.webhook_endpoints.create(
        {"url": "http://127.0.0.1:4242/hooks", "enabled_events": ["*"]}
    )


def paid_after(*looks: tuple[str, str]) -> tuple[str, int]:
    """The id of a payment, and the length of the log, on a fresh Stripe that was looked at."""
    local = LocalStripe()
    for method, path in looks:
        headers = {"authorization": f"Bearer {SECRET_KEY}", DASHBOARD: "looks on"}
        assert local.handle(Request(method, path, headers=headers)).status < 500
    client = stripe.StripeClient(SECRET_KEY, http_client=InProcess(local))
    return client.v1.payment_intents.create(PAYMENT).id, len(local.log)


# ---- who may look, and what looking does ----


def test_looking_on_leaves_no_trace_in_the_log_or_in_ids():
    looks = [("GET", "/v1/payment_intents"), ("GET", "/_local/clock"), ("GET", "/v1/nothing")]
    assert paid_after(*looks) == paid_after()


def test_what_others_ask_is_logged(ask, local):
    ask("GET", "/_local/clock")
    assert [exchange.request.path for exchange in local.log] == ["/_local/clock"]


@pytest.mark.parametrize("key", ["", f"Bearer {PUBLISHABLE_KEY}", "Bearer sk_test_other"])
def test_only_the_secret_key_opens_the_desk(ask, local, key):
    started = local.clock.now()

    answer = ask("POST", "/_local/clock/advance", "seconds=60", {"authorization": key})

    assert (answer.status, answer.error["type"]) == (401, "invalid_request_error")
    assert local.clock.now() == started


# ---- the clock ----


def test_the_clock_is_shown_and_advanced(look, local):
    started = look("GET", "/_local/clock")["now"]

    assert look("POST", "/_local/clock/advance", "seconds=3600")["now"] == started + 3600
    assert local.clock.now() == started + 3600


@pytest.mark.parametrize("seconds", ["-1", "99999999999", "soon", ""])
def test_the_clock_does_not_go_back_or_out_of_sight(look, local, seconds):
    started = local.clock.now()

    error = look("POST", "/_local/clock/advance", f"seconds={seconds}", status=400)["error"]

    assert error["param"] == "seconds"
    assert local.clock.now() == started


def test_time_that_passes_brings_what_is_due(look, client):
    session = client.v1.checkout.sessions.create(SALE)

    look("POST", "/_local/clock/advance", f"seconds={2 * 86400}")

    assert client.v1.checkout.sessions.retrieve(session.id).status == "expired"


@pytest.mark.parametrize(
    "happens", ["a request", "a delivery", "a fault", "a fault of calls", "an agenda"]
)
def test_the_desk_tells_when_anything_has_happened(look, client, endpoint, local, happens):
    client.v1.checkout.sessions.create(SALE)
    client.v1.customers.create()
    before = look("GET", "/_local/clock")["latest"]
    assert look("GET", "/_local/clock")["latest"] == before

    match happens:
        case "a request":
            client.v1.customers.list()
        case "a delivery":
            local.deliver(lambda *_: (200, ""))
        case "a fault":
            local.webhooks.inject("drop")
        case "a fault of calls":
            local.faults.inject("timeout")
        case "an agenda":
            local.advance(30 * 86400)

    assert look("GET", "/_local/clock")["latest"] != before


# ---- deliveries ----


def test_a_delivery_shows_all_its_attempts_the_latest_first(look, client, endpoint, local):
    customer_created = client.v1.customers.create() and client.v1.events.list().data[0]
    answers = iter([(500, "oh no"), (200, "thank you")])
    local.deliver(lambda *_: next(answers))
    local.webhooks.resend(customer_created.id, endpoint.id)
    local.deliver(lambda *_: next(answers))

    [row] = look("GET", "/_local/deliveries")["data"]
    assert row["type"] == "customer.created"
    assert (row["event"], row["endpoint"]) == (customer_created.id, endpoint.id)
    assert (row["tries"], row["status"], row["succeeded"]) == (2, 200, True)
    attempts = look("GET", f"/_local/deliveries/{row['id']}")["attempts"]
    assert [(each["status"], each["body"], each["manual"]) for each in attempts] == [
        (200, "thank you", True),
        (500, "oh no", False),
    ]


def test_deliveries_come_a_page_at_a_time(look, client, endpoint, local):
    for _ in range(5):
        client.v1.customers.create()
    local.deliver(lambda *_: (200, ""))

    first = look("GET", "/_local/deliveries", "limit=3")
    cursor = first["data"][-1]["id"]
    second = look("GET", "/_local/deliveries", f"limit=3&starting_after={cursor}")

    assert (first["has_more"], second["has_more"]) == (True, False)
    events = [row["event"] for page in (first, second) for row in page["data"]]
    assert events == [event.id for event in client.v1.events.list().data]


def test_an_unknown_delivery_or_request_is_not_found(look):
    look("GET", "/_local/deliveries/evt_1:we_1", status=404)
    look("GET", "/_local/requests/req_1", status=404)
    look("GET", "/_local/requests", "starting_after=req_1", status=400)


def test_the_next_deliveries_are_shown_in_the_order_in_which_they_are_due(
    look, client, endpoint, local
):
    for _ in range(22):
        client.v1.customers.create()
        local.clock.advance(7)
    local.webhooks.inject("delay", seconds=500)
    local.deliver(lambda *_: (500, ""))

    upcoming = look("GET", "/_local/upcoming", "limit=20")

    due = [each["due"] for each in upcoming["data"]]
    assert due == sorted(due)
    assert (len(due), upcoming["has_more"]) == (20, True)
    assert {each["number"] for each in upcoming["data"]} == {2}


def test_what_a_shop_answers_is_shown_without_its_secrets(look, client, endpoint, local):
    client.v1.customers.create()
    local.deliver(lambda *_: (400, f"bad secret {endpoint.secret}, card 4242 4242 4242 4242"))

    [row] = look("GET", "/_local/deliveries")["data"]
    [attempt] = look("GET", f"/_local/deliveries/{row['id']}")["attempts"]

    assert attempt["body"] == "bad secret whsec_…, card …4242"


# ---- faults ----


def test_a_fault_waits_until_it_strikes(look, client, endpoint, local):
    look("POST", "/_local/faults", "kind=drop&type=customer.*")
    [fault] = look("GET", "/_local/faults")["waiting"]
    assert (fault["kind"], fault["type"]) == ("drop", "customer.*")

    client.v1.customers.create()
    [attempt] = local.deliver(lambda *_: (200, ""))

    assert (attempt.fault, attempt.status) == ("drop", 0)
    assert look("GET", "/_local/faults")["waiting"] == []


def test_a_fault_can_be_taken_back_once(look, local):
    local.webhooks.inject("delay", seconds=0)
    local.webhooks.inject("delay", seconds=5)

    left = look("DELETE", "/_local/faults", "kind=delay&type=*&seconds=0")["waiting"]

    assert [fault["seconds"] for fault in left] == [5]
    look("DELETE", "/_local/faults", "kind=delay&type=*&seconds=0", status=404)


@pytest.mark.parametrize("wanted", ["kind=fire", "kind=", "type=*", "kind=delay&seconds=-1"])
def test_what_is_no_fault_is_refused(look, local, wanted):
    look("POST", "/_local/faults", wanted, status=400)
    assert local.webhooks.faults == []


def test_the_kinds_of_faults_say_what_they_do(look):
    assert look("GET", "/_local/faults")["kinds"]["duplicate"] == "it arrives twice"


# ---- faults of the API ----


def test_a_fault_of_calls_waits_and_tells_how_often_it_has_struck(look, client):
    wanted = "kind=rate_limit&path=*/customers&method=get&times=2"
    [fault] = look("POST", "/_local/api_faults", wanted)["waiting"]
    assert (fault["path"], fault["method"], fault["struck"]) == ("*/customers", "GET", 0)

    with pytest.raises(stripe.RateLimitError):
        client.v1.customers.list()

    seen = look("GET", "/_local/api_faults")
    assert [each["struck"] for each in seen["waiting"]] == [1]
    assert seen["struck"] == {"rate_limit": 1}


def test_a_fault_of_calls_can_be_taken_back_once(look, client):
    [fault] = look("POST", "/_local/api_faults", "kind=timeout&share=0.25")["waiting"]
    assert (fault["share"], fault["times"]) == (0.25, None)

    assert look("DELETE", f"/_local/api_faults/{fault['id']}")["waiting"] == []

    look("DELETE", f"/_local/api_faults/{fault['id']}", status=404)


def test_who_looks_on_is_spared(look, ask, local):
    fault = local.faults.inject("timeout", share=1)
    look("GET", "/v1/payment_intents")
    ask("GET", "/_local/api_faults")
    assert fault.struck == 0


@pytest.mark.parametrize(
    "wanted",
    ["kind=fire", "kind=", "path=*", "kind=slow&seconds=-1", "kind=timeout&times=0", "share=half"],
)
def test_what_is_no_fault_of_calls_is_refused(look, local, wanted):
    look("POST", "/_local/api_faults", wanted, status=400)
    assert local.faults.waiting == []


# ---- the request log ----


def test_requests_are_shown_newest_first_with_what_was_sent_and_answered(look, client):
    key = {"idempotency_key": "order-7"}
    client.v1.customers.create({"name": "Jenny"}, key)
    client.v1.customers.create({"name": "Jenny"}, key)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.customers.retrieve("cus_nobody")

    refused, again, first = look("GET", "/_local/requests")["data"]
    assert (refused["path"], refused["status"]) == ("/v1/customers/cus_nobody", 404)
    assert (again["replayed"], first["replayed"]) == (True, False)
    shown = look("GET", f"/_local/requests/{first['id']}")
    assert shown["idempotency_key"] == "order-7"
    assert shown["body"] == {"name": "Jenny"}
    assert shown["answer"]["object"] == "customer"


def test_no_card_number_and_no_secret_is_in_the_log_of_requests(look, ask, client, endpoint):
    ask("POST", "/v1/tokens", CARD, {"authorization": f"Bearer {PUBLISHABLE_KEY}"})
    ask("GET", "/v1/tokens/4242424242424242", CARD)
    ask("GET", "/v1/customers", headers={"authorization": "Bearer sk_live_example1234567890"})
    secret = client.v1.payment_intents.create(PAYMENT).client_secret
    client.v1.customers.create({"description": f"{SECRET_KEY} {endpoint.secret}"})

    rows = look("GET", "/_local/requests")["data"]
    shown = [look("GET", f"/_local/requests/{row['id']}") for row in rows]

    assert len(rows) == 6
    hidden = ("4242424242424242", '"987"', SECRET_KEY, endpoint.secret, secret, "example1234")
    assert [text for text in hidden if text in json.dumps([rows, shown])] == []


def test_a_body_that_is_no_form_is_shown_without_secrets(look, ask):
    ask("POST", "/v1/customers", '{"card": "5555-5555-5555-4444"}%ff')

    [row] = look("GET", "/_local/requests")["data"]

    assert "5555-5555" not in json.dumps(look("GET", f"/_local/requests/{row['id']}"))
