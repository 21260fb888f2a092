"""Checkout Sessions: what they sell, how long they are open, and how they follow their payment."""

import json
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import pytest
import stripe

from local_stripe import PUBLISHABLE_KEY
from tests.local_stripe.money import event_types, plain, refusal

THIRTY_MINUTES, A_DAY = 30 * 60, 24 * 60 * 60
PAGE = {"authorization": f"Bearer {PUBLISHABLE_KEY}"}
OLDER = {"stripe-version": "2024-06-20"}


def item(name="Lamp", amount=3900, quantity=1, currency="usd"):
    price = {"currency": currency, "unit_amount": amount, "product_data": {"name": name}}
    return {"price_data": price, "quantity": quantity}


@pytest.fixture
def sessions(client):
    return client.v1.checkout.sessions


@pytest.fixture
def opened(sessions):
    """A session that sells one lamp for $39.00, with these parameters changed."""

    def opened(**params) -> stripe.checkout.Session:
        shop = "https://shop.example"
        success, cancel = f"{shop}/paid?session_id={{CHECKOUT_SESSION_ID}}", f"{shop}/cart"
        wanted = {"mode": "payment", "success_url": success, "cancel_url": cancel}
        selling = {"line_items": [item()]} if params.get("mode", "payment") == "payment" else {}
        return sessions.create({**wanted, **selling, **params})

    return opened


@pytest.fixture
def pay(ask):
    """Pay as the Checkout page does."""

    def pay(session, card="visa", **params):
        form = {"payment_method": f"pm_card_{card}", **params}
        return ask("POST", f"/v1/payment_pages/{session.id}/confirm", form, PAGE)

    return pay


@pytest.fixture
def method(ask):
    """A card with the billing details of whoever types it into the page."""
    form = {
        "type": "card",
        "card[token]": "tok_visa",
        "billing_details[email]": "ann@example.com",
        "billing_details[name]": "Ann Lee",
        "billing_details[address][country]": "US",
        "billing_details[address][postal_code]": "94107",
    }
    return ask("POST", "/v1/payment_methods", form).body["id"]


def test_a_new_session_is_open_unpaid_and_has_no_payment_yet(opened, local):
    session = opened(client_reference_id="order-7", metadata={"order": "7"})

    assert session.id.startswith("cs_test_a1")
    assert (session.status, session.payment_status) == ("open", "unpaid")
    assert (session.payment_intent, session.customer, session.customer_details) == (None,) * 3
    assert (session.amount_subtotal, session.amount_total, session.currency) == (3900, 3900, "usd")
    assert session.url == f"{local.origin}/c/pay/{session.id}"
    assert session.expires_at == session.created + A_DAY
    assert (session.client_reference_id, session.metadata["order"]) == ("order-7", "7")
    assert (session.mode, session.ui_mode) == ("payment", "hosted_page")


def test_the_total_is_that_of_all_line_items(opened, client):
    product = client.v1.products.create({"name": "Mirror"})
    price = client.v1.prices.create(
        {"product": product.id, "currency": "usd", "unit_amount_decimal": "10.5"}
    )

    session = opened(line_items=[{"price": price.id, "quantity": 3}, item("Rug", 2000, 2)])

    assert session.amount_total == 32 + 4000


def test_line_items_are_listed_in_their_order_a_page_at_a_time(opened, sessions):
    session = opened(line_items=[item(name) for name in ("Lamp", "Rug", "Mirror")])
    listed = sessions.line_items.list

    first = listed(session.id, {"limit": 2})
    rest = listed(session.id, {"limit": 2, "starting_after": first.data[-1].id})
    back = listed(session.id, {"limit": 1, "ending_before": rest.data[0].id})

    assert [line.description for line in first.data] == ["Lamp", "Rug"]
    assert ([line.description for line in rest.data], rest.has_more) == (["Mirror"], False)
    assert ([line.description for line in back.data], back.has_more) == (["Rug"], True)
    assert (first.has_more, first.url) == (True, f"/v1/checkout/sessions/{session.id}/line_items")


