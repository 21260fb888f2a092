"""The database: a session per request, the migrations, and what SQLite needs to serve a shop."""

from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any

import click
from flask import Flask
from flask.cli import with_appcontext
from flask_sqlalchemy_lite import SQLAlchemy
from sqlalchemy import Engine, event

# What was committed stays readable, so that no connection is held while Stripe is asked.
db = SQLAlchemy(session_options={"expire_on_commit": False})

MIGRATIONS = Path(__file__).parent / "migrations"


def init_app(app: Flask) -> None:
    """Give the app its engine; `db.session` is the session of the current request."""
    db.init_app(app)
    # The shop has no async session; closing none would start an event loop after each request, and
    # fail where one runs already, as in a notebook.
    app.teardown_appcontext_funcs[:] = [
        close for close in app.teardown_appcontext_funcs if not iscoroutinefunction(close)
    ]
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            event.listen(db.engine, "connect", _prepare_sqlite)


def migrate(engine: Engine) -> None:
    """Bring the tables to the newest version; does nothing where they are."""
    # Only these two need Alembic: the shop itself starts without it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def is_migrated(engine: Engine) -> bool:
    """Whether the tables are at the newest version that this code knows, or at one still newer.

    So the processes of the version before go on serving while the next one is started beside them.
    Raises as SQLAlchemy does.
    """
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    with engine.connect() as connection:
        version = MigrationContext.configure(connection).get_current_revision()
    scripts = ScriptDirectory(str(MIGRATIONS))
    older = {script.revision for script in scripts.walk_revisions()} - set(scripts.get_heads())
    return version is not None and version not in older


@click.command("migrate")
@with_appcontext
def migrate_command() -> None:
    """Bring the tables to the newest version; unlike `seed`, add no goods."""
    migrate(db.engine)
    click.echo("The tables are at the newest version.")


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """SQLite checks foreign keys only when asked; with WAL, readers do not wait for writers."""
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA journal_mode = WAL")
