"""`shop()` and `serve()`: a shop of your own, and a browser's way into it."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask
from sqlalchemy import Engine

from classroom.connection import Connection, KeyRefused, connection
from classroom.doors import Doors, Site, hub_path
from classroom.traffic import journal
from classroom.visits import RecordingShop
from local_stripe import LocalStripe
from local_stripe.server import start
from sample_app import create_app
from sample_app.database import db

STRIPE_JS = "https://js.stripe.com/v3/"


def shop(**config: object) -> Flask:
    """A fresh shop with the demo catalogue, on a database of its own, paying through `connect()`.

    `config` is for `sample_app.create_app`, and wins.
    """
    folder = Path(tempfile.mkdtemp(prefix="shop-"))
    app = new_shop(connection(), f"sqlite:///{folder.as_posix()}/shop.db", folder, **config)
    with app.app_context():
        weakref.finalize(app, _clear_away, db.engine, folder)
    record(app)
    return app


def new_shop(to: Connection, database: str, folder: Path, **config: object) -> Flask:
    """A shop with the demo catalogue, on an empty database, paying through a connection.

    Its e-mails stay in the folder.
    """
    classroom = {
        "DATABASE_URL": database,
        "MAIL_URL": (folder / "mail").as_uri(),
        "SECRET_KEY": "only for this classroom",
        "RATE_LIMITS": "off",  # a lesson may try as often as it likes
        "FRAME_ANCESTORS": "*",  # a notebook shows its pages, and may be served from anywhere
    }
    app = create_app({**classroom, **to.shop_settings, **config})
    app.test_cli_runner().invoke(args=["seed"], catch_exceptions=False)
    return app


def serve(app: Flask) -> Site:
    """Open a shop to browsers, on a free port of 127.0.0.1, until the kernel ends.

    Serving another app of the same name replaces the one before, at the same address.
    Raises `KeyRefused` if the pay page could not work.
    """
    record(app)
    _introduce_stripe(app, connection())
    site = _doors.open(app)
    # A test client's address, too: the pages that it has the shop tell Stripe about are here.
    app.config["SERVER_NAME"] = urlsplit(site.url).netloc or None
    return site


def current_site() -> Site:
    """The shop that `serve` opened last; `RuntimeError` if there is none."""
    if _doors.latest is None:
        raise RuntimeError("No shop is open in this notebook yet: serve(shop()) opens one.")
    return _doors.latest


def record(app: Flask) -> RecordingShop:
    """Let `timeline()` hear what is asked of an app; a second time changes nothing."""
    if isinstance(app.wsgi_app, RecordingShop):
        return app.wsgi_app
    app.wsgi_app = recording = RecordingShop(app, journal)  # type: ignore[method-assign]  # Flask's own way
    return recording


def _clear_away(engine: Engine, folder: Path) -> None:
    engine.dispose()
    shutil.rmtree(folder, ignore_errors=True)


def _introduce_stripe(app: Flask, to: Connection) -> None:
    """Tell the shop's pages where Stripe.js is and which publishable key it gets."""
    if to.local:
        app.config["STRIPE_JS_URL"] = f"{open_stripe(to.local)}/v3/"
    elif not to.publishable_key:
        raise KeyRefused(
            "The pay page needs the publishable key of your sandbox too: set "
            "STRIPE_PUBLISHABLE_KEY to the one that starts with pk_test_, restart the kernel."
        )
    app.config["STRIPE_PUBLISHABLE_KEY"] = to.publishable_key
    app.config.setdefault("STRIPE_JS_URL", STRIPE_JS)  # which an app of a lesson does not know


@cache
def open_stripe(local: LocalStripe) -> str:
    """Where browsers find the local Stripe: its server starts when the first page needs it."""
    url = start(local).url
    local.origin = hub_path(urlsplit(url).port or 0) or url
    return local.origin


_doors = Doors()
