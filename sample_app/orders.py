"""Place an order, find it, list them. Who asks decides what is found."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, or_, select, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from sample_app.models import MAX_QUANTITY, Customer, Item, Order, OrderItem
from sample_app.money import MAXIMUM_AMOUNT, format_money, minimum_amount

MAX_ITEM_IDS = 500
PAGE_SIZE = 20
MAX_PAGE_SIZE = 100

# What changes after an order was placed: to be read under its lock.
LOCKED = (
    "status",
    "amount_refunded",
    "idempotency_key",
    "payment_intent_id",
    "checkout_session_id",
    "email",
    "fulfilled_at",
    "confirmation_claimed_at",
    "confirmation_sent_at",
    "shipped_at",
)

# An order with its lines and their items, in one query.
_WHOLE = joinedload(Order.lines).joinedload(OrderItem.item)


class OrderRefused(Exception):
    """The shop does not take such an order. `field` is what to mend."""

    field = "item_ids"


class UnknownItems(OrderRefused):
    """The shop does not sell some of what was asked for."""


class RequestKeyReused(OrderRefused):
    """The same Idempotency-Key came before, with other items."""

    field = "Idempotency-Key"


class OrderNotFound(Exception):
    """There is no such order, or it is somebody else's: to the one who asks it is the same."""


@dataclass(frozen=True)
class Page:
    """Some orders, newest first; `after` is where the next page starts, None on the last one."""

    orders: Sequence[Order]
    after: str | None


def place_order(
    session: Session,
    item_ids: Iterable[int],
    customer: Customer | None = None,
    request_key: str | None = None,
) -> Order:
    """Save a pending order, one line per item, priced by the shop, and commit it.

    An id that comes three times is a quantity of three. With `request_key`, the client's own name
    for this request, a repeated request finds the first one's order. Raises `OrderRefused`.
    """
    quantities = Counter(item_ids)
    key = request_key and _request_digest(customer, request_key)
    if key and (earlier := _same_request(session, key, quantities)):
        return earlier
    order = _draft(session, quantities)
    order.customer = customer
    order.request_key = key
    session.add(order)
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
        # The same request, at the same moment, was faster.
        if key and (earlier := _same_request(session, key, quantities)):
            return earlier
        raise
    return order


def find_order(session: Session, order_id: str, customer: Customer | None = None) -> Order:
    """Return an order to its customer; a guest's order to whoever holds its id.

    Raises `OrderNotFound`.
    """
    _check_id(order_id)
    order = session.get(Order, order_id, options=[_WHOLE])
    if order is None or order.customer_id not in {None, customer and customer.id}:
        raise OrderNotFound("There is no such order.")
    return order


def find_any_order(session: Session, order_id: str) -> Order:
    """Return an order whoever it is for: to the shop's own programs, not to a request.

    Raises `OrderNotFound`.
    """
    _check_id(order_id)
    order = session.get(Order, order_id, options=[_WHOLE])
    if order is None:
        raise OrderNotFound("There is no such order.")
    return order


def list_orders(
    session: Session, customer: Customer, *, after: str | None = None, limit: int = PAGE_SIZE
) -> Page:
    """Return the customer's orders that are older than the order `after`.

    A keyset, not an OFFSET: page 1000 costs what page 1 costs, and a new order shifts nothing.
    Raises `OrderNotFound` for an `after` that is no order they may see.
    """
    theirs = select(Order).where(Order.customer_id == customer.id)
    start = None if after is None else find_order(session, after, customer)
    return _page(session, theirs, start, limit)


def search_orders(
    session: Session, text: str = "", *, after: str | None = None, limit: int = PAGE_SIZE
) -> Page:
    """Return everybody's orders; with a `text`, those of which it is the id or the e-mail address.

    Raises `OrderNotFound` for an `after` that is no order.
    """
    everybodys = select(Order).outerjoin(Order.customer)
    if text:
        addresses = {text, text.lower()}
        names = Order.id == text, Order.email.in_(addresses), Customer.email.in_(addresses)
        everybodys = everybodys.where(or_(*names))
    start = None if after is None else find_any_order(session, after)
    return _page(session, everybodys, start, limit)


