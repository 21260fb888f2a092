"""The pages of those who work in the shop: find any order, give its money back, ship it."""

import secrets
from collections.abc import Callable

import stripe
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug import Response
from wtforms import HiddenField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from sample_app import audit, refunds, stripe_errors
from sample_app.after_sales import Refund
from sample_app.circuit import CircuitOpen, asking_stripe
from sample_app.database import db
from sample_app.models import Customer, Order
from sample_app.money import format_money, read_money
from sample_app.orders import find_any_order, search_orders
from sample_app.roles import Permission
from sample_app.shipping import NotShippable, obstacle_to, ship
from sample_app.staff_entrance import Page, may

staff = Blueprint("staff", __name__, url_prefix="/staff")

UNCONFIRMED = "Stripe did not confirm the refund. It is kept: ask again in a minute."


class RefundForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """How much goes back, and why. The `request_key` makes a second click the same refund."""

    amount = StringField("Amount", [InputRequired("Say how much goes back.")])
    reason = StringField(
        "Reason",
        [
            DataRequired("Say why: it is kept with the order."),
            Length(max=500, message="That is too long: 500 characters at most."),
        ],
        [lambda text: text.replace("\0", "").strip() if text else text],  # PostgreSQL takes no NUL
    )
    request_key = HiddenField(validators=[Length(16, 64)])

    def __init__(self, order: Order) -> None:
        super().__init__()
        self.order = order
        if not self.is_submitted():
            self.renew()

    def renew(self) -> None:
        """What is sent next is another refund."""
        self.request_key.data = secrets.token_urlsafe(16)

    def validate_amount(self, field: StringField) -> None:
        """Read it in the currency of the order, into `minor_units`."""
        try:
            self.minor_units = read_money(field.data, self.order.currency)
        except ValueError as problem:
            raise ValidationError(str(problem)) from problem


@staff.get("")
@may(Permission.SEE_ORDERS)
def home(_member: Customer) -> Page:
    return redirect(url_for(".list_orders"), 303)


@staff.get("/orders")
@may(Permission.SEE_ORDERS)
def list_orders(_member: Customer) -> Page:
    """Everybody's orders, newest first; or those that an id or an e-mail address finds."""
    text = request.args.get("q", "").replace("\0", "").strip()
    page = search_orders(db.session, text, after=request.args.get("after"))
    return render_template("staff_orders.html", page=page, text=text)


@staff.get("/orders/<order_id>")
@may(Permission.SEE_ORDERS)
def show_order(member: Customer, order_id: str) -> Page:
    order = find_any_order(db.session, order_id)
    return _order_page(member, order, RefundForm(order))


@staff.post("/orders/<order_id>/refunds")
@may(Permission.REFUND)
def refund(member: Customer, order_id: str) -> Page:
    order = find_any_order(db.session, order_id)
    form = RefundForm(order)
    if not form.validate():
        return _order_page(member, order, form), 422
    wish = {"staff": member, "reason": form.reason.data, "request_key": form.request_key.data}
    try:
        return _give_back(
            order,
            lambda client: refunds.refund(db.session, client, order, form.minor_units, **wish),
        )
    except refunds.RefundRefused as refused:
        form.amount.errors = [str(refused)]
        form.renew()
        return _order_page(member, order, form), 422


@staff.post("/orders/<order_id>/refunds/<refund_id>")
@may(Permission.REFUND)
def ask_again(member: Customer, order_id: str, refund_id: str) -> Page:
    """Find out about a refund that Stripe did not confirm."""
    order = find_any_order(db.session, order_id)
    kept = next((refund for refund in order.refunds if refund.id == refund_id), None) or abort(404)
    if kept.stripe_id is None:
        amount = format_money(kept.amount, order.currency)
        audit.note(db.session, "refund asked for again", order, member, amount)
        db.session.commit()
    try:
        return _give_back(order, lambda client: refunds.resume(db.session, client, kept))
    except refunds.RefundRefused as refused:
        flash(str(refused), "warning")
        return _to_order(order)


@staff.post("/orders/<order_id>/shipment")
@may(Permission.SHIP)
def ship_order(member: Customer, order_id: str) -> Page:
    order = find_any_order(db.session, order_id)
    try:
        ship(db.session, order, member)
        flash("The order is shipped.")
    except NotShippable as obstacle:
        flash(f"The order was not shipped. {obstacle}", "warning")
    return _to_order(order)


def _give_back(order: Order, ask: Callable[[stripe.StripeClient], Refund]) -> Response:
    """Ask Stripe, and say what came of it. Raises `RefundRefused`."""
    try:
        with asking_stripe() as client:
            given = ask(client)
        flash(f"Refund of {format_money(given.amount, order.currency)}: {given.status}.")
    except CircuitOpen as silence:
        flash(f"{silence} Try again in a minute.", "warning")
    except stripe.StripeError as error:
        stripe_errors.log(error, order.id)
        flash(UNCONFIRMED, "warning")
    return _to_order(order)


def _order_page(member: Customer, order: Order, form: RefundForm) -> str:
    return render_template(
        "staff_order.html",
        order=order,
        form=form,
        may_refund=member.may(Permission.REFUND),
        obstacle=obstacle_to(order),
        trail=audit.trail(db.session, order),
    )


def _to_order(order: Order) -> Response:
    return redirect(url_for(".show_order", order_id=order.id), 303)