def test_a_page_of_line_items_has_one_end(opened, sessions):
    session = opened()
    (line,) = sessions.line_items.list(session.id).data
    cursors = {"starting_after": line.id, "ending_before": line.id}

    refused = refusal(lambda: sessions.line_items.list(session.id, cursors))
    unknown = refusal(lambda: sessions.line_items.list(session.id, {"starting_after": "li_nope"}))

    assert refused["param"] == "ending_before"
    assert unknown["message"] == "No such item: 'li_nope'"


def test_line_items_are_part_of_a_session_only_when_expanded(opened, sessions):
    session = opened()

    expanded = sessions.retrieve(session.id, {"expand": ["line_items.data.price.product"]})

    assert "line_items" not in plain(session)
    (line,) = plain(expanded)["line_items"]["data"]
    assert (line["quantity"], line["amount_total"], line["object"]) == (1, 3900, "item")
    assert line["price"]["product"]["name"] == "Lamp"


def test_a_price_made_for_a_line_item_sells_nothing_else(opened, sessions):
    (line,) = sessions.line_items.list(opened().id).data

    refused = refusal(lambda: opened(line_items=[{"price": line.price.id, "quantity": 1}]))

    assert line.price.active is False
    assert refused["message"] == (
        "The price specified is inactive. This field only accepts active prices."
    )
    assert refused["param"] == "line_items[0][price]"


def test_a_price_sells_in_its_other_currencies_too(opened, client):
    product = client.v1.products.create({"name": "Mirror"})
    prices = {"product": product.id, "currency": "usd", "unit_amount": 2500}
    price = client.v1.prices.create({**prices, "currency_options": {"eur": {"unit_amount": 2300}}})
    line_items = [{"price": price.id, "quantity": 2}]

    session = opened(line_items=line_items, currency="eur")
    refused = refusal(lambda: opened(line_items=line_items, currency="gbp"))

    assert (session.amount_total, session.currency) == (4600, "eur")
    assert refused["message"] == (
        "The price specified only supports `usd`. This doesn't match the expected currency: `gbp`."
    )


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"mode": "subscription"}, "The local Stripe does not implement Checkout Sessions in `su"),
        ({"ui_mode": "form"}, "The local Stripe does not implement Checkout with `ui_mode=form`"),
        ({"ui_mode": "embedded_page"}, "You can not pass `cancel_url` in `embedded_page` mode."),
        ({"return_url": "https://shop.example"}, "You can not pass `return_url` in `hosted_page`"),
        ({"allow_promotion_codes": True}, "The local Stripe does not implement the parameter `al"),
        ({"locale": "tlh"}, "Invalid locale: must be one of auto, "),
        ({"line_items": []}, "Missing required param: line_items."),
        ({"line_items": [item(quantity=0)]}, "This value must be greater than or equal to 1."),
        ({"line_items": [item(amount=0)]}, "The local Stripe does not implement Checkout Sess"),
        (
            {"line_items": [item(amount=49)]},
            "The Checkout Session's total amount due must add up to at least $0.50 usd",
        ),
        (
            {"line_items": [item(), item(currency="eur")]},
            "The price specified only supports `eur`. This doesn't match the expected currency: ",
        ),
        (
            {"line_items": [{"quantity": 1}]},
            "Pass either `price` or `price_data` in `line_items[0]`.",
        ),
        (
            {"line_items": [{"price_data": item()["price_data"]}]},
            "Quantity is required. Add `quantity` to `line_items[0]`",
        ),
        (
            {"line_items": [{"price": "price_nope", "quantity": 1}]},
            "No such price: 'price_nope'",
        ),
        ({"success_url": "javascript:alert(1)"}, "Not a valid URL"),
        ({"cancel_url": "shop.example/cart"}, "Not a valid URL"),
        ({"customer_email": "ann"}, "Invalid email address: ann"),
        (
            {"customer": "cus_1", "customer_email": "ann@example.com"},
            "You may only specify one of these parameters: customer, customer_email.",
        ),
        ({"customer": "cus_nope"}, "No such customer: 'cus_nope'"),
        ({"client_reference_id": "x" * 201}, "Invalid string: xxxxx"),
        ({"mode": "setup"}, "Missing required param: currency."),
        (
            {"allowed_payment_method_types": ["link"]},
            "The local Stripe does not implement Checkout by Link alone.",
        ),
        (
            {"setup_intent_data": {"description": "Later"}},
            "You can not pass `setup_intent_data` in `payment` mode.",
        ),
    ],
)
def test_what_cannot_be_is_refused(opened, params, message):
    refused = refusal(lambda: opened(**params))

    assert refused["status"] == 400
    assert refused["message"].startswith(message)


