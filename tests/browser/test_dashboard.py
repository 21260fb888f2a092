"""The dashboard: what happened at the local Stripe, what goes wrong next, and its clock."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import stripe
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from local_stripe import LocalStripe
from local_stripe.server import RunningServer, start

HOSTILE = "<img src=x onerror=\"document.title='hacked'\"><script>alert(1)</script>"
VIEWS = ["Payments", "Events", "Webhooks", "Requests", "Faults", "Clock"]


@pytest.fixture(scope="module")
def server(local) -> Iterator[RunningServer]:
    with start(local) as server:
        yield server


@pytest.fixture(scope="module")
def endpoint(client) -> stripe.WebhookEndpoint:
    hooks = {"url": "http://127.0.0.1:4242/hooks", "enabled_events": ["*"]}
    return client.v1.webhook_endpoints.create(hooks)


@pytest.fixture
def open(page, server):
    """Open the dashboard: `open("payments/pi_…")`; fails on an error in the page."""
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)

    def open(place: str) -> Page:
        page.goto(f"{server.url}/dashboard#{place}")
        expect(page.locator("#now")).not_to_be_empty()
        return page

    yield open
    assert wrong == []


def pay(client, **params) -> stripe.PaymentIntent:
    return client.v1.payment_intents.create(
        {
            "amount": 3900,
            "currency": "usd",
            "payment_method": "pm_card_visa",
            "confirm": True,
            "return_url": "https://shop.example/back",
            **params,
        }
    )


def line(page: Page, text: str):
    """The newest line of a list that says this."""
    return page.locator("[data-id]").filter(has_text=text).first


# ---- payments ----


def test_a_payment_appears_by_itself_and_unfolds_to_its_charge(open, client):
    page = open("payments")
    intent = pay(client, description="Order 7", currency="jpy", metadata={"order_id": "7"})

    row = line(page, "Order 7")
    expect(row).to_contain_text("¥3,900")
    expect(row).to_contain_text("succeeded")
    row.locator("summary").first.click()

    expect(row.get_by_text(intent.latest_charge, exact=True)).to_be_visible()
    expect(row.get_by_text("visa ···· 4242")).to_be_visible()
    row.get_by_text("JSON").click()
    expect(row.get_by_role("region")).to_contain_text('"client_secret": "…"')


def test_a_payment_that_moves_on_is_shown_anew_and_stays_unfolded(open, client):
    intent = pay(client, description="To be refunded")
    page = open("payments")
    row = line(page, "To be refunded")
    row.locator("summary").first.click()

    client.v1.refunds.create({"payment_intent": intent.id, "amount": 100})

    expect(row.locator("summary").first).to_contain_text("partially refunded")
    expect(row.get_by_text("$1.00")).to_be_visible()


def test_a_link_leads_to_one_payment_unfolded(open, client):
    first, _ = pay(client, description="The one"), pay(client, description="Another")

    page = open(f"payments/{first.id}")

    expect(page.get_by_text(first.latest_charge, exact=True)).to_be_visible()
    expect(page.get_by_text("Another")).to_have_count(0)
    page.get_by_role("link", name="All payments").click()
    expect(line(page, "Another")).to_be_visible()
    expect(page.get_by_role("heading", name="Payments")).to_be_focused()


def test_a_link_to_an_unknown_payment_says_so(page, server):
    page.goto(f"{server.url}/dashboard#payments/pi_nobody")

    expect(page.get_by_role("alert")).to_have_text(["", "No such payment_intent: 'pi_nobody'", ""])


def test_older_payments_come_a_page_at_a_time(open, client):
    for number in range(25):
        pay(client, description=f"Payment number {number}")
    page = open("payments")
    rows = page.locator("[data-id]")
    expect(rows).to_have_count(20)

    page.get_by_role("button", name="Older").click()

    expect(line(page, "Payment number 0")).to_be_visible()
    ids = [row.get_attribute("data-id") for row in rows.all()]
    newest = client.v1.payment_intents.list({"limit": len(ids)}).data
    assert ids == [intent.id for intent in newest]


# ---- events and requests ----


def test_events_unfold_to_json_and_can_be_filtered_by_type(open, client):
    intent = pay(client)
    event = client.v1.events.list({"type": "payment_intent.succeeded"}).data[0]
    page = open("events")

    page.get_by_label("Type", exact=True).fill("payment_intent.*")
    page.get_by_role("button", name="Filter").click()

    expect(line(page, "payment_intent.succeeded")).to_be_visible()
    expect(line(page, "charge.succeeded")).to_have_count(0)
    row = page.locator(f"[data-id={event.id}]")
    row.locator("summary").click()
    shown = json.loads(row.get_by_role("region").text_content())
    assert (shown["id"], shown["data"]["object"]["id"]) == (event.id, intent.id)
    row.get_by_role("link", name=intent.id).click()
    expect(page.get_by_role("heading", name="Payments")).to_be_visible()


def test_an_event_leads_to_the_request_that_caused_it(open, client):
    pay(client, description="From a request")
    event = client.v1.events.list({"limit": 1}).data[0]
    page = open(f"events/{event.id}")

    page.get_by_role("link", name=event.request.id).click()

    page.get_by_text("What was sent").click()
    expect(page.get_by_role("region", name="What was sent")).to_contain_text("From a request")


def test_a_request_stays_on_its_page_when_the_log_has_room_for_it_no_more(open, client, local):
    pay(client, description="Before many others")
    page = open(f"requests/{local.log[-1].id}")
    expect(page.get_by_text("POST /v1/payment_intents")).to_be_visible()

    for _ in range(local.log.maxlen):
        client.v1.balance.retrieve()
    for _ in range(2):  # what the page hears of first is drawn before it asks again
        page.wait_for_event("response", lambda response: "/_local/clock" in response.url)

    expect(page.locator("#problem")).to_be_empty()
    expect(page.get_by_text("POST /v1/payment_intents")).to_be_visible()


def test_looking_on_is_not_in_the_request_log(open, local):
    before = len(local.log)
    page = open("requests")
    page.get_by_role("link", name="Events").click()
    expect(page.get_by_role("heading", name="Events")).to_be_visible()

    assert len(local.log) == before


# ---- webhooks ----


def test_a_delivery_is_resent_by_hand(open, client, endpoint, local):
    customer = client.v1.customers.create()
    local.deliver(lambda *_: (500, "oh <b>no</b>"))
    page = open("deliveries")
    row = line(page, "customer.created")
    row.locator("summary").first.click()
    row.get_by_text("What came back").click()
    expect(row.get_by_text("oh <b>no</b>")).to_be_visible()

    row.get_by_role("button", name="Resend").click()
    expect(page.get_by_role("status")).to_contain_text("on its way again")
    sent = []
    local.deliver(lambda url, headers, body: sent.append(json.loads(body)) or (200, "thanks"))

    expect(row.get_by_text("resent by hand")).to_be_visible()
    assert customer.id in [event["data"]["object"]["id"] for event in sent]


def test_a_fault_of_deliveries_is_switched_on_and_taken_back(open, endpoint, local):
    page = open("faults").get_by_role("region", name="Deliveries of webhooks")
    page.get_by_label("What goes wrong").select_option("delay")
    page.get_by_label("With the next event of the type").fill("charge.*")
    page.get_by_label("Later by (seconds)").fill("90")
    page.get_by_role("button", name="Switch on").click()

    expect(page.get_by_text("delay by 90 seconds")).to_be_visible()
    assert [(each.kind, each.type, each.seconds) for each in local.webhooks.faults] == [
        ("delay", "charge.*", 90)
    ]
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("None: every delivery arrives.")).to_be_visible()
    assert local.webhooks.faults == []


def test_a_fault_of_the_api_is_switched_on_strikes_and_is_taken_back(open, client, local):
    part = open("faults").get_by_role("region", name="Calls to the API")
    part.get_by_label("What goes wrong").select_option("rate_limit")
    part.get_by_label("With calls of the method").select_option("POST")
    part.get_by_label("To the path").fill("*/customers")
    part.get_by_label("How many times").fill("2")
    part.get_by_role("button", name="Switch on").click()

    expect(part.get_by_text("POST */customers")).to_be_visible()
    expect(part.get_by_text("the next 2")).to_be_visible()
    with pytest.raises(stripe.RateLimitError):
        client.v1.customers.create()
    expect(part.get_by_text("struck 1")).to_be_visible()
    expect(part.get_by_text("Struck so far: rate_limit 1")).to_be_visible()
    part.get_by_role("button", name="Remove").click()
    expect(part.get_by_text("None: every call is answered.")).to_be_visible()
    assert local.faults.waiting == []


def test_a_fault_may_strike_a_share_of_the_calls_as_a_seed_draws_them(open, local):
    part = open("faults").get_by_role("region", name="Calls to the API")
    part.get_by_label("How many times").fill("")
    part.get_by_label("Share of the calls").fill("0.25")
    part.get_by_label("Seed").fill("7")
    part.get_by_role("button", name="Switch on").click()

    expect(part.get_by_text("25% of all")).to_be_visible()
    (fault,) = local.faults.waiting
    part.get_by_role("button", name="Remove").click()
    expect(part.get_by_text("None: every call is answered.")).to_be_visible()
    assert (fault.share, fault.seed, fault.times) == (0.25, 7, None)


# ---- the clock ----


def test_the_clock_is_advanced(open, local):
    page = open("clock")
    before = local.clock.now()

    page.get_by_role("button", name="+ 1 day").click()
    expect(page.get_by_role("status")).to_contain_text("It is now")
    assert 86400 <= local.clock.now() - before < 90_000

    page.get_by_label("Advance by").fill("2")
    page.get_by_label("Unit").select_option("weeks")
    page.get_by_role("button", name="Advance").click()
    later = datetime.fromtimestamp(before + 15 * 86400, UTC)
    expect(page.locator("#now")).to_have_attribute("datetime", re.compile(f"^{later:%Y-%m-%dT}"))


# ---- whoever looks, wherever ----


def test_what_a_shop_wrote_is_text_and_never_markup(open, client, endpoint, local):
    pay(client, description=HOSTILE, metadata={HOSTILE[:40]: HOSTILE})
    client.v1.products.create({"name": HOSTILE})
    local.deliver(lambda *_: (500, HOSTILE))

    for view in ("payments", "events", "deliveries", "requests"):
        page = open(view)
        row = page.locator("[data-id]").first
        row.locator("summary").first.click()
        for fold in row.locator(".folded > summary").all():
            fold.click()
        expect(row.locator(".body")).not_to_be_empty()
        assert page.locator("#view img, #view script").count() == 0
        assert "local Stripe" in page.title()


def test_everything_is_reached_by_keyboard(open, client):
    pay(client, description="By keyboard")
    page = open("clock")
    page.get_by_role("link", name="Payments").focus()
    page.keyboard.press("Enter")
    row = line(page, "By keyboard")
    expect(row).to_be_visible()

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(row.get_by_text("Latest charge")).to_be_visible()


@pytest.mark.parametrize(
    ("scheme", "rules"),
    [("light", {}), ("dark", {"runOnly": ["color-contrast"]})],  # in the dark, colours differ
)
def test_assistive_technology_finds_nothing_wrong(
    open, page, client, endpoint, local, scheme, rules
):
    pay(client, description="For axe")
    local.deliver(lambda *_: (500, "no"))
    page.emulate_media(color_scheme=scheme)

    found = {}
    for view in VIEWS:
        open("payments").get_by_role("link", name=view, exact=True).click()
        expect(page.get_by_role("heading", name=view, level=1)).to_be_visible()
        for row in page.locator(".rows > li > details > summary").all()[:1]:
            row.click()
            expect(page.locator(".body").first).not_to_be_empty()
        found[view] = [rule["id"] for rule in Axe().run(page, options=rules).response["violations"]]

    assert found == {view: [] for view in VIEWS}


def test_it_fits_a_phone(open, page, client, endpoint, local):
    pay(client, description="A" * 200)
    local.deliver(lambda *_: (500, "B" * 200))
    page.set_viewport_size({"width": 320, "height": 640})

    for view in VIEWS:
        open("payments").get_by_role("link", name=view, exact=True).click()
        expect(page.get_by_role("heading", name=view, level=1)).to_be_visible()
        for row in page.locator(".rows > li > details > summary").all()[:1]:
            row.click()
            expect(page.locator(".body").first).not_to_be_empty()
        assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_it_works_behind_a_proxys_prefix(page, server, client):
    pay(client, description="Through a proxy")

    def forward(route) -> None:
        path = route.request.url.partition("/user/ada/proxy/1")[2]
        route.fulfill(response=route.fetch(url=server.url + path))

    page.route("http://hub.example/user/ada/proxy/1/**", forward)
    page.goto("http://hub.example/user/ada/proxy/1/dashboard")

    expect(line(page, "Through a proxy")).to_be_visible()
    gone = {"status": 502, "content_type": "text/html", "body": "<h1>Bad gateway</h1>"}
    page.route("**/_local/clock**", lambda route: route.fulfill(**gone))
    expect(page.get_by_role("alert").first).to_contain_text("does not answer")


def test_it_says_when_the_local_stripe_is_gone(page):
    with start(LocalStripe()) as server:
        page.goto(f"{server.url}/dashboard")
        expect(page.get_by_text("No payments yet")).to_be_visible()

    expect(page.get_by_role("alert").first).to_contain_text("does not answer")
