"""The demo catalogue, and `flask --app sample_app seed`, which makes the tables and fills them."""

import click
from flask.cli import with_appcontext
from sqlalchemy import text
from sqlalchemy.orm import Session

from sample_app.database import db, migrate
from sample_app.models import Item
from sample_app.money import to_minor_units

ITEMS = (
    (1, "Desk lamp", "39.00", "A warm light on a long arm."),
    (2, "Table", "249.00", "Solid oak, for six people or one project."),
    (3, "Bookshelf", "129.00", "Five boards, no tools needed."),
    (4, "Rug", "89.00", "Flat-woven wool, 140 by 200 cm."),
    (5, "Chair", "59.50", "Stackable, and comfortable for a whole evening."),
    (6, "Coat hook", "9.99", "Holds a winter coat. Comes with its screw."),
    (7, "Mirror", "74.25", "Round, 60 cm across."),
    (8, "Plant stand", "19.99", "Bamboo, for a pot of up to 25 cm."),
)


def seed(session: Session) -> None:
    """Put the demo items, with their ids and prices, into the database; any number of times."""
    for item_id, name, price, description in ITEMS:
        minor = to_minor_units(price, "usd")
        session.merge(Item(id=item_id, name=name, description=description, price=minor))
    session.flush()
    if session.get_bind().dialect.name == "postgresql":
        # Ids that were given by hand do not move the counter for the next one.
        session.execute(text("SELECT setval('items_id_seq', (SELECT max(id) FROM items))"))
    session.commit()


@click.command("seed")
@with_appcontext
def seed_command() -> None:
    """Bring the database up to date and load the demo catalogue."""
    migrate(db.engine)
    seed(db.session)
    click.echo(f"The shop sells {len(ITEMS)} items.")
