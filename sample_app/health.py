"""Two questions that a machine asks of each process, every few seconds.

`/healthz`: does it answer at all? If not, start it anew. `/readyz`: can it serve customers? If not,
send them to another. They are two, since to start a shop anew does not bring its database back.

A broker that is away is named, and the shop is ready all the same: it sells on, and what came waits
in the inbox.
"""

from flask import Blueprint, current_app, jsonify
from sqlalchemy.exc import SQLAlchemyError
from werkzeug import Response

from sample_app import tasks
from sample_app.database import db, is_migrated

health = Blueprint("health", __name__)

OK = "ok"


@health.get("/healthz")
def is_up() -> Response:
    """The process answers."""
    return jsonify(process=OK)


@health.get("/readyz")
def is_ready() -> tuple[Response, int]:
    """What there is of all that customers need; 503 without a database."""
    database = state_of_the_database()
    broker = OK if tasks.broker_answers(current_app) else "no answer"
    return jsonify(database=database, broker=broker), 200 if database == OK else 503


def state_of_the_database() -> str:
    """Say no more of it than a stranger may know."""
    try:
        return OK if is_migrated(db.engine) else "not migrated"
    except SQLAlchemyError:
        return "no answer"
