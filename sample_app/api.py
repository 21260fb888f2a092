"""The JSON API, described at `/openapi.json`.

It takes `application/json` and nothing else. That is also what keeps other sites out: a browser
sends their forms in three other types, and asks the shop first before a script of theirs may send
this one; the shop never agrees. So the API needs no CSRF token.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Request, g, request
from flask.views import MethodView
from flask_smorest import Api, Blueprint, abort
from marshmallow import Schema
from sqlalchemy import select
from webargs.flaskparser import FlaskParser
from werkzeug import Response
from werkzeug.exceptions import BadRequest

from sample_app import schemas
from sample_app.accounts import signed_in_customer
from sample_app.checkout_pages import to_checkout
from sample_app.circuit import asking_stripe
from sample_app.database import db
from sample_app.fulfilment import fulfil_at_once
from sample_app.models import Item, Order
from sample_app.orders import Page, find_order, list_orders, place_order
from sample_app.payments import pay
from sample_app.security import csrf


class JsonParser(FlaskParser):
    """A body is read once; what is no JSON, or too deep to read, is refused like any bad body."""

    def load_json(self, req: Request, schema: Schema) -> Any:
        try:
            return req.get_json()
        except (BadRequest, RecursionError):
            abort(422, message="The body is no JSON.", errors={"json": ["This is no JSON."]})


class JsonBlueprint(Blueprint):  # type: ignore[misc]  # flask-smorest has no types
    ARGUMENTS_PARSER = JsonParser()


api = JsonBlueprint("api", __name__, description="The shop as JSON")
View = TypeVar("View", bound=Callable[..., Any])

AWAY = "The database did not answer. Come back."

SETTINGS = {
    "API_TITLE": "The shop",
    "API_VERSION": "1",
    "OPENAPI_VERSION": "3.1.0",
    "OPENAPI_URL_PREFIX": "/",
}


class JsonApi(Api):  # type: ignore[misc]  # flask-smorest has no types
    ERROR_SCHEMA = schemas.ErrorSchema


def init_app(app: Flask) -> None:
    """Register the API and its description."""
    app.config.update(SETTINGS)
    JsonApi(app).register_blueprint(api)
    csrf.exempt(api)


def refuses(descriptions: dict[int, str]) -> Callable[[View], View]:
    """Describe, status by status, when an operation answers with an error."""

    def describe(view: View) -> View:
        for status, text in descriptions.items():
            view = api.alt_response(status, schema=schemas.ErrorSchema, description=text)(view)
        return view

    return describe


@api.before_request
def take_only_json() -> None:
    """Refuse any other content type."""
    if request.method == "POST" and not request.is_json:
        abort(415, message="Send JSON, with Content-Type: application/json.")


@api.route("/items")
class ItemResource(MethodView):
    @api.response(200, schemas.ItemSchema(many=True))
    @refuses({503: AWAY})
    def get(self) -> Any:
        """What the shop sells"""
        return db.session.scalars(select(Item).order_by(Item.id)).all()


@api.route("/orders")
class OrderResource(MethodView):
    @api.arguments(schemas.NewOrderSchema())
    @api.arguments(schemas.IdempotencyKeySchema(), location="headers")
    @api.response(201, schemas.OrderSchema, description="The order is paid.")
    @refuses(
        {
            402: "The card was declined; the order is kept, and payable again.",
            404: "The shop does not sell one of the items.",
            409: "The order of this Idempotency-Key was canceled since.",
            413: "The body is too large.",
            415: "The body is not application/json.",
            429: "That was too often: come back after the seconds of `Retry-After`.",
            500: "The shop is at fault; the order is kept.",
            503: "Stripe or the database did not answer. Come back with the same key.",
        }
    )
    def post(self, body: dict[str, Any], headers: dict[str, Any]) -> Order:
        """Place an order and pay it"""
        item_ids, card = body.pop("item_ids"), body
        order = place_order(db.session, item_ids, signed_in_customer(), headers["idempotency_key"])
        g.order_id = order.id  # for the log, if Stripe fails
        with asking_stripe() as client:
            paid = pay(db.session, client, order, **card)
        fulfil_at_once(paid)
        return paid

    @api.arguments(schemas.OrderPageQuery(), location="query")
    @api.response(200, schemas.OrderPageSchema)
    @refuses({401: "Nobody is signed in.", 404: "There is no order to go on after.", 503: AWAY})
    def get(self, query: dict[str, Any]) -> Page:
        """The signed-in customer's orders, newest first"""
        customer = signed_in_customer() or abort(401, message="Sign in to see your orders.")
        return list_orders(db.session, customer, **query)


@api.route("/orders/<order_id>")
class SingleOrderResource(MethodView):
    @api.response(200, schemas.OrderSchema)
    @refuses({404: "There is no such order, or it is somebody else's.", 503: AWAY})
    def get(self, order_id: str) -> Order:
        """One order: the customer's own, or a guest's to whoever holds its id"""
        return find_order(db.session, order_id, signed_in_customer())


@api.route("/orders/<order_id>/checkout")
class CheckoutResource(MethodView):
    @api.response(303, description="Go to `Location`: there, on Stripe's page, it can be paid.")
    @refuses(
        {
            404: "There is no such order, or it is somebody else's.",
            409: "The order is paid or canceled, or its payment is under way.",
            415: "The body is not application/json.",
            429: "That was too often: come back after the seconds of `Retry-After`.",
            500: "The shop is at fault; the order is kept.",
            503: "Stripe or the database did not answer; the order is kept. Come back.",
        }
    )
    def post(self, order_id: str) -> Response:
        """Pay an order with Checkout"""
        return to_checkout(find_order(db.session, order_id, signed_in_customer()))
