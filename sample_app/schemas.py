"""What the JSON API takes and answers; its OpenAPI document is made from these."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema
from marshmallow.validate import Length, OneOf, Range, Regexp

from sample_app.models import MAX_ID
from sample_app.order_status import OrderStatus
from sample_app.orders import MAX_ITEM_IDS, MAX_PAGE_SIZE, PAGE_SIZE
from sample_app.payments import PAYMENT_METHOD, TOKEN


class ItemSchema(Schema):
    """Something the shop sells; the price is in minor units of the currency."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    description = fields.String(required=True)
    price = fields.Integer(required=True, metadata={"example": 3900})
    currency = fields.String(required=True, metadata={"example": "usd"})


class OrderLineSchema(Schema):
    """So many of one item, at the price of the day it was ordered."""

    item_id = fields.Integer(required=True)
    name = fields.String(attribute="item.name", required=True)
    quantity = fields.Integer(required=True)
    unit_price = fields.Integer(required=True)
    amount = fields.Integer(required=True)


class OrderSchema(Schema):
    """An order as its customer may see it."""

    id = fields.String(required=True, metadata={"example": "ord_sLmmDS5U3pSTKlZvYvWqjA"})
    status = fields.String(required=True, validate=OneOf([status.value for status in OrderStatus]))
    amount = fields.Integer(required=True, metadata={"example": 59550})
    amount_refunded = fields.Integer(
        required=True, metadata={"example": 0, "description": "what went back, or is on its way"}
    )
    currency = fields.String(required=True, metadata={"example": "usd"})
    description = fields.String(
        required=True, metadata={"example": "1x Desk lamp, 1x Table, 1x Bookshelf, 3x Chair"}
    )
    created_at = fields.AwareDateTime(required=True)
    lines = fields.List(fields.Nested(OrderLineSchema), required=True)


class OrderPageSchema(Schema):
    """Some orders, newest first; ask again with `after` to go on, until it is null."""

    orders = fields.List(fields.Nested(OrderSchema), required=True)
    after = fields.String(required=True, allow_none=True)


class OrderPageQuery(Schema):
    limit = fields.Integer(load_default=PAGE_SIZE, validate=Range(1, MAX_PAGE_SIZE))
    after = fields.String(load_default=None, metadata={"description": "the last page's `after`"})


class NewOrderSchema(Schema):
    """An item's id comes once for each piece. Give a token or a payment method, not both."""

    item_ids = fields.List(
        fields.Integer(strict=True, validate=Range(1, MAX_ID)),
        required=True,
        validate=Length(1, MAX_ITEM_IDS),
        metadata={"example": [1, 2, 3, 5, 5, 5]},
    )
    token = fields.String(
        validate=Regexp(TOKEN, error="This is no token."),
        metadata={"example": "tok_visa"},
    )
    payment_method = fields.String(
        validate=Regexp(PAYMENT_METHOD, error="This is no payment method."),
        metadata={"example": "pm_card_visa"},
    )

    @validates_schema
    def one_way_to_pay(self, data: dict[str, Any], **_: Any) -> None:
        if ("token" in data) == ("payment_method" in data):
            raise ValidationError("Give a token or a payment_method, one of the two.", "token")


class IdempotencyKeySchema(Schema):
    idempotency_key = fields.String(
        data_key="Idempotency-Key",
        load_default=None,
        validate=Length(16, 255, error="Use a random name that nobody guesses, such as a UUID."),
        metadata={"description": "Names this order: a repeated request finds it again."},
    )


class ErrorSchema(Schema):
    """Every error has this shape."""

    code = fields.Integer(required=True, metadata={"description": "the HTTP status"})
    status = fields.String(required=True, metadata={"description": "the status in words"})
    message = fields.String(metadata={"description": "for people"})
    errors = fields.Dict(metadata={"description": "what is wrong, by place and field"})
    order = fields.Nested(OrderSchema, metadata={"description": "402: the order that can be paid"})
