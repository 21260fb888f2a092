"""What a webhook starts: done in line, or by Celery where `CELERY_BROKER_URL` names a Redis.

The inbox is the truth. A message to the workers says no more than "look into the inbox": each has
one event handled, that which is due for longest, and is sent on while events are due. The beat
sends one every few seconds, too. So a message may come twice, late or never, Redis may be away,
and a worker may die: the event waits in the inbox, and no longer than until the next beat.

    celery --app sample_app.worker worker   any number of them
    celery --app sample_app.worker beat     one; a second would only send more messages

https://docs.celeryq.dev/en/stable/getting-started/backends-and-brokers/redis.html
"""

from typing import TYPE_CHECKING

from flask import Flask

from sample_app import inbox

if TYPE_CHECKING:
    from celery import Celery

# Seconds, each longer than the one before. First the handler is told to end, which counts as a
# failed try; then its process is killed; then the event is due again (`inbox.RETRIES`); then Redis
# gives a message that nobody acknowledged to another worker.
SOFT_LIMIT, HARD_LIMIT, VISIBILITY = 20, 25, 60
SECONDS_BETWEEN_BEATS = 5.0
SECONDS_TO_ANSWER = 3.0  # Redis has

SETTINGS = {
    "accept_content": ["json"],  # a pickle could run anything
    "task_serializer": "json",
    "task_ignore_result": True,  # the inbox says what came of it
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "task_soft_time_limit": SOFT_LIMIT,
    "task_time_limit": HARD_LIMIT,
    "worker_prefetch_multiplier": 1,  # nobody keeps for later what another could do now
    "worker_enable_remote_control": False,  # or whoever reaches Redis could send them home
    "worker_hijack_root_logger": False,
    "broker_connection_max_retries": None,  # whoever works waits for Redis for ever
    "broker_connection_retry_on_startup": True,
    "broker_transport_options": {
        "visibility_timeout": VISIBILITY,
        "socket_connect_timeout": SECONDS_TO_ANSWER,
        "socket_timeout": SECONDS_TO_ANSWER,
        "max_retries": 0,
    },
    "beat_scheduler": "celery.beat:Scheduler",  # there is nothing to remember in a file
}


def init_app(app: Flask) -> None:
    """Connect the app to its broker, if it has one."""
    url = app.config["CELERY_BROKER_URL"]
    app.extensions["celery"] = connect(app, url) if url else None


def connect(app: Flask, url: str) -> "Celery":
    """Return the Celery app, with its one task."""
    from celery import Celery  # slow to load: who works in line does not wait for it

    celery = Celery(app.import_name, broker=url, set_as_current=False)
    celery.conf.update(SETTINGS)

    @celery.task(name="work_on_the_inbox", shared=False)  # this app's alone
    def work_on_next() -> None:
        with app.app_context():
            if inbox.work_on_next():
                work_on_the_inbox(app)

    celery.conf.beat_schedule = {
        "what is due": {
            "task": work_on_next.name,
            "schedule": SECONDS_BETWEEN_BEATS,
            "options": {"expires": SECONDS_BETWEEN_BEATS},  # by then there is another
        }
    }
    return celery


def work_on_the_inbox(app: Flask) -> None:
    """Have a worker look into the inbox; without a broker, work through it here and now."""
    celery: Celery | None = app.extensions["celery"]
    if celery is None:
        inbox.work()
        return
    from kombu.exceptions import OperationalError

    try:
        celery.tasks["work_on_the_inbox"].apply_async(retry=False)
    except OperationalError as error:
        app.logger.warning("What came waits in the inbox for the next beat: %s", error)


def broker_answers(app: Flask) -> bool:
    """Whether the broker is there; True for a shop that has none."""
    celery: Celery | None = app.extensions["celery"]
    if celery is None:
        return True
    from kombu.exceptions import OperationalError

    try:
        with celery.connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, interval_start=0)
    except OperationalError:
        return False
    return True