def test_the_older_versions_name_the_ways_to_pay(ask, opened):
    form = "mode=payment&success_url=https://shop.example&payment_method_types[]=card"
    line = "line_items[0][price_data][currency]=usd&line_items[0][price_data][unit_amount]=900"
    sold = "line_items[0][price_data][product_data][name]=Cup&line_items[0][quantity]=1"

    session = ask("POST", "/v1/checkout/sessions", f"{form}&{line}&{sold}", OLDER)
    newer = refusal(lambda: opened(payment_method_types=["card"]))

    assert session.body["payment_method_types"] == ["card"]
    assert newer["message"] == "Received unknown parameter: payment_method_types"


def test_a_session_is_open_for_half_an_hour_at_least_and_a_day_at_most(opened, local):
    now = local.clock.now()

    assert opened(expires_at=now + THIRTY_MINUTES).expires_at == now + THIRTY_MINUTES
    sooner = refusal(lambda: opened(expires_at=now + THIRTY_MINUTES - 1))
    later = refusal(lambda: opened(expires_at=now + A_DAY + 1))

    made = "from Checkout Session creation."
    assert sooner["message"] == f"The `expires_at` timestamp must be at least 30 minutes {made}"
    assert later["message"] == f"The `expires_at` timestamp must be less than 24 hours {made}"


def test_a_session_expires_when_its_time_is_up(opened, sessions, local, client):
    session = opened(expires_at=local.clock.now() + THIRTY_MINUTES)

    local.advance(THIRTY_MINUTES - 1)
    before = sessions.retrieve(session.id)
    local.advance(A_DAY)
    after = sessions.retrieve(session.id)

    assert (before.status, after.status, after.url) == ("open", "expired", None)
    (event,) = client.v1.events.list({"type": "checkout.session.expired"}).data
    assert event.created == session.expires_at
    assert event.data.object["id"] == session.id


def test_a_session_can_be_expired_once_while_it_is_open(opened, sessions):
    session = opened()

    assert sessions.expire(session.id).status == "expired"
    again = refusal(lambda: sessions.expire(session.id))

    assert again == {
        "status": 400,
        "type": "invalid_request_error",
        "message": 'Only Checkout Sessions with a status in ["open"] can be expired. This '
        "Checkout Session has a status of `expired`.",
    }


def test_an_expired_session_takes_no_money(opened, sessions, pay, client):
    session = opened()
    pay(session, "visa_chargeDeclined")
    intent = sessions.retrieve(session.id).payment_intent
    sessions.expire(session.id)

    refused = pay(session)

    assert refused.status == 400
    assert refused.error["message"] == (
        "This Checkout Session has a status of `expired`: nobody can pay any more."
    )
    assert client.v1.payment_intents.retrieve(intent).status == "canceled"
    assert client.v1.balance.retrieve().pending[0].amount == 0


def test_paying_completes_the_session_and_tells(opened, sessions, pay, client):
    session = opened(payment_intent_data={"description": "Order 7", "metadata": {"order": "7"}})

    answer = pay(session, expected_amount=3900)
    done = sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})

    assert answer.body["status"] == "complete"
    assert answer.body["success_url"] == f"https://shop.example/paid?session_id={session.id}"
    assert (done.status, done.payment_status, done.url) == ("complete", "paid", None)
    intent = done.payment_intent
    assert (intent.status, intent.amount, intent.description) == ("succeeded", 3900, "Order 7")
    assert (intent.metadata["order"], intent.latest_charge.paid) == ("7", True)
    assert event_types(client) == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
        "charge.updated",
    ]


def test_a_completed_session_knows_who_paid(opened, sessions, ask, method):
    session = opened()

    ask("POST", f"/v1/payment_pages/{session.id}/confirm", {"payment_method": method})
    paid = plain(sessions.retrieve(session.id))["customer_details"]

    assert (paid["email"], paid["name"]) == ("ann@example.com", "Ann Lee")
    assert (paid["address"]["country"], paid["address"]["postal_code"]) == ("US", "94107")


