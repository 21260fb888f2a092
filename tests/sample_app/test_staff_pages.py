"""The pages of those who work in the shop, and everybody who tries to get in."""

import re

import pytest
from sqlalchemy import select

from sample_app.after_sales import AuditEntry, Refund
from sample_app.catalogue import Item
from sample_app.circuit import FAILURES_IN_A_ROW
from sample_app.models import Customer, Order
from sample_app.order_status import OrderStatus
from sample_app.orders import PAGE_SIZE, place_order
from sample_app.payments import pay
from sample_app.roles import PERMISSIONS, Permission, Role
from tests.sample_app.deliveries import event, tell
from tests.sample_app.shopper import Shopper, member_of_staff, signed_in

RUG = 8900


@pytest.fixture
def manager(app, session):
    return member_of_staff(app, session)


@pytest.fixture
def support(app, session):
    return member_of_staff(app, session, Role.SUPPORT, "sam@shop.example")


@pytest.fixture
def paid(session, stripe_client, client):
    """A guest's order of a rug, paid and fulfilled."""
    order = pay(session, stripe_client, place_order(session, [4]), payment_method="pm_card_visa")
    tell(client, event("payment_intent.succeeded", order.payment_intent_id))
    session.refresh(order)
    return order


def page_of(order):
    return f"/staff/orders/{order.id}"


def given_back(session):
    session.expire_all()
    return [(refund.amount, refund.status) for refund in session.scalars(select(Refund))]


def trail(session):
    entries = select(AuditEntry).order_by(AuditEntry.id)
    return [(entry.action, entry.staff and entry.staff.email) for entry in session.scalars(entries)]


# Who gets in

PATHS = ["/staff", "/staff/orders", "/staff/orders/ord_1", "/staff/two-step"]


@pytest.mark.parametrize("path", PATHS)
def test_a_guest_is_asked_to_sign_in_and_comes_back(client, path):
    answer = client.get(path)
    assert answer.status_code == 303
    assert answer.location.startswith("/sign-in?next=%2Fstaff") or "next=/staff" in answer.location


@pytest.mark.parametrize("path", [*PATHS, "/staff/two-step/secret.svg"])
def test_to_a_customer_no_staff_page_exists(app, session, path):
    customer = signed_in(app, session, "ada@example.com")
    customer.open("/staff/nothing")
    nothing = customer.text
    assert customer.open(path).status_code == 404
    assert customer.text == nothing


def test_a_customer_reads_nothing_of_staff_in_the_header(app, session):
    customer = signed_in(app, session, "ada@example.com")
    customer.open("/")
    assert customer.page.find("a", string="Staff") is None


def test_staff_find_their_pages_in_the_header(manager):
    manager.open("/")
    assert manager.open(manager.page.find("a", string="Staff")["href"]).status_code == 200


def test_staff_whose_phone_was_not_asked_are_sent_to_the_second_step(app, session, paid):
    staff = Customer(email="grace@shop.example", password_hash="-", role=Role.MANAGER)
    session.add(staff)
    session.commit()
    answer = app.test_client(user=staff).get(page_of(paid))
    assert answer.location == f"/staff/two-step?next={page_of(paid)}"


def test_support_sees_and_ships_but_gives_no_money_back(support, session, paid):
    support.open(page_of(paid))
    assert "Give money back" not in support.text
    csrf_token = support.page.find("input", attrs={"name": "csrf_token"})["value"]
    wish = {"csrf_token": csrf_token, "amount": "1.00", "reason": "-", "request_key": "k" * 16}
    assert support.send(f"{page_of(paid)}/refunds", wish).status_code == 403
    assert given_back(session) == []
    support.open(page_of(paid))
    support.press("The parcel is on its way")
    assert "The order is shipped." in support.page.text


@pytest.mark.parametrize("form", ["refunds", "refunds/1", "shipment"])
def test_no_form_of_a_customers_reaches_an_order(app, session, paid, form):
    customer = signed_in(app, session, "ada@example.com")
    customer.open("/")
    csrf_token = customer.page.find("input", attrs={"name": "csrf_token"})["value"]
    wish = {"csrf_token": csrf_token, "amount": "1.00", "reason": "-", "request_key": "k" * 16}
    answer = customer.send(f"{page_of(paid)}/{form}", {**wish, "role": "manager"})
    assert answer.status_code == 404
    session.expire_all()
    assert (given_back(session), session.get_one(Order, paid.id).shipped_at) == ([], None)


@pytest.mark.parametrize("form", ["refunds", "refunds/1", "shipment"])
def test_a_guests_form_leads_to_sign_in_and_does_nothing(client, session, paid, form):
    guest = Shopper(client)
    guest.open("/")
    csrf_token = guest.page.find("input", attrs={"name": "csrf_token"})["value"]
    wish = {"csrf_token": csrf_token, "amount": "1.00", "reason": "-", "request_key": "k" * 16}
    guest.send(f"{page_of(paid)}/{form}", wish)
    assert guest.path.startswith("/sign-in?next=/staff")
    assert given_back(session) == []


