"""The pages: what a customer sees, and what pressing a button does."""

import pytest
import sqlalchemy as sa
import stripe

from local_stripe import SECRET_KEY
from local_stripe.transport import InProcess
from sample_app import create_app
from sample_app.models import Customer, Item, Order
from sample_app.order_status import OrderStatus
from sample_app.orders import place_order
from tests.sample_app.shopper import signed_in, words
from tests.sample_app.statements import count_statements


@pytest.fixture
def ada(app, session):
    return signed_in(app, session, "ada@example.com")


@pytest.fixture
def bob(app, session):
    return signed_in(app, session, "bob@example.com")


@pytest.fixture
def charges(local):
    """All that Stripe took."""
    client = stripe.StripeClient(SECRET_KEY, http_client=InProcess(local))
    return lambda: [charge.amount for charge in client.v1.charges.list().data if charge.paid]


def only_order(session):
    session.expire_all()
    return session.scalars(sa.select(Order)).one()


# The catalogue


def test_the_catalogue_shows_every_item_with_its_price(shopper):
    shopper.open("/")
    assert shopper.rows(".item h2")[:3] == ["Desk lamp", "Table", "Bookshelf"]
    assert shopper.rows(".item .price")[:3] == ["$39.00", "$249.00", "$129.00"]
    assert len(shopper.rows(".item")) == 8


def test_every_item_of_the_demo_catalogue_has_a_picture_of_its_own(shopper):
    shopper.open("/")
    pictures = {picture["src"] for picture in shopper.page.select(".item img")}
    assert len(pictures) == 8
    assert "/static/pictures/parcel.svg" not in pictures


def test_an_item_without_a_picture_is_shown_as_a_parcel(shopper, session):
    session.add(Item(name="../../Teapot", price=1200))
    session.commit()
    shopper.open("/")
    assert shopper.page.select(".item img")[-1]["src"] == "/static/pictures/parcel.svg"


def test_a_name_with_html_in_it_is_text(shopper, session):
    session.add(Item(name="<script>alert(1)</script>", price=1200))
    session.commit()
    response = shopper.open("/")
    assert shopper.rows(".item h2")[-1] == "<script>alert(1)</script>"
    assert "<script>alert(1)" not in response.text


def test_what_is_sold_out_says_so_and_has_no_button(shopper, session):
    session.get(Item, 5).stock = 0
    session.commit()
    shopper.open("/")
    assert "Sold out" in words(shopper.page.find(id="item-5"))
    assert not shopper.page.find(id="item-5").find("button")
    assert len(shopper.page.select(".item button")) == 7


def test_an_empty_shop_says_how_to_fill_it(shopper, session):
    session.execute(sa.delete(Item))
    session.commit()
    shopper.open("/")
    assert "flask --app sample_app seed" in shopper.text


# Placing an order


def test_the_cart_becomes_an_order_at_the_shops_prices(shopper, session):
    shopper.fill_cart("Desk lamp", "Chair", "Chair")
    shopper.open("/shop/cart")
    shopper.press("Place the order", amount="1")
    order = only_order(session)
    assert (order.description, order.amount) == ("1x Desk lamp, 2x Chair", 15800)
    assert order.status is OrderStatus.PENDING
    assert shopper.path == f"/shop/orders/{order.id}/pay"
    assert shopper.rows("nav .count") == []


def test_a_double_click_places_one_order(shopper, another_shopper, session):
    shopper.fill_cart("Chair")
    shopper.open("/shop/cart")
    click = shopper.form("Place the order")
    another_shopper.client.set_cookie("session", shopper.client.get_cookie("session").value)
    shopper.send(*click)
    another_shopper.send(*click)
    assert another_shopper.path == shopper.path
    only_order(session)


def test_the_same_cart_on_another_day_is_another_order(shopper):
    first = shopper.place_order("Chair")
    assert shopper.place_order("Chair") != first