def test_the_address_that_the_shop_knew_is_the_one_that_counts(opened, sessions, ask, method):
    session = opened(customer_email="shop@example.com")

    ask("POST", f"/v1/payment_pages/{session.id}/confirm", {"payment_method": method})

    assert session.customer_details.email == "shop@example.com"
    assert sessions.retrieve(session.id).customer_details.email == "shop@example.com"


def test_a_declined_payer_tries_the_same_payment_again(opened, sessions, pay, client):
    session = opened()

    declined = pay(session, "visa_chargeDeclined")
    between = sessions.retrieve(session.id)
    paid = pay(session)

    assert (declined.status, declined.error["code"]) == (402, "card_declined")
    assert (between.status, between.payment_status) == ("open", "unpaid")
    assert paid.body["payment_intent"]["id"] == between.payment_intent
    charges = client.v1.charges.list({"payment_intent": between.payment_intent}).data
    assert [charge.status for charge in charges] == ["succeeded", "failed"]


def test_a_second_tab_pays_nothing_more(opened, pay, client):
    session = opened()

    first, second = pay(session), pay(session, "mastercard")

    assert (second.status, second.body) == (200, first.body)
    assert len(client.v1.payment_intents.list().data) == 1
    assert len(client.v1.charges.list().data) == 1


def test_many_confirmations_at_once_make_one_payment(opened, pay, client):
    session = opened()

    with ThreadPoolExecutor(8) as tabs:
        answers = list(tabs.map(lambda _: pay(session), range(8)))

    assert {answer.status for answer in answers} == {200}
    assert len(client.v1.charges.list().data) == 1


def test_nobody_pays_another_total_than_they_saw(opened, pay, sessions):
    session = opened()

    refused = pay(session, expected_amount=100)

    assert (refused.status, refused.error["param"]) == (400, "expected_amount")
    assert sessions.retrieve(session.id).payment_intent is None


def test_only_the_page_touches_the_payment_of_an_open_session(opened, pay, sessions, client):
    session = opened()
    pay(session, "visa_chargeDeclined")
    intent = sessions.retrieve(session.id).payment_intent
    intents = client.v1.payment_intents

    refusals = [
        refusal(lambda: intents.cancel(intent)),
        refusal(lambda: intents.update(intent, {"amount": 100})),
        refusal(lambda: intents.confirm(intent, {"payment_method": "pm_card_visa"})),
    ]

    assert {refused["message"] for refused in refusals} == {
        "You cannot perform this action on PaymentIntents created by Checkout. Try expiring the "
        "Checkout Session instead."
    }


@pytest.fixture
def authenticate(ask):
    """Answer the challenge that a payment waits for, as its owner."""

    def authenticate(waiting):
        intent = waiting["payment_intent"]
        url = intent["next_action"]["redirect_to_url"]["url"]
        form = {
            "client_secret": intent["client_secret"],
            "source": parse_qs(urlsplit(url).query)["source"][0],
            "outcome": "authenticated",
        }
        return ask("POST", "/v1/3ds2/challenge_complete", form, PAGE)

    return authenticate


def test_3d_secure_sends_the_payer_away_and_back(opened, pay, sessions, authenticate):
    session = opened()
    back = "http://127.0.0.1:8000/proxy/c/pay"

    waiting = pay(session, "authenticationRequired", return_url=back).body
    authenticate(waiting)

    action = waiting["payment_intent"]["next_action"]["redirect_to_url"]
    assert (waiting["status"], action["return_url"]) == ("open", back)
    assert sessions.retrieve(session.id).payment_status == "paid"


def test_a_challenge_answered_after_the_session_expired_takes_no_money(
    opened, pay, sessions, authenticate, client
):
    session = opened()
    waiting = pay(session, "authenticationRequired").body
    sessions.expire(session.id)

    answer = authenticate(waiting)

    assert answer.status == 400
    assert client.v1.charges.list().data == []


def test_a_challenge_in_one_tab_takes_nothing_once_another_tab_has_paid(
    opened, pay, authenticate, client
):
    session = opened()
    waiting = pay(session, "authenticationRequired").body
    pay(session)

    answer = authenticate(waiting)

    assert answer.status == 400
    assert len(client.v1.charges.list().data) == 1