def test_nobody_gives_themselves_a_role(client, session):
    guest = Shopper(client)
    guest.open("/sign-up")
    typed = {"email": "eve@example.com", "password": "a short sentence", "role": "manager"}
    guest.press("Make the account", **typed)
    assert session.scalar(select(Customer.role)) is Role.CUSTOMER


def test_a_role_that_is_taken_away_is_gone_at_once(manager, session):
    session.scalar(select(Customer)).role = Role.CUSTOMER
    session.commit()
    assert manager.open("/staff/orders").status_code == 404


def test_customers_may_nothing_and_only_managers_give_money_back():
    may_refund = {role for role in Role if Permission.REFUND in PERMISSIONS[role]}
    assert may_refund == {Role.MANAGER}
    assert PERMISSIONS[Role.CUSTOMER] == frozenset()


# Finding orders


def test_every_order_is_listed_newest_first_page_by_page(manager, session):
    ids = [place_order(session, [1]).id for _ in range(PAGE_SIZE + 2)]
    manager.open("/staff")
    seen = [link["href"] for link in manager.page.select(".history a")]
    (older,) = manager.page.find_all("a", string="Older orders")
    manager.open(older["href"])
    seen += [link["href"] for link in manager.page.select(".history a")]
    assert seen == [f"/staff/orders/{order_id}" for order_id in reversed(ids)]


@pytest.mark.parametrize("text", ["ord", "Ada@Example.com", "bob@example.com"])
def test_an_order_is_found_by_its_id_or_its_address(manager, app, session, text):
    ada = Customer(email="ada@example.com", password_hash="-")
    adas, bobs, nobodys = (place_order(session, [1], who) for who in (ada, None, None))
    bobs.email = "bob@example.com"
    session.commit()
    sought = {"ord": nobodys, "Ada@Example.com": adas, "bob@example.com": bobs}[text]
    manager.open("/staff/orders")
    manager.open(f"/staff/orders?q={sought.id if text == 'ord' else text}")
    assert [link["href"] for link in manager.page.select(".history a")] == [page_of(sought)]


@pytest.mark.parametrize("text", ["nobody@example.com", "%00", "' OR 1=1 --", "%"])
def test_what_is_no_order_finds_none(manager, session, order, text):
    manager.open(f"/staff/orders?q={text}")
    assert ("No order has this id" in manager.text) is (text != "%00")


@pytest.mark.parametrize("path", ["/staff/orders/ord_1", "/staff/orders?after=ord_1"])
def test_what_there_is_not_is_not_found(manager, path):
    assert manager.open(path).status_code == 404


# Giving money back


def refund(person, order, amount, reason="It broke."):
    person.open(page_of(order))
    return person.press("Refund", amount=amount, reason=reason)


def test_a_manager_gives_a_part_back_and_the_customer_sees_it(manager, client, session, paid):
    refund(manager, paid, "10.50")
    assert "Refund of $10.50: succeeded." in manager.page.text
    assert given_back(session) == [(1050, "succeeded")]
    assert client.get(f"/orders/{paid.id}").json["amount_refunded"] == 1050

    customer = Shopper(client)
    customer.open(f"/shop/orders/{paid.id}")
    assert re.search(r"\$10\.50 of \$89\.00 refunded on \d+ \w+ \d{4}", customer.text)
    assert "It broke." not in customer.text


def test_the_trail_says_who_did_what(manager, session, paid):
    refund(manager, paid, "89")
    assert trail(session) == [
        ("refund asked for", "grace@shop.example"),
        ("refund succeeded", None),
    ]
    assert "refund asked for: $89.00: It broke." in manager.text
    assert session.get_one(Order, paid.id, populate_existing=True).status is OrderStatus.REFUNDED
    assert "Give money back" not in manager.text


def test_the_same_form_sent_twice_is_one_refund(manager, session, paid):
    manager.open(page_of(paid))
    path, fields = manager.form("Refund")
    for _ in range(2):
        manager.send(path, {**fields, "amount": "10", "reason": "It broke."})
        assert "Refund of $10.00: succeeded." in manager.page.text
    assert given_back(session) == [(1000, "succeeded")]


@pytest.mark.parametrize(
    "typed",
    ["", "-1", "+1", "NaN", "inf", "1e3", "0x10", "1_000", "10,50", "$10", "1.2.3", "٣", "1" * 40],
)
def test_an_amount_that_nobody_would_type_is_refused_at_its_field(manager, session, paid, typed):
    answer = refund(manager, paid, typed)
    assert answer.status_code == 422
    assert manager.page.select("#amount-error")
    assert given_back(session) == []


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("0", "Give back more than nothing."),
        ("0.00", "Give back more than nothing."),
        ("10.505", "USD has no amount 10.505."),
        ("89.01", "At most $89.00 can go back."),
        ("999999999", "At most $89.00 can go back."),
    ],
)
def test_an_amount_that_cannot_go_back_is_refused_with_a_reason(
    manager, session, paid, typed, sentence
):
    assert refund(manager, paid, typed).status_code == 422
    assert manager.rows("#amount-error") == [sentence]
    assert given_back(session) == []