def test_an_empty_cart_places_no_order(shopper, session):
    shopper.fill_cart("Chair")
    shopper.open("/shop/cart")
    click = shopper.form("Place the order")
    shopper.press("Remove Chair")
    shopper.send(*click)
    assert shopper.rows(".message") == ["Choose at least one item."]
    assert session.scalars(sa.select(Order)).all() == []


def test_an_order_belongs_to_the_customer_who_is_signed_in(ada, session):
    ada.place_order("Chair")
    assert only_order(session).customer.email == "ada@example.com"


# Paying


def test_the_form_has_stripes_script_in_it_and_no_field_for_a_card(shopper, app, order):
    shopper.open(f"/shop/orders/{order.id}/pay")
    (form,) = shopper.page.select("form#pay")
    assert app.config["STRIPE_JS_URL"] in [script["src"] for script in form.find_all("script")]
    assert form["data-publishable-key"].startswith("pk_test_")
    assert {field["name"] for field in form.find_all("input")} == {"csrf_token", "token"}


def test_a_good_card_pays_the_order(shopper, order, charges):
    shopper.open(f"/shop/orders/{order.id}/pay")
    shopper.pay("tok_visa")
    assert shopper.path == f"/shop/orders/{order.id}"
    assert shopper.rows(".message") == ["Thank you. Your order is paid."]
    assert shopper.rows(".status") == ["Paid"]
    assert charges() == [15800]


@pytest.mark.parametrize(
    ("token", "says"),
    [
        ("tok_chargeDeclined", "Your bank declined this card."),
        ("tok_chargeDeclinedInsufficientFunds", "There is not enough money on this card."),
        ("tok_chargeDeclinedExpiredCard", "This card has expired."),
    ],
)
def test_a_declined_card_is_told_and_the_order_is_kept(shopper, session, order, token, says):
    shopper.open(f"/shop/orders/{order.id}/pay")
    response = shopper.pay(token)
    assert response.status_code == 402
    assert shopper.rows("[role=alert]")[0].startswith(says)
    assert only_order(session).status is OrderStatus.PENDING


def test_after_a_declined_card_another_one_pays(shopper, order, charges):
    shopper.open(f"/shop/orders/{order.id}/pay")
    shopper.pay("tok_chargeDeclined")
    shopper.pay("tok_visa")
    assert shopper.rows(".status") == ["Paid"]
    assert charges() == [15800]


def test_a_paid_order_is_not_paid_again(shopper, another_shopper, order, charges):
    shopper.open(f"/shop/orders/{order.id}/pay")
    another_shopper.open(f"/shop/orders/{order.id}/pay")
    shopper.pay("tok_visa")
    another_shopper.pay("tok_mastercard")
    assert another_shopper.path == f"/shop/orders/{order.id}"
    assert another_shopper.rows(".status") == ["Paid"]
    assert charges() == [15800]


def test_looking_at_the_head_of_a_pay_page_is_not_paying(shopper, order):
    assert shopper.client.head(f"/shop/orders/{order.id}/pay").status_code == 200


def test_the_pay_page_of_a_paid_order_is_its_order_page(shopper, order):
    shopper.open(f"/shop/orders/{order.id}/pay")
    shopper.pay("tok_visa")
    shopper.open(f"/shop/orders/{order.id}/pay")
    assert shopper.path == f"/shop/orders/{order.id}"
    assert shopper.rows(".message") == []


@pytest.mark.parametrize(
    "token", ["", "tok_", "pm_card_visa", "4242424242424242", "tok_\r\nX: y", "tok_漢", "tok_" * 99]
)
def test_what_is_no_token_is_refused_by_the_form(shopper, order, token):
    shopper.open(f"/shop/orders/{order.id}/pay")
    response = shopper.pay(token)
    assert response.status_code == 422
    assert shopper.rows("[role=alert]") == ["Enter your card."]
    assert token not in response.text or not token


