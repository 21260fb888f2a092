"""The JSON API, described at `/openapi.json`.

It takes `application/json` and nothing else. That is also what keeps other sites out: a browser
sends their forms in three other types, and asks the shop first before a script of theirs may send
this one; the shop never agrees. So the API needs no CSRF token.
"""

from typing import Any

from flask import Flask, current_app, request
from flask.views import MethodView
from flask_login import current_user
from flask_smorest import Api, Blueprint, abort
from sqlalchemy import select

from sample_app import schemas
from sample_app.database import db
from sample_app.models import Customer, Item, Order
from sample_app.orders import Page, find_order, list_orders, place_order
from sample_app.payments import pay

api = Blueprint("api", __name__, description="The shop as JSON")
ERROR = schemas.ErrorSchema

SETTINGS = {
    "API_TITLE": "The shop",
    "API_VERSION": "1",
    "OPENAPI_VERSION": "3.1.0",
    "OPENAPI_URL_PREFIX": "/",
}


def init_app(app: Flask) -> None:
    """Register the API and its description."""
    app.config.update(SETTINGS)
    Api(app).register_blueprint(api)


@api.before_request
def refuse_what_is_not_json() -> None:
    if request.method == "POST" and not request.is_json:
        abort(415, message="Send JSON, with Content-Type: application/json.")


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
    def post(self, body: dict[str, Any], headers: dict[str, Any]) -> Order:
        """Place an order and pay it"""
        item_ids = body.pop("item_ids")
        order = place_order(db.session, item_ids, customer(), headers["idempotency_key"])
        return pay(db.session, current_app.extensions["stripe"], order, **body)

    @api.arguments(schemas.OrderPageQuery, location="query")
    @api.response(200, schemas.OrderPageSchema)
    @api.alt_response(401, schema=ERROR, description="Nobody is signed in.")
    def get(self, query: dict[str, Any]) -> Page:
        """The signed-in customer's orders, newest first"""
        who = customer()
        if who is None:
            abort(401, message="Sign in to see your orders.")
        return list_orders(db.session, who, **query)


@api.route("/orders/<order_id>")
class SingleOrderResource(MethodView):
    @api.response(200, schemas.OrderSchema)
    @api.alt_response(404, schema=ERROR, description="No such order, or somebody else's.")
    def get(self, order_id: str) -> Order:
        """One order: the customer's own, or a guest's to whoever holds its id"""
        return find_order(db.session, order_id, customer())


def customer() -> Customer | None:
    return db.session.get(Customer, current_user.id) if current_user.is_authenticated else None
