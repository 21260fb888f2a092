"""Where Celery finds the shop: `celery --app sample_app.worker worker`; see `tasks.py`."""

from flask.logging import default_handler

from sample_app import create_app
from sample_app.config import ConfigError

shop = create_app()
shop.logger.removeHandler(default_handler)  # Celery prints each line by itself
if shop.extensions["celery"] is None:
    raise ConfigError("CELERY_BROKER_URL must be set: without it there is nothing for a worker.")
app = shop.extensions["celery"]