def test_an_unknown_token_is_told(shopper, order):
    shopper.open(f"/shop/orders/{order.id}/pay")
    response = shopper.pay("tok_unknown")
    assert response.status_code == 422
    assert shopper.rows("[role=alert]")[0].startswith("This card cannot be used")


class Unreachable(stripe.HTTPClient):
    """The cable is out."""

    name = "unreachable"

    def request(self, method, url, headers, post_data=None):
        raise stripe.APIConnectionError("no route to host")


def test_when_stripe_is_out_of_reach_the_way_back_to_the_form_is_shown(shopper, app, order):
    app.extensions["stripe"] = stripe.StripeClient(SECRET_KEY, http_client=Unreachable())
    path = f"/shop/orders/{order.id}/pay"
    shopper.open(path)
    response = shopper.pay("tok_visa")
    assert response.status_code == 503
    assert "Your order is kept" in shopper.text
    assert shopper.page.main.find("a")["href"] == path


@pytest.mark.parametrize(("key", "hint"), [("pk_test_local", True), ("pk_live_only_a_name", False)])
def test_test_cards_are_named_in_test_mode_only(shopper, app, order, monkeypatch, key, hint):
    monkeypatch.setitem(app.config, "STRIPE_PUBLISHABLE_KEY", key)
    shopper.open(f"/shop/orders/{order.id}/pay")
    assert ("4242" in shopper.text) is hint


# The order page


def test_the_order_page_shows_lines_total_status_and_reference(shopper, order):
    shopper.open(f"/shop/orders/{order.id}")
    assert shopper.rows(".lines h3") == ["Desk lamp", "Chair"]
    assert shopper.rows(".lines p") == ["1 × $39.00", "2 × $59.50"]
    assert shopper.rows(".sum.total") == ["Total $158.00"]
    assert shopper.rows(".status") == ["Not paid yet"]
    assert order.id in shopper.text


def test_an_order_keeps_its_prices_when_the_shop_changes_them(shopper, session, order):
    session.execute(sa.update(Item).values(price=99))
    session.commit()
    shopper.open(f"/shop/orders/{order.id}")
    assert shopper.rows(".sum.total") == ["Total $158.00"]


def test_a_pending_order_can_be_paid_from_its_page(shopper, order):
    shopper.open(f"/shop/orders/{order.id}")
    shopper.open(shopper.page.main.find("a")["href"])
    assert shopper.path == f"/shop/orders/{order.id}/pay"


def test_a_canceled_order_cannot_be_paid(shopper, session, order):
    order.status = OrderStatus.CANCELED
    session.commit()
    shopper.open(f"/shop/orders/{order.id}/pay")
    assert shopper.path == f"/shop/orders/{order.id}"
    assert shopper.rows(".status") == ["Canceled"]
    assert shopper.page.main.find("a") is None


def test_a_guest_is_told_to_keep_the_address(shopper):
    path = shopper.place_order("Chair")
    shopper.open(path)
    assert "keep the address of this page" in shopper.text


@pytest.mark.parametrize("page", ["", "/pay"])
def test_a_customers_order_does_not_exist_for_anybody_else(ada, bob, shopper, page):
    path = ada.place_order("Chair")
    assert bob.open(path + page).status_code == 404
    assert shopper.open(path + page).status_code == 404
    assert ada.open(path + page).status_code == 200


def test_nobody_else_can_pay_a_customers_order(ada, bob, charges):
    path = ada.place_order("Chair")
    bob.open("/")
    _, fields = bob.form("Add Chair to the cart")
    response = bob.send(f"{path}/pay", {**fields, "token": "tok_visa"})
    assert response.status_code == 404
    assert charges() == []


def test_a_guest_pays_the_order_whose_address_they_hold(another_shopper, shopper):
    path = shopper.place_order("Chair")
    another_shopper.open(f"{path}/pay")
    another_shopper.pay("tok_visa")
    assert another_shopper.rows(".status") == ["Paid"]


# Order history


