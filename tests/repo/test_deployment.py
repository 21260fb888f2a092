"""The ways to run the shop in production state the same processes, with the settings it knows."""

import json
import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from sample_app import config, create_app, go_live

ROOT = Path(__file__).parents[2]
PROCFILE = (ROOT / "Procfile").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
IGNORED = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
DEPLOYING = (ROOT / "docs/deploying.md").read_text(encoding="utf-8")
SERVICES = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
PROCESSES = dict(line.split(": ", 1) for line in PROCFILE.splitlines())
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
OF_GUNICORN = {"BIND", "WEB_CONCURRENCY"}
GIVEN = {
    "POSTGRES_PASSWORD": "made-up",
    "SECRET_KEY": "only for tests, and of a good length",
    "STRIPE_SECRET_KEY": "rk_live_visiblyFake",
    "STRIPE_PUBLISHABLE_KEY": "pk_live_visiblyFake",
    "STRIPE_WEBHOOK_SECRET": "whsec_localForTests",
    "ALLOW_LIVE": "1",
    "MAIL_URL": "smtps://shop:secret@mail.example",
    "MAIL_FROM": "orders@furniture.example",
    "TRUSTED_HOSTS": "furniture.example",
    "METRICS_TOKEN": "only for tests, and of a good length",
}


def test_compose_runs_the_processes_of_the_procfile():
    assert {name: service["command"] for name, service in OURS.items()} == PROCESSES


def test_the_image_serves_the_shop_unless_it_is_told_otherwise():
    [command] = re.findall("^CMD (.+)$", DOCKERFILE, re.MULTILINE)
    assert json.loads(command) == shlex.split(PROCESSES["web"])


def test_the_image_holds_what_is_there_and_is_let_in():
    copied = {name for line in re.findall("^COPY (.+) ", DOCKERFILE, re.M) for name in line.split()}
    assert copied == {line[1:] for line in IGNORED if line.startswith("!")}
    assert not [name for name in copied if not (ROOT / name).exists()]


def test_the_image_installs_an_extra_that_there_is():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(re.findall(r"--extra (\w+)", DOCKERFILE)) == set(project["optional-dependencies"])


@pytest.mark.parametrize("name", OURS)
def test_compose_sets_only_what_the_shop_knows(name):
    assert set(OURS[name]["environment"]) <= config.DEFAULTS.keys() | OF_GUNICORN


def test_the_shop_that_compose_runs_may_go_live_once_its_services_are_there():
    app = create_app({name: filled_in(text) for name, text in OURS["web"]["environment"].items()})
    with app.app_context():
        to_do = [check.what for check in go_live.CHECKS if not check.holds(app)]
    assert to_do == [
        "The database answers, and its tables are the newest",
        "All processes count them together",
        "What webhooks start is handed to workers",
    ]


def test_what_compose_reads_its_secrets_from_is_in_no_commit():
    subprocess.run(["git", "check-ignore", "--quiet", ".env"], cwd=ROOT, check=True)


def filled_in(text: str) -> str:
    """As compose does: what is given, or what stands behind `:-`."""
    return re.sub(r"\$\{(\w+):[?-](.*?)\}", lambda found: GIVEN.get(found[1], found[2]), text)


def test_every_setting_is_in_the_table_of_settings():
    named = set(re.findall(r"`([A-Z_]+)`\s*\|", config.__doc__ or ""))
    assert named == config.DEFAULTS.keys() - {"ALLOW_LIVE"}


def test_the_guide_names_every_process_and_every_variable_of_gunicorns():
    assert not [command for command in PROCESSES.values() if command not in DEPLOYING]
    assert not [name for name in OF_GUNICORN if name not in DEPLOYING]