def test_a_payer_may_not_be_sent_anywhere_but_to_a_page(opened, pay):
    refused = pay(opened(), "authenticationRequired", return_url="javascript:alert(1)")

    assert (refused.status, refused.error["param"]) == (400, "return_url")


def test_a_held_payment_completes_the_session_unpaid_until_it_is_captured(
    opened, pay, sessions, client
):
    session = opened(payment_intent_data={"capture_method": "manual"})

    pay(session)
    held = sessions.retrieve(session.id)
    client.v1.payment_intents.capture(held.payment_intent)

    assert (held.status, held.payment_status) == ("complete", "unpaid")
    assert sessions.retrieve(session.id).payment_status == "paid"
    assert "checkout.session.async_payment_succeeded" not in event_types(client)


@pytest.mark.parametrize(
    ("iban", "payment_status", "event"),
    [
        ("AT611904300234573201", "paid", "checkout.session.async_payment_succeeded"),
        ("IT60X0542811101000000123456", "unpaid", "checkout.session.async_payment_failed"),
    ],
)
def test_a_bank_debit_completes_the_session_days_before_it_is_known_how_it_ends(
    opened, sessions, ask, local, client, iban, payment_status, event
):
    session = opened(
        line_items=[item(currency="eur")], allowed_payment_method_types=["card", "sepa_debit"]
    )
    form = {
        "type": "sepa_debit",
        "sepa_debit[iban]": iban,
        "billing_details[email]": "ann@example.com",
        "billing_details[name]": "Ann Lee",
    }
    method = ask("POST", "/v1/payment_methods", form).body["id"]

    ask("POST", f"/v1/payment_pages/{session.id}/confirm", {"payment_method": method})
    waiting = sessions.retrieve(session.id)
    local.advance(6 * A_DAY)
    settled = sessions.retrieve(session.id)

    assert (waiting.status, waiting.payment_status) == ("complete", "unpaid")
    assert waiting.customer_details.email == "ann@example.com"
    assert (settled.status, settled.payment_status) == ("complete", payment_status)
    told = [type for type in event_types(client) if type.startswith("checkout.")]
    assert told == ["checkout.session.completed", event]


def test_a_way_to_pay_that_does_not_take_the_currency_is_refused(opened):
    refused = refusal(lambda: opened(allowed_payment_method_types=["sepa_debit"]))

    assert refused["message"].startswith("The currency provided (usd) is invalid.")


def test_a_setup_session_saves_the_card_of_its_customer(opened, pay, sessions, client):
    customer = client.v1.customers.create({"email": "ann@example.com"})
    session = opened(mode="setup", currency="usd", customer=customer.id)

    pay(session)
    done = sessions.retrieve(session.id, {"expand": ["setup_intent.payment_method"]})

    assert (session.amount_total, session.payment_status) == (None, "no_payment_required")
    assert (done.status, done.payment_status) == ("complete", "no_payment_required")
    assert done.setup_intent.status == "succeeded"
    assert done.setup_intent.payment_method.customer == customer.id


def test_a_session_makes_a_customer_of_the_payer_if_it_shall(opened, sessions, ask, method, client):
    session = opened(
        customer_creation="always", payment_intent_data={"setup_future_usage": "off_session"}
    )

    ask("POST", f"/v1/payment_pages/{session.id}/confirm", {"payment_method": method})
    customer = client.v1.customers.retrieve(sessions.retrieve(session.id).customer)

    assert (customer.email, customer.name) == ("ann@example.com", "Ann Lee")
    assert client.v1.payment_methods.retrieve(method).customer == customer.id


def test_metadata_can_be_changed(opened, sessions):
    session = opened(metadata={"order": "7"})

    changed = sessions.update(session.id, {"metadata": {"gift": "yes"}})

    assert plain(changed)["metadata"] == {"gift": "yes", "order": "7"}


@pytest.fixture
def own(sessions):
    """A session for a lamp and two cups, $49.00, which a page of the shop's sells."""
    wanted = {"mode": "payment", "ui_mode": "elements", "return_url": "https://shop.example/paid"}
    return sessions.create({**wanted, "line_items": [item(), item("Cup", 500, 2)]})