def test_an_amount_is_read_in_the_orders_currency(manager, session, stripe_client):
    session.add(Item(id=90, name="Tea bowl", price=500, currency="jpy"))
    session.commit()
    order = pay(session, stripe_client, place_order(session, [90]), payment_method="pm_card_visa")
    assert refund(manager, order, "1.50").status_code == 422
    assert manager.rows("#amount-error") == ["JPY has no amount 1.50."]
    refund(manager, order, "150")
    assert given_back(session) == [(150, "succeeded")]
    assert "¥150" in manager.text


def test_a_refund_has_a_reason(manager, session, paid):
    assert refund(manager, paid, "10", reason=" ").status_code == 422
    assert manager.rows("#reason-error") == ["Say why: it is kept with the order."]
    assert refund(manager, paid, "10", reason="x" * 501).status_code == 422
    assert given_back(session) == []


def test_what_staff_type_is_shown_as_they_typed_it(manager, paid):
    refund(manager, paid, "10", reason="<script>alert(1)</script>")
    assert "<script>alert(1)</script>" in manager.text
    assert manager.page.main.find("script") is None


def test_stripes_refusal_is_told_at_the_field_and_the_next_try_is_another_one(
    manager, session, stripe_client, paid
):
    stripe_client.v1.refunds.create({"payment_intent": paid.payment_intent_id, "amount": 5000})
    assert refund(manager, paid, "80").status_code == 422
    assert manager.rows("#amount-error") == [
        "Stripe refuses this refund; the shop's log has the number of the request."
    ]
    manager.press("Refund", amount="39", reason="It broke.")
    assert given_back(session) == [(8000, "failed"), (3900, "succeeded")]


def test_while_stripe_is_silent_the_refund_is_kept_and_asked_about_again(
    manager, session, local, paid
):
    local.faults.inject("reset", path="/v1/refunds", method="POST", times=1)
    refund(manager, paid, "10")
    assert "Stripe did not confirm the refund. It is kept" in manager.page.text
    assert given_back(session) == [(1000, "pending")]
    manager.press("Ask Stripe again")
    assert "Refund of $10.00: succeeded." in manager.page.text
    assert given_back(session) == [(1000, "succeeded")]


def test_who_asks_about_a_refund_again_is_on_record(manager, app, session, local, paid):
    local.faults.inject("reset", path="/v1/refunds", method="POST", times=1)
    refund(manager, paid, "10")
    colleague = member_of_staff(app, session, email="linus@shop.example")
    colleague.open(page_of(paid))
    path, fields = colleague.form("Ask Stripe again")
    for _ in range(2):  # the second time, there is nothing to ask
        colleague.send(path, fields)
    assert trail(session) == [
        ("refund asked for", "grace@shop.example"),
        ("refund asked for again", "linus@shop.example"),
        ("refund succeeded", None),
    ]


def test_while_stripe_is_away_nobody_is_told_that_a_refund_is_kept_which_is_not(
    manager, session, local, paid
):
    local.faults.inject("reset", path="/v1/refunds", share=1.0)
    for _ in range(FAILURES_IN_A_ROW + 1):
        refund(manager, paid, "1")
    assert "Stripe was not asked: it did not answer lately." in manager.page.text
    assert given_back(session) == [(100, "pending")] * FAILURES_IN_A_ROW


def test_a_refund_is_asked_about_at_its_own_order_only(manager, session, local, paid, order):
    local.faults.inject("reset", path="/v1/refunds", method="POST", times=1)
    refund(manager, paid, "10")
    path, fields = manager.form("Ask Stripe again")
    assert manager.send(path.replace(paid.id, order.id), fields).status_code == 404
    assert given_back(session) == [(1000, "pending")]


def test_a_refund_that_no_database_can_hold_is_not_found(manager, paid):
    manager.open(page_of(paid))
    _, fields = manager.form("Refund")
    assert manager.send(f"{page_of(paid)}/refunds/%00", fields).status_code == 404


def test_an_order_that_is_not_paid_offers_no_refund(manager, order):
    manager.open(page_of(order))
    assert "Give money back" not in manager.text
    assert "Not to be shipped. It is pending." in manager.text


# Shipping


def test_a_paid_order_is_shipped_and_its_customer_sees_it(manager, client, session, paid):
    manager.open(page_of(paid))
    manager.press("The parcel is on its way")
    assert trail(session) == [("shipped", "grace@shop.example")]
    customer = Shopper(client)
    customer.open(f"/shop/orders/{paid.id}")
    assert "Shipped" in customer.text


def test_an_order_that_was_refunded_meanwhile_is_not_shipped(manager, app, session, paid):
    manager.open(page_of(paid))
    colleague = member_of_staff(app, session, email="linus@shop.example")
    refund(colleague, paid, "89")
    manager.press("The parcel is on its way")
    assert "The order was not shipped. It is refunded." in manager.page.text
    assert session.get_one(Order, paid.id, populate_existing=True).shipped_at is None
