"""What it costs a test to start with a Stripe and a database of its own."""

import sqlite3
from contextlib import closing

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bench.timing import seconds_each
from local_stripe import LocalStripe
from sample_app import catalogue
from sample_app.database import migrate


def stripe_and_database() -> float:
    """Seconds for a local Stripe and a filled in-memory database, made as the tests make them."""
    with (
        closing(sqlite3.connect(":memory:")) as filled,
        closing(sqlite3.connect(":memory:")) as copy,
    ):
        engine = sa.create_engine("sqlite://", creator=lambda: filled, poolclass=sa.StaticPool)
        migrate(engine)
        with Session(engine) as session:
            catalogue.seed(session)

        def fresh() -> None:
            LocalStripe()
            filled.backup(copy)

        return seconds_each({"fresh": fresh}, calls=100, rounds=7)["fresh"]