def sold(sessions, session) -> list[tuple[str, int, int]]:
    """What it sells: names, quantities and amounts."""
    items = sessions.line_items.list(session.id).data
    return [(item.description, item.quantity, item.amount_total) for item in items]


def test_a_session_of_the_shops_own_page_can_sell_something_else(own, sessions):
    lamp, cups = sessions.line_items.list(own.id).data
    more = {"id": cups.id, "quantity": 3, "metadata": {"color": "red"}}

    changed = sessions.update(own.id, {"line_items": [more, item("Rug", 9900), {"id": lamp.id}]})

    assert sold(sessions, own) == [("Cup", 3, 1500), ("Rug", 1, 9900), ("Lamp", 1, 3900)]
    assert (changed.amount_subtotal, changed.amount_total) == (15300, 15300)
    kept = sessions.line_items.list(own.id).data
    assert [kept[0].id, kept[2].id] == [cups.id, lamp.id]
    assert plain(kept[0].metadata) == {"color": "red"}


@pytest.fixture
def pay_there(own, pay):
    """Pay as the shop's own page does."""

    def pay_there(card="visa", **params):
        inside = {"client_secret": own.client_secret, "use_stripe_sdk": "true"}
        return pay(own, card, **inside, **params)

    return pay_there


def test_a_payment_that_was_begun_is_over_the_new_amount(own, sessions, pay_there, client):
    begun = pay_there("authenticationRequired").body["payment_intent"]
    assert begun["status"] == "requires_action"

    sessions.update(own.id, {"line_items": [item("Cup", 500)]})

    intent = client.v1.payment_intents.retrieve(begun["id"])
    assert (intent.amount, intent.status) == (500, "requires_confirmation")
    paid = pay_there(expected_amount=500).body
    assert (paid["payment_status"], paid["amount_total"]) == ("paid", 500)


def test_who_saw_the_old_total_pays_nothing(own, sessions, pay_there):
    sessions.update(own.id, {"line_items": [item("Cup", 500)]})

    refused = pay_there(expected_amount=4900)

    assert (refused.status, refused.body["error"]["param"]) == (400, "expected_amount")
    assert sessions.retrieve(own.id).payment_status == "unpaid"


@pytest.mark.parametrize(
    ("changed", "param"),
    [
        ([{"id": "li_nope"}], "line_items[0][id]"),
        ([{"id": "first"}, {"id": "first"}], "line_items[1][id]"),
        ([{"id": "first", "quantity": 0}], "line_items[0][quantity]"),
        ([item(currency="eur")], "line_items[0][price]"),
        ([item(amount=1)], None),
    ],
    ids=["unknown", "twice", "none of it", "currency", "too little"],
)
def test_a_change_that_cannot_be_sold_changes_nothing(own, sessions, changed, param):
    first = sessions.line_items.list(own.id).data[0].id
    sent = [{**data, **({"id": first} if data.get("id") == "first" else {})} for data in changed]

    refused = refusal(lambda: sessions.update(own.id, {"line_items": sent}))

    assert refused.get("param") == param
    assert sold(sessions, own) == [("Lamp", 1, 3900), ("Cup", 2, 1000)]


def test_stripes_page_and_a_closed_session_sell_what_they_were_made_for(
    opened, sessions, own, pay_there
):
    pay_there()

    for session in (opened(), own):
        refused = refusal(lambda id=session.id: sessions.update(id, {"line_items": [item()]}))
        assert refused["param"] == "line_items"


def test_a_session_that_saves_a_card_sells_nothing_later_either(sessions):
    wanted = {"mode": "setup", "ui_mode": "elements", "currency": "usd"}
    saving = sessions.create({**wanted, "return_url": "https://shop.example/saved"})

    refused = refusal(lambda: sessions.update(saving.id, {"line_items": [item()]}))

    assert refused["param"] == "line_items"
    assert sessions.retrieve(saving.id).amount_total is None


