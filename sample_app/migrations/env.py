"""How Alembic reaches the shop's database: over the connection that `database.migrate` opened."""

from alembic import context

from sample_app.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite changes a table by copying it.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
