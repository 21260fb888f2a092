"""The pages that a person shops on: catalogue, cart, pay, order, order history.

A form that worked answers with a redirect, so that reloading the page repeats nothing.
"""

from datetime import datetime
from pathlib import Path
from typing import Any

from babel.dates import format_date
from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_wtf import FlaskForm
from sqlalchemy import select
from werkzeug import Response
from wtforms import HiddenField
from wtforms.validators import Regexp

from sample_app.accounts import signed_in_customer
from sample_app.cart import Cart
from sample_app.circuit import asking_stripe
from sample_app.database import db
from sample_app.fulfilment import fulfil_at_once
from sample_app.models import MAX_ID, MAX_QUANTITY, Item, Order
from sample_app.money import format_money
from sample_app.order_status import OrderStatus
from sample_app.orders import (
    MAX_PAGE_SIZE,
    PAGE_SIZE,
    OrderRefused,
    find_order,
    list_orders,
    place_order,
)
from sample_app.payments import (
    TOKEN,
    BankAsks,
    CardUnusable,
    OrderNotPayable,
    PaymentDeclined,
    pay,
    resume,
)

pages = Blueprint("pages", __name__)
pages.add_app_template_filter(format_money, "money")

ITEM = f"<int(max={MAX_ID}):item_id>"
PICTURES = {path.stem for path in (Path(__file__).parent / "static/pictures").glob("*.svg")}


class PayForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """What the card form sends: never a card, only the token that stands for one."""

    token = HiddenField(validators=[Regexp(TOKEN)])


@pages.get("/")
def catalogue() -> str:
    items = db.session.scalars(select(Item).order_by(Item.id)).all()
    return render_template("catalogue.html", items=items)


@pages.get("/shop/cart")
def show_cart() -> str:
    return render_template("cart.html", lines=Cart(session).lines(db.session), most=MAX_QUANTITY)


@pages.post(f"/shop/cart/{ITEM}/add")
def add_to_cart(item_id: int) -> Response:
    item = _item(item_id)
    try:
        Cart(session).add(item.id)
        flash(f"{item.name} is in your cart.", "cart")
    except ValueError as refused:
        flash(str(refused), "warning")
    return redirect(url_for(".catalogue", _anchor=f"item-{item.id}"), 303)


@pages.post(f"/shop/cart/{ITEM}")
def change_cart(item_id: int) -> Response:
    """Set how many of an item are in the cart; zero takes it out."""
    item = _item(item_id)
    try:
        Cart(session).put(item.id, request.form.get("quantity", default=-1, type=int))
    except ValueError as refused:
        flash(str(refused), "warning")
    return redirect(url_for(".show_cart"), 303)


@pages.post("/shop/orders")
def order_cart() -> Response:
    """Turn the cart into an order, and go on to pay it."""
    cart = Cart(session)
    pieces = [line.item.id for line in cart.lines(db.session) for _ in range(line.quantity)]
    try:
        order = place_order(db.session, pieces, signed_in_customer(), cart.key)
    except OrderRefused as refused:
        flash(str(refused), "warning")
        return redirect(url_for(".show_cart"), 303)
    cart.empty()
    return redirect(url_for(".pay_order", order_id=order.id), 303)


@pages.get("/shop/orders")
def list_my_orders() -> Response | str:
    """The signed-in customer's orders, newest first."""
    customer = signed_in_customer()
    if customer is None:
        flash("Sign in to see your orders.", "warning")
        here = request.full_path.removesuffix("?")
        return redirect(url_for("accounts.sign_in", next=here), 303)
    limit = min(max(request.args.get("limit", PAGE_SIZE, type=int), 1), MAX_PAGE_SIZE)
    page = list_orders(db.session, customer, after=request.args.get("after"), limit=limit)
    return render_template("orders.html", page=page, limit=limit)


@pages.get("/shop/orders/<order_id>")
def show_order(order_id: str) -> str:
    order = find_order(db.session, order_id, signed_in_customer())
    return render_template("order.html", order=order)


@pages.route("/shop/orders/<order_id>/pay", methods=["GET", "POST"])
def pay_order(order_id: str) -> Response | str | tuple[str, int]:
    """Show the card form; take the token it sends, and pay. The bank may want to ask first."""
    order = find_order(db.session, order_id, signed_in_customer())
    if order.status is not OrderStatus.PENDING:
        return _to_order(order)
    form = PayForm()
    if not form.is_submitted():
        return _card_form(order)
    if not form.validate():
        return _card_form(order, "Enter your card."), 422
    back = url_for(".return_from_bank", order_id=order.id, _external=True)
    try:
        with asking_stripe() as client:
            pay(db.session, client, order, token=form.token.data, return_url=back)
    except BankAsks as bank:
        return redirect(bank.url, 303)
    except PaymentDeclined as declined:
        return _card_form(order, str(declined)), 402
    except CardUnusable as unusable:
        return _card_form(order, str(unusable)), 422
    return _thank(order)


@pages.get("/shop/orders/<order_id>/pay/return")
def return_from_bank(order_id: str) -> Response:
    """The bank leads its customer back here. What came of it, Stripe says, not this address."""
    order = find_order(db.session, order_id, signed_in_customer())
    try:
        with asking_stripe() as client:
            resume(db.session, client, order)
    except PaymentDeclined as declined:
        flash(str(declined), "warning")
        return redirect(url_for(".pay_order", order_id=order.id), 303)
    except OrderNotPayable:  # another payment took this one's place; the order's page says more
        return _to_order(order)
    return _thank(order)


@pages.app_context_processor
def shown_everywhere() -> dict[str, Any]:
    test_mode = current_app.config["STRIPE_PUBLISHABLE_KEY"].startswith("pk_test_")
    return {"cart": Cart(session), "test_mode": test_mode}


@pages.app_template_filter("day")
def format_day(moment: datetime) -> str:
    """5 January 2026"""
    return format_date(moment, "d MMMM yyyy", locale="en_US")


@pages.app_template_filter("picture")
def picture_url(item: Item) -> str:
    """Where the picture of an item is; a parcel for what has none."""
    name = item.name.lower().replace(" ", "-")
    return url_for("static", filename=f"pictures/{name if name in PICTURES else 'parcel'}.svg")


def _item(item_id: int) -> Item:
    return db.session.get(Item, item_id) or abort(404)


def _to_order(order: Order) -> Response:
    return redirect(url_for(".show_order", order_id=order.id), 303)


def _thank(order: Order) -> Response:
    fulfil_at_once(order)
    flash("Thank you. Your order is paid.")
    return _to_order(order)


def _card_form(order: Order, problem: str | None = None) -> str:
    return render_template("pay.html", order=order, problem=problem)
