"""No secret is in the repository, its notebooks' outputs included, or in the log of a test run."""

import re
import subprocess
import sys

import pytest

from classroom.leaks import keys_in
from sample_app.redaction import redact
from tests.repo.files import ROOT, texts

# What stands behind the prefix of a real key. The course's own are shorter, or say what they are.
REAL = re.compile(r"(?!local|example)[0-9A-Za-z]{20,}")
SALES = ["test_checkout_pages", "test_stripe_errors"]


def test_no_file_holds_what_could_be_a_real_key():
    found = {(str(path), key) for path, text in texts() for key in keys_in(text)}
    assert [pair for pair in sorted(found) if REAL.fullmatch(pair[1].rpartition("_")[2])] == []


def test_the_notebooks_are_among_those_files():
    assert {"notebooks", "exercises", "solutions"} <= {path.parts[0] for path, _ in texts()}


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("STRIPE_SECRET_KEY=sk_live_visiblyFake", ["sk_live_visiblyFake"]),
        (
            "'rk_test_visiblyFake', \"whsec_visiblyFake\"",
            ["rk_test_visiblyFake", "whsec_visiblyFake"],
        ),
        ("Bearer sk_org_visiblyFake.", ["sk_org_visiblyFake"]),
        ("pk_live_visiblyFake is for every browser", []),
        ("keys start with sk_live_ or rk_test_…, secrets with whsec_", []),
        ("task_test_visiblyFake", []),
    ],
)
def test_keys_are_known_by_their_prefixes(text, keys):
    assert keys_in(text) == keys


def test_the_log_of_a_test_run_holds_no_secret(tmp_path):
    """All that the shop and the SDK have to say, while things are sold and fail."""
    log = tmp_path / "run.log"
    tests = [f"tests/sample_app/{name}.py" for name in SALES]
    options = ["-n0", "-p", "no:cacheprovider", "-k", "not postgresql"]
    logged = [f"--log-file={log}", "--log-file-level=DEBUG"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *logged, *tests],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    text = log.read_text(encoding="utf-8")
    assert run.returncode == 0, run.stdout
    assert "API response body" in text, "the SDK said all it has to say"
    assert keys_in(text) == []
    assert [line for line in text.splitlines() if redact(line) != line] == []
