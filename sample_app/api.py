"""The JSON API, described at `/openapi.json`.

It takes `application/json` and nothing else. That is also what keeps other sites out: a browser
sends their forms in three other types, and asks the shop first before a script of theirs may send
this one; the shop never agrees. So the API needs no CSRF token.
"""

from typing import Any

from flask import Flask, current_app, request
from flask.views import MethodView
from flask_smorest import Api, Blueprint, abort
from sqlalchemy import select
from werkzeug.exceptions import BadRequest

from sample_app import schemas
from sample_app.accounts import signed_in_customer
from sample_app.database import db
from sample_app.models import Item, Order
from sample_app.orders import Page, find_order, list_orders, place_order
from sample_app.payments import pay
from sample_app.security import csrf

api = Blueprint("api", __name__, description="The shop as JSON")
ERROR = schemas.ErrorSchema

SETTINGS = {
    "API_TITLE": "The shop",
    "API_VERSION": "1",
    "OPENAPI_VERSION": "3.1.0",
    "OPENAPI_URL_PREFIX": "/",
}


class JsonApi(Api):
    ERROR_SCHEMA = schemas.ErrorSchema


def init_app(app: Flask) -> None:
    """Register the API and its description."""
    app.config.update(SETTINGS)
    JsonApi(app).register_blueprint(api)
    csrf.exempt(api)


@api.before_request
def take_only_json() -> None:
    """Refuse any other content type, and what claims to be JSON and is not."""
    if request.method == "POST":
        if not request.is_json:
            abort(415, message="Send JSON, with Content-Type: application/json.")
        try:
            request.get_json()
        except (BadRequest, RecursionError):
            abort(422, message="The body is no JSON.", errors={"json": ["This is no JSON."]})


@api.route("/items")
class ItemResource(MethodView):
    @api.response(200, schemas.ItemSchema(many=True))
    def get(self) -> Any:
        """What the shop sells"""
        return db.session.scalars(select(Item).order_by(Item.id)).all()


@api.route("/orders")
class OrderResource(MethodView):
    @api.arguments(schemas.NewOrderSchema)
    @api.arguments(schemas.IdempotencyKeySchema, location="headers")
    @api.response(201, schemas.OrderSchema, description="The order is paid.")
    @api.alt_response(402, schema=ERROR, description="The card was declined; the order is kept.")
    @api.alt_response(404, schema=ERROR, description="The shop does not sell one of the items.")
    @api.alt_response(409, schema=ERROR, description="The order of this key was canceled since.")
    @api.alt_response(413, schema=ERROR, description="The body is too large.")
    @api.alt_response(415, schema=ERROR, description="The body is not application/json.")
    @api.alt_response(500, schema=ERROR, description="The shop is at fault; the order is kept.")
    @api.alt_response(503, schema=ERROR, description="Stripe did not answer; the order is kept.")
    def post(self, body: dict[str, Any], headers: dict[str, Any]) -> Order:
        """Place an order and pay it"""
        item_ids, card = body.pop("item_ids"), body
        order = place_order(db.session, item_ids, signed_in_customer(), headers["idempotency_key"])
        return pay(db.session, current_app.extensions["stripe"], order, **card)

    @api.arguments(schemas.OrderPageQuery, location="query")
    @api.response(200, schemas.OrderPageSchema)
    @api.alt_response(401, schema=ERROR, description="Nobody is signed in.")
    @api.alt_response(404, schema=ERROR, description="There is no order to go on after.")
    def get(self, query: dict[str, Any]) -> Page:
        """The signed-in customer's orders, newest first"""
        customer = signed_in_customer() or abort(401, message="Sign in to see your orders.")
        return list_orders(db.session, customer, **query)


@api.route("/orders/<order_id>")
class SingleOrderResource(MethodView):
    @api.response(200, schemas.OrderSchema)
    @api.alt_response(404, schema=ERROR, description="No such order, or somebody else's.")
    def get(self, order_id: str) -> Order:
        """One order: the customer's own, or a guest's to whoever holds its id"""
        return find_order(db.session, order_id, signed_in_customer())
