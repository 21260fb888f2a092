"""What a machine hears that asks whether the shop is well."""

import sqlalchemy as sa

from sample_app.database import db, migrate
from tests.sample_app.conftest import build, close, run

NOBODY = "redis://127.0.0.1:1"
ALL_IS_THERE = {"database": "ok", "broker": "ok"}


def ask(app, path):
    response = app.test_client().get(path)
    return response.status_code, response.json


def test_a_process_that_answers_is_up(app):
    assert ask(app, "/healthz") == (200, {"process": "ok"})


def test_a_shop_with_its_tables_is_ready(app):
    assert ask(app, "/readyz") == (200, ALL_IS_THERE)


def test_without_tables_it_is_up_and_not_ready(tmp_path):
    app = build(f"sqlite:///{tmp_path}/shop.db")
    assert ask(app, "/healthz")[0] == 200
    assert ask(app, "/readyz") == (503, {"database": "not migrated", "broker": "ok"})
    close(app)


def test_without_a_database_it_is_up_and_not_ready():
    app = build("postgresql://shop:secret@127.0.0.1:1/shop")
    assert ask(app, "/healthz")[0] == 200
    assert ask(app, "/readyz") == (503, {"database": "no answer", "broker": "ok"})
    close(app)


def test_older_tables_are_not_enough_and_newer_ones_are(tmp_path):
    app = build(f"sqlite:///{tmp_path}/shop.db")
    with app.app_context():
        migrate(db.engine)
    for version, status in (("0001", 503), ("a later one", 200)):
        run(app, f"UPDATE alembic_version SET version_num = '{version}'")
        assert ask(app, "/readyz")[0] == status
    close(app)


def test_a_broker_that_is_away_is_named_and_keeps_no_customer_out(tmp_path):
    app = build(f"sqlite:///{tmp_path}/shop.db", CELERY_BROKER_URL=NOBODY)
    with app.app_context():
        migrate(db.engine)
    assert ask(app, "/readyz") == (200, {"database": "ok", "broker": "no answer"})
    close(app)


def test_who_asks_gets_no_session_and_writes_nothing(app):
    statements = []
    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    response = app.test_client().get("/readyz")
    assert "Set-Cookie" not in response.headers
    assert not [text for text in statements if text.startswith(("INSERT", "UPDATE", "DELETE"))]