def lock(session: Session, order: Order) -> None:
    """Read the order afresh, and let nobody else change it until the transaction ends.

    An UPDATE that changes nothing locks the row on PostgreSQL and the file on SQLite, which has
    no SELECT FOR UPDATE.
    """
    same = update(Order).where(Order.id == order.id).values(amount=Order.amount)
    session.execute(same, execution_options={"synchronize_session": False})
    session.refresh(order, LOCKED)


def _page(session: Session, orders: Select[Order], start: Order | None, limit: int) -> Page:
    """Of these orders, those that are older than `start`, newest first."""
    if start is not None:
        position = tuple_(Order.created_at, Order.id)
        orders = orders.where(position < (start.created_at, start.id))
    newest_first = orders.order_by(Order.created_at.desc(), Order.id.desc())
    found = session.scalars(newest_first.limit(limit + 1).options(_WHOLE)).unique().all()
    shown = found[:limit]
    return Page(shown, after=shown[-1].id if len(found) > limit else None)


def _check_id(order_id: str) -> None:
    """PostgreSQL fails on some texts that a URL can hold; no id looks like them."""
    if not re.fullmatch(r"[\w-]{1,32}", order_id, re.ASCII):
        raise OrderNotFound("There is no such order.")


def _draft(session: Session, quantities: Counter[int]) -> Order:
    _check_quantities(quantities)
    items = session.scalars(select(Item).where(Item.id.in_(quantities)).order_by(Item.id)).all()
    if unknown := sorted(quantities.keys() - {item.id for item in items}):
        raise UnknownItems(f"The shop sells no item {', '.join(map(str, unknown))}.")
    _check_stock(items, quantities)
    lines = [
        OrderItem(item=item, quantity=quantities[item.id], unit_price=item.price) for item in items
    ]
    amount = sum(line.amount for line in lines)
    currency = _one_currency(items)
    _check_amount(amount, currency)
    return Order(lines=lines, amount=amount, currency=currency)


def _check_quantities(quantities: Counter[int]) -> None:
    if not quantities:
        raise OrderRefused("Choose at least one item.")
    if quantities.total() > MAX_ITEM_IDS:
        raise OrderRefused(f"An order has at most {MAX_ITEM_IDS} pieces.")
    item_id, most = quantities.most_common(1)[0]
    if most > MAX_QUANTITY:
        raise OrderRefused(f"At most {MAX_QUANTITY} of one item: there are {most} of {item_id}.")


def _check_stock(items: Iterable[Item], quantities: Counter[int]) -> None:
    for item in items:
        if item.stock <= 0:
            raise OrderRefused(f"{item.name} is sold out.")
        if quantities[item.id] > item.stock:
            raise OrderRefused(f"Of {item.name}, {item.stock} are left.")


def _one_currency(items: Iterable[Item]) -> str:
    currencies = {item.currency for item in items}
    if len(currencies) > 1:
        raise OrderRefused("These items are sold in different currencies: order them separately.")
    return currencies.pop()


def _check_amount(amount: int, currency: str) -> None:
    least = minimum_amount(currency)
    if amount < least:
        raise OrderRefused(f"An order comes to at least {format_money(least, currency)}.")
    if amount > MAXIMUM_AMOUNT:
        most = format_money(MAXIMUM_AMOUNT, currency)
        raise OrderRefused(f"An order comes to at most {most}.")


def _same_request(session: Session, key: str, quantities: Counter[int]) -> Order | None:
    query = select(Order).where(Order.request_key == key).options(_WHOLE)
    order = session.scalars(query).unique().one_or_none()
    if order and quantities != {line.item_id: line.quantity for line in order.lines}:
        raise RequestKeyReused("This key came before, with other items: use a new one.")
    return order


def _request_digest(customer: Customer | None, request_key: str) -> str:
    """Two customers may choose the same key: it is each one's own."""
    owner = customer.id if customer else "guest"
    return hashlib.sha256(f"{owner}:{request_key}".encode()).hexdigest()
