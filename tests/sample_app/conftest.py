"""A shop for each test: its own Stripe, its own rows; on SQLite, and on PostgreSQL where there is.

Building the app takes longer than most tests, so a worker builds one for each database and gives
each test fresh rows: on SQLite a copy of a filled database, on PostgreSQL emptied tables, refilled.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest
import sqlalchemy as sa
import stripe
from flask import Flask
from sqlalchemy.orm import Session

from local_stripe import LocalStripe
from local_stripe.transport import InProcess
from sample_app import catalogue, circuit, create_app, mail, payments
from sample_app.database import db, migrate
from sample_app.models import Order
from sample_app.orders import place_order
from tests.postgres import cluster, copy_database
from tests.sample_app.documented import DocumentedClient
from tests.sample_app.postbox import Postbox
from tests.sample_app.shopper import Shopper

# Where mail ends up that no test reads.
POSTBOX = TemporaryDirectory(prefix="mail-")
DATABASES = ["sqlite", "postgresql"]
KEEP_ITEMS = """
    CREATE SCHEMA pristine;
    CREATE TABLE pristine.items AS TABLE items;
"""
RESET = """
    DELETE FROM audit_entries; DELETE FROM disputes; DELETE FROM refunds;
    DELETE FROM reconciliations;
    DELETE FROM webhook_events; DELETE FROM order_items; DELETE FROM orders;
    DELETE FROM customers; DELETE FROM items;
    INSERT INTO items SELECT * FROM pristine.items;
    SELECT setval('items_id_seq', (SELECT max(id) FROM items));
    SELECT setval('customers_id_seq', 1, false);
"""


# Signs what Stripe would have signed.
WEBHOOK_SECRET = "whsec_localForTests"


def build(url: str, **settings: object) -> Flask:
    fixed = {
        "DATABASE_URL": url,
        "SECRET_KEY": "for-tests",
        "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "MAIL_URL": Path(POSTBOX.name).as_uri(),
        "RATE_LIMITS": "off",  # see test_rate_limits.py
        "PASSWORD_HASH": "scrypt:1024:8:1",  # a thirtieth of the work
        "STRIPE_MAX_RETRIES": "0",  # what goes wrong once is seen, and no test waits
        "TESTING": True,
    }
    app = create_app({**fixed, **settings})
    app.test_client_class = DocumentedClient
    return app


def fill(app: Flask) -> None:
    with app.app_context():
        migrate(db.engine)
        catalogue.seed(db.session)


def run(app: Flask, script: str) -> None:
    with app.app_context(), db.engine.begin() as connection:
        connection.exec_driver_sql(script)


def close(app: Flask) -> None:
    with app.app_context():
        db.engine.dispose()


def address(url: sa.URL) -> str:
    return url.render_as_string(hide_password=False)


@pytest.fixture
def local() -> LocalStripe:
    return LocalStripe()


@pytest.fixture(params=DATABASES)
def app(request: pytest.FixtureRequest, local: LocalStripe, postbox: Postbox) -> Flask:
    """A shop with the demo catalogue, `local` as its Stripe, and `postbox` for its mail."""
    app: Flask = request.getfixturevalue(f"{request.param}_app")
    config = {**app.config, "STRIPE_HTTP_CLIENT": InProcess(local), "MAIL_URL": postbox.url}
    app.extensions["stripe"] = payments.connect(config)
    app.extensions["mail"] = mail.connect(config)
    circuit.init_app(app)
    return app


@pytest.fixture
def stripe_client(app: Flask) -> stripe.StripeClient:
    """The shop's own."""
    client: stripe.StripeClient = app.extensions["stripe"]
    return client


@pytest.fixture
def postbox(tmp_path: Path) -> Postbox:
    """Where the shop's e-mail ends up."""
    return Postbox(tmp_path / "mail")


@pytest.fixture
def client(app: Flask) -> DocumentedClient:
    """A guest's browser."""
    return app.test_client()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """The test's own look at the database, not the session of any request."""
    with app.app_context():
        session = db.sessionmaker()
    with session:
        yield session


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a filled database that several threads and processes can open."""
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        with closing(sqlite3.connect(tmp_path / "shop.db")) as copy:
            template.backup(copy)
        return f"sqlite:///{tmp_path / 'shop.db'}"
    cluster = request.getfixturevalue("postgresql_cluster")
    return address(copy_database(cluster, f"shop_{uuid4().hex}"))


@pytest.fixture(scope="session")
def sqlite_template() -> sqlite3.Connection:
    app = build("sqlite://")
    fill(app)
    template = sqlite3.connect(":memory:")
    with app.app_context():
        db.engine.raw_connection().driver_connection.backup(template)
    return template


@pytest.fixture(scope="session")
def worker_sqlite_app() -> Flask:
    return build("sqlite://")


@pytest.fixture
def sqlite_app(worker_sqlite_app: Flask, sqlite_template: sqlite3.Connection) -> Flask:
    with worker_sqlite_app.app_context():
        sqlite_template.backup(db.engine.raw_connection().driver_connection)
    return worker_sqlite_app


@pytest.fixture(scope="session")
def postgresql_cluster() -> Iterator[sa.URL]:
    with cluster() as url:
        template = copy_database(url, "template_shop")
        app = build(address(template))
        fill(app)
        close(app)  # a database in use cannot be copied
        yield template


@pytest.fixture(scope="session")
def worker_postgresql_app(postgresql_cluster: sa.URL) -> Iterator[Flask]:
    app = build(address(copy_database(postgresql_cluster, "shop")))
    run(app, KEEP_ITEMS)
    yield app
    close(app)


@pytest.fixture
def postgresql_app(worker_postgresql_app: Flask) -> Flask:
    run(worker_postgresql_app, RESET)
    return worker_postgresql_app


@pytest.fixture
def shopper(client: DocumentedClient) -> Shopper:
    """Somebody who shops on the pages; a guest at first."""
    return Shopper(client)


@pytest.fixture
def another_shopper(app: Flask) -> Shopper:
    return Shopper(app.test_client())


@pytest.fixture
def order(session: Session) -> Order:
    """A guest's order that is not paid yet."""
    return place_order(session, [1, 5, 5])
