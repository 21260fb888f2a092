"""What the database itself refuses, and that the migrations make the tables the models describe."""

from uuid import uuid4

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sample_app.database import MIGRATIONS, db, migrate
from sample_app.models import FULL_SHELF, Base, Customer, Item, Order, OrderItem
from sample_app.order_status import OrderStatus
from tests.postgres import copy_database
from tests.sample_app.conftest import address, build, close


def order(**changes):
    return Order(**({"amount": 3900, "currency": "usd"} | changes))


def line(order, **changes):
    return OrderItem(
        **({"order": order, "item_id": 1, "quantity": 1, "unit_price": 3900} | changes)
    )


def two_orders_with_one_payment():
    return [order(payment_intent_id="pi_1"), order(payment_intent_id="pi_1")]


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(lambda: [order(amount=-1)], id="an amount below zero"),
        pytest.param(lambda: [Item(name="Gift", price=-1)], id="a price below zero"),
        pytest.param(lambda: [line(order(), quantity=0)], id="none of an item"),
        pytest.param(lambda: [line(order(), quantity=101)], id="more of an item than may be"),
        pytest.param(lambda: [line(order(), unit_price=-1)], id="a unit price below zero"),
        pytest.param(lambda: [line(order(), item_id=99)], id="an item that does not exist"),
        pytest.param(lambda: [order(customer_id=99)], id="a customer who does not exist"),
        pytest.param(two_orders_with_one_payment, id="one payment for two orders"),
    ],
)
def test_the_database_refuses(session, bad):
    session.add_all(bad())
    with pytest.raises(IntegrityError):
        session.commit()


def test_the_database_refuses_one_item_twice_in_an_order(session):
    session.add(line(order(id="ord_1")))
    session.commit()
    with pytest.raises(IntegrityError):
        session.execute(
            sa.insert(OrderItem).values(order_id="ord_1", item_id=1, quantity=2, unit_price=1)
        )


def test_the_database_refuses_a_status_that_does_not_exist(session):
    session.add(order(id="ord_1"))
    session.commit()
    with pytest.raises(IntegrityError):
        session.execute(sa.text("UPDATE orders SET status = 'payed'"))


def test_the_database_refuses_two_customers_with_one_address(session):
    twins = [Customer(email="ada@example.com", password_hash="-") for _ in range(2)]
    session.add_all(twins)
    with pytest.raises(IntegrityError):
        session.commit()


def test_an_order_goes_with_its_lines_and_the_items_stay(session):
    gone = order()
    session.add(line(gone))
    session.commit()
    session.delete(gone)
    session.commit()
    assert session.scalars(sa.select(OrderItem)).all() == []
    assert session.get(Item, 1)


def test_times_come_back_in_utc(session):
    new = order()
    session.add(new)
    session.commit()
    made = new.created_at
    session.expire_all()
    assert new.created_at == made
    assert new.created_at.utcoffset().total_seconds() == 0


def test_order_ids_are_long_and_random(session):
    session.add_all([order(), order()])
    session.commit()
    first, second = session.scalars(sa.select(Order.id))
    # 22 characters of base64 are 128 bits.
    assert len(first) == len(second) == len("ord_") + 22
    assert first[4:12] != second[4:12]


def test_models_and_migrations_agree(app):
    with app.app_context(), db.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_models_and_migrations_agree_on_every_check(app):
    """Alembic does not compare CHECK constraints, so their names are compared here."""
    in_models = {
        constraint.name
        for table in Base.metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, sa.CheckConstraint)
    }
    with app.app_context():
        inspector = sa.inspect(db.engine)
        in_database = {
            constraint["name"]
            for table in Base.metadata.tables
            for constraint in inspector.get_check_constraints(table)
        }
    assert in_database == in_models


def test_migrating_twice_changes_nothing(app):
    with app.app_context():
        migrate(db.engine)
        assert db.session.get(Item, 5).name == "Chair"


def test_a_migration_keeps_the_orders_that_there_are(empty_database):
    with empty_database.begin() as connection:
        upgrade(connection, "0001")
        connection.exec_driver_sql(OLD_ITEM)
        connection.exec_driver_sql(OLD_ORDER)
        connection.exec_driver_sql(OLD_LINE)
    migrate(empty_database)
    with Session(empty_database) as session:
        [old] = session.scalars(sa.select(Order))
        assert [(line.item.name, line.item.stock) for line in old.lines] == [("Chair", FULL_SHELF)]
        assert (old.status, old.fulfilled_at, old.email) == (OrderStatus.PAID, None, None)


OLD_ITEM = "INSERT INTO items VALUES (5, 'Chair', '', 5950, 'usd')"
OLD_ORDER = """
    INSERT INTO orders (id, status, amount, currency, created_at, idempotency_key)
    VALUES ('ord_1', 'paid', 5950, 'usd', '2026-01-01 00:00:00', 'key')
"""
OLD_LINE = "INSERT INTO order_items VALUES ('ord_1', 5, 1, 5950)"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request, tmp_path):
    if request.param == "sqlite":
        url = sa.make_url(f"sqlite:///{tmp_path / 'old.db'}")
    else:
        cluster = request.getfixturevalue("postgresql_cluster")
        url = copy_database(cluster.set(database="template1"), f"old_{uuid4().hex}")
    app = build(address(url))
    with app.app_context():
        yield db.engine
    close(app)


def upgrade(connection, revision):
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