def test_sessions_are_found_by_status_customer_email_and_payment(opened, pay, sessions, client):
    customer = client.v1.customers.create({"email": "bob@example.com"})
    of_bob, paid = opened(customer=customer.id), opened(customer_email="ann@example.com")
    pay(paid)
    intent = sessions.retrieve(paid.id).payment_intent

    def found(**wanted):
        return [session.id for session in sessions.list(wanted).data]

    assert found() == [paid.id, of_bob.id]
    assert found(status="open") == found(customer=customer.id) == [of_bob.id]
    assert found(customer_details={"email": "ann@example.com"}) == [paid.id]
    assert found(payment_intent=intent) == [paid.id]


def test_the_page_sees_what_it_shows_and_nothing_more(opened, ask):
    session = opened(metadata={"margin": "80%"}, client_reference_id="order-7")

    seen = ask("GET", f"/v1/payment_pages/{session.id}", headers=PAGE).body
    whole = ask("GET", f"/v1/payment_pages/{session.id}").body

    assert [line["description"] for line in seen["line_items"]] == ["Lamp"]
    assert "80%" not in json.dumps(seen)
    assert "order-7" not in json.dumps(seen)
    assert whole["metadata"] == {"margin": "80%"}


@pytest.mark.parametrize("path", ["checkout/sessions", "payment_pages"])
def test_a_session_that_there_is_not_is_a_404(ask, path):
    answer = ask("GET", f"/v1/{path}/cs_test_nope")

    assert (answer.status, answer.error["param"]) == (404, "session")
    assert answer.error["message"] == "No such checkout.session: 'cs_test_nope'"


# ---- inside the shop's page ----

INSIDE = {"embedded_page": {"return_url": "https://shop.example/paid"}, "elements": {}}


@pytest.fixture
def inside(sessions):
    """A session for a page of the shop's."""

    def inside(ui_mode, **params) -> stripe.checkout.Session:
        wanted = {"mode": "payment", "ui_mode": ui_mode, "line_items": [item()]}
        return sessions.create({**wanted, **INSIDE[ui_mode], **params})

    return inside


@pytest.mark.parametrize("ui_mode", INSIDE)
def test_a_session_inside_the_shops_page_has_a_client_secret_and_no_address(inside, ui_mode):
    session = inside(ui_mode)
    assert (session.ui_mode, session.url, session.success_url) == (ui_mode, None, None)
    assert session.client_secret.startswith(f"{session.id}_secret_")


@pytest.mark.parametrize("ui_mode", INSIDE)
def test_a_page_sees_and_pays_such_a_session_only_with_its_secret(ask, inside, ui_mode):
    session = inside(ui_mode)
    path = f"/v1/payment_pages/{session.id}"
    back = {"payment_method": "pm_card_visa", "return_url": "https://shop.example"}
    assert ask("GET", path, {}, PAGE).status == 400
    assert ask("GET", path, {"client_secret": f"{session.client_secret}x"}, PAGE).status == 400
    assert ask("POST", f"{path}/confirm", back, PAGE).status == 400
    secret = {"client_secret": session.client_secret}
    assert ask("GET", path, secret, PAGE).status == 200
    assert ask("POST", f"{path}/confirm", back | secret, PAGE).body["status"] == "complete"


def test_a_session_of_the_hosted_page_takes_no_secret(ask, opened):
    path = f"/v1/payment_pages/{opened().id}"
    assert ask("GET", path, {"client_secret": "cs_secret_x"}, PAGE).status == 400


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"return_url": "paid"}, "Not a valid URL"),
        (
            {"redirect_on_completion": "never"},
            "You can not pass `return_url` in `redirect_on_completion=never` mode.",
        ),
        ({"success_url": "https://shop.example"}, "You can not pass `success_url` in `embedded_p"),
    ],
)
def test_an_embedded_page_says_where_it_leads(inside, params, message):
    refused = refusal(lambda: inside("embedded_page", **params))
    assert refused["message"].startswith(message)


def test_an_embedded_page_may_lead_nowhere(sessions):
    session = sessions.create(
        {
            "mode": "payment",
            "ui_mode": "embedded_page",
            "redirect_on_completion": "never",
            "line_items": [item()],
        }
    )
    assert (session.redirect_on_completion, session.return_url) == ("never", None)


def test_an_embedded_page_that_leads_back_needs_to_know_where(sessions):
    wanted = {"mode": "payment", "ui_mode": "embedded_page", "line_items": [item()]}
    assert refusal(lambda: sessions.create(wanted))["param"] == "return_url"
