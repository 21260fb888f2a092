"""What a webhook starts, where a broker is set; see also tests/services/test_many_processes.py."""

import pytest

from sample_app import inbox, tasks
from sample_app.config import ConfigError
from tests.sample_app.conftest import build, close, fill
from tests.sample_app.deliveries import event, tell

NOBODY = "redis://127.0.0.1:1"


@pytest.fixture
def shops():
    built = [build("sqlite://", CELERY_BROKER_URL=NOBODY) for _ in range(2)]
    yield built
    for app in built:
        close(app)


def test_two_shops_of_one_process_keep_their_tasks_apart(shops):
    workers = [app.extensions["celery"] for app in shops]
    owners = [celery.tasks["work_on_the_inbox"].app for celery in workers]
    assert owners == workers


def test_while_the_broker_is_away_an_event_is_answered_and_waits(shops, caplog):
    shop = shops[0]
    fill(shop)
    assert tell(shop.test_client(), event("customer.created")).status_code == 200
    assert "waits in the inbox for the next beat" in caplog.text
    with shop.app_context():
        assert inbox.work() == 1


def test_the_task_handles_one_event_and_leaves_the_next_to_the_next_message(shops):
    shop = shops[0]
    fill(shop)
    browser = shop.test_client()
    for _ in range(2):
        tell(browser, event("customer.created"))
    shop.extensions["celery"].tasks["work_on_the_inbox"]()
    with shop.app_context():
        assert inbox.work() == 1


def test_a_worker_is_stopped_before_its_event_is_due_again():
    due_again = inbox.RETRIES[0].total_seconds()
    assert tasks.SOFT_LIMIT < tasks.HARD_LIMIT < due_again < tasks.VISIBILITY


def test_without_a_broker_there_is_nothing_for_a_worker(monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/shop.db")
    monkeypatch.setenv("SECRET_KEY", "for-tests")
    monkeypatch.setenv("MAIL_URL", tmp_path.as_uri())
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)
    with pytest.raises(ConfigError, match="CELERY_BROKER_URL must be set"):
        import sample_app.worker  # noqa: F401
