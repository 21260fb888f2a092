"""How gunicorn serves the shop: `gunicorn "sample_app:create_app()"`, in this folder.

| variable          | without it                                                        |
|-------------------|-------------------------------------------------------------------|
| `BIND`            | 127.0.0.1:8000: the proxy that takes https is on the same machine |
| `WEB_CONCURRENCY` | a process for each core                                           |

Nothing of the shop is imported here, and it is not preloaded: so a HUP starts the workers with new
code, and no worker inherits a connection.  https://docs.gunicorn.org/en/stable/settings.html
"""

import os
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import quote

from gunicorn.glogging import Logger

bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_CONCURRENCY") or os.cpu_count() or 1)
# A request mostly waits, for Stripe or the database: meanwhile its process serves others.
worker_class = "gthread"
threads = 8
timeout = 60  # seconds without a sign of life; a call to Stripe may take 40, retries included
graceful_timeout = 45  # what is being paid when the shop is stopped is paid to its end
max_requests = 5000  # then a worker is replaced, leaks and all, but not all at once
max_requests_jitter = 500
# Who asks, and over https or not, is for TRUSTED_PROXIES to say, and for nothing else.
forwarded_allow_ips = ""
control_socket_disable = True


class OneLineEach(Logger):
    """In a path, %0A ends a line: it is written as it came, so that nobody writes one of theirs."""

    def atoms(self, resp, req, environ, request_time):
        atoms = super().atoms(resp, req, environ, request_time)
        return atoms | {"U": quote(atoms["U"], encoding="latin-1")}


logger_class = OneLineEach
# A path without its query, where a search or a token could stand; and the request's id.
accesslog = "-"
access_log_format = '%(h)s "%(m)s %(U)s" %(s)s %(B)s bytes %(M)s ms %({x-request-id}o)s'
if os.environ.get("LOG_FORMAT") == "json":
    # Until a worker has the shop, lines look like this; from then on, logs.py says, in these words.
    names = {"asctime": "time", "levelname": "level", "name": "logger", "message": "message"}
    json = {"()": "pythonjsonlogger.json.JsonFormatter", "fmt": list(names), "rename_fields": names}
    logconfig_dict = {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": json},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {name: {"propagate": True} for name in ("gunicorn.error", "gunicorn.access")},
    }

# Where the workers add up what /metrics shows.
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", mkdtemp(prefix="metrics-"))


def pre_fork(_server, _worker):
    """Whoever tidies /tmp may have taken the folder: no worker starts without it."""
    Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]).mkdir(0o700, exist_ok=True)


def child_exit(_server, worker):
    """A worker that ended counts no more among those that live."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)
