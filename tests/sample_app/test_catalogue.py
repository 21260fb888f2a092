"""The demo catalogue, and `flask --app sample_app seed`, which may be run any number of times."""

import sqlalchemy as sa

from sample_app import catalogue, create_app
from sample_app.models import Item


def test_seeding_twice_gives_the_same_eight_items(session):
    catalogue.seed(session)
    catalogue.seed(session)
    items = session.execute(sa.select(Item.id, Item.name, Item.price).order_by(Item.id)).all()
    assert items[0] == (1, "Desk lamp", 3900)
    assert items[5] == (6, "Coat hook", 999)
    assert [item.id for item in items] == [1, 2, 3, 4, 5, 6, 7, 8]


def test_the_next_item_gets_the_next_id(session):
    item = Item(name="Sofa", price=89900)
    session.add(item)
    session.commit()
    assert item.id == 9


def test_the_seed_command_fills_an_empty_shop(app):
    result = app.test_cli_runner().invoke(args=["seed"])
    assert result.output == "The shop sells 8 items.\n"


def test_the_seed_command_makes_the_tables_of_a_new_shop(tmp_path):
    app = create_app(
        {"DATABASE_URL": f"sqlite:///{tmp_path / 'new.db'}", "SECRET_KEY": "for-tests"}
    )
    app.test_cli_runner().invoke(args=["seed"], catch_exceptions=False)
    assert len(app.test_client().get("/items").json) == 8


def test_seeding_puts_a_changed_price_back(session):
    session.get(Item, 1).price = 1
    session.commit()
    catalogue.seed(session)
    assert session.get(Item, 1).price == 3900


def test_seeding_again_does_not_refill_the_shelves(session):
    session.get(Item, 1).stock = 3
    session.commit()
    catalogue.seed(session)
    assert session.get(Item, 1).stock == 3