@pytest.fixture
def adas_orders(ada, session):
    """Five orders, the oldest first."""
    customer = session.scalar(sa.select(Customer).where(Customer.email == "ada@example.com"))
    return [place_order(session, [item_id], customer) for item_id in (1, 2, 3, 4, 5)]


def test_a_guest_is_asked_to_sign_in(shopper):
    shopper.open("/shop/orders")
    assert shopper.path == "/sign-in?next=/shop/orders"
    assert shopper.rows(".message") == ["Sign in to see your orders."]


def test_a_new_customer_has_no_orders(ada):
    ada.open("/shop/orders")
    assert "No orders yet" in ada.text


def test_orders_are_listed_newest_first(ada, adas_orders):
    ada.open("/shop/orders")
    assert ada.rows(".what") == ["1x Chair", "1x Rug", "1x Bookshelf", "1x Table", "1x Desk lamp"]
    assert ada.rows(".history .price")[0] == "$59.50"


def test_nobody_sees_the_orders_of_another_customer(bob, adas_orders):
    bob.open("/shop/orders")
    assert "No orders yet" in bob.text


def test_a_guests_order_is_in_nobodys_history(ada, order):
    ada.open("/shop/orders")
    assert "No orders yet" in ada.text


def test_a_long_history_comes_in_pages(ada, adas_orders):
    ada.open("/shop/orders?limit=2")
    assert ada.rows(".what") == ["1x Chair", "1x Rug"]
    ada.open(ada.page.select(".pager a")[-1]["href"])
    assert ada.rows(".what") == ["1x Bookshelf", "1x Table"]
    ada.open(ada.page.select(".pager a")[-1]["href"])
    assert ada.rows(".what") == ["1x Desk lamp"]
    assert ada.rows(".pager a") == ["Newest orders"]


@pytest.mark.parametrize(
    ("limit", "shown"), [("1", 1), ("0", 1), ("-5", 1), ("many", 5), ("", 5), ("9" * 30, 5)]
)
def test_a_limit_that_makes_no_sense_is_mended(ada, adas_orders, limit, shown):
    ada.open(f"/shop/orders?limit={limit}")
    assert len(ada.rows(".what")) == shown


def test_a_history_costs_the_same_however_many_orders_there_are(ada, adas_orders, session):
    with count_statements(session) as few:
        ada.open("/shop/orders?limit=1")
    with count_statements(session) as many:
        ada.open("/shop/orders?limit=5")
    assert len(few) == len(many) == 2  # the customer, and the orders with everything in them


# Errors


def test_what_is_not_there_is_a_page_that_leads_back_to_the_shop(shopper):
    response = shopper.open("/nothing/here")
    assert response.status_code == 404
    assert "There is nothing here" in shopper.text
    assert shopper.page.main.find("a")["href"] == "/"


@pytest.mark.parametrize("order_id", ["ord_unknown", "x" * 3000, "%00", "ord_%F0%9F%8C%B3", "%ff"])
def test_an_order_that_is_none_is_not_found(shopper, order_id):
    assert shopper.open(f"/shop/orders/{order_id}").status_code == 404


def test_without_a_database_there_is_still_an_error_page_for_a_signed_in_customer(tmp_path):
    no_tables = f"sqlite:///{tmp_path}/empty.db"
    client = create_app({"DATABASE_URL": no_tables, "SECRET_KEY": "for-tests"}).test_client()
    with client.session_transaction() as session:
        session["_user_id"] = "1"
    response = client.get("/")
    assert response.status_code == 503
    assert "One moment, please" in response.text


def test_a_fault_of_the_shop_is_a_page_that_tells_nothing_of_it(app, ada, monkeypatch):
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    app.extensions["stripe"] = None
    path = ada.place_order("Chair")
    ada.open(f"{path}/pay")
    response = ada.pay("tok_visa")
    assert response.status_code == 500
    assert "The fault is ours" in ada.text
    assert "Error" not in ada.text.replace("Error 500", "")
