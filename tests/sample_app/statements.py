"""Count what is asked of the database."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.orm import Session


@contextmanager
def count_statements(session: Session) -> Iterator[list[str]]:
    """Collect the statements that reach the session's database."""
    statements: list[str] = []

    def note(connection, cursor, statement, *_):
        statements.append(statement)

    engine = session.get_bind().engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
