"""What a webhook starts, where a broker is set."""

import pytest

from tests.sample_app.conftest import build, close

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
