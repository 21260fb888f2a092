"""A stranger's script in the shop's own page: the browser shows it, and does not run it."""

import pytest

from sample_app.database import db
from sample_app.models import Item

EVIL = """<img src=x onerror="document.body.innerText='Mine.'">"""


@pytest.fixture
def evil_item(app):
    """An item whose name a supplier made up."""
    with app.app_context():
        item = db.session.get(Item, 1)
        before, item.name = item.name, EVIL
        db.session.commit()
        yield
        item.name = before
        db.session.commit()


@pytest.fixture
def careless_templates(app):
    """Templates that take names for HTML, as `|safe` does."""
    app.jinja_env.autoescape = False
    app.jinja_env.cache.clear()
    yield
    app.jinja_env.autoescape = app.select_jinja_autoescape
    app.jinja_env.cache.clear()


def test_html_in_a_name_is_text(page, shop_url, evil_item):
    page.goto(shop_url)
    assert page.get_by_role("heading", name=EVIL).is_visible()


def test_a_script_does_not_run_even_where_a_template_lets_it_in(
    page, shop_url, evil_item, careless_templates
):
    with page.expect_console_message(lambda message: "inline event handler" in message.text):
        page.goto(shop_url)
    assert page.locator("h2 img[onerror]").count() == 1, "it is in the page"
    assert page.get_by_role("heading", name="Good things for a room").is_visible()
