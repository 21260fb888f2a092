"""What must hold for every file of the repository."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
BINARY = {".png", ".ico"}
# As long and as random as a real key; the course's own say "local" or "example".
REAL_KEY = re.compile(r"\b(?:[sr]k_(?:test|live)|whsec)_(?!local|example)[0-9A-Za-z]{20,}\b")
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)\s#]+)")


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).exists()]


def texts() -> list[tuple[Path, str]]:
    return [
        (path.relative_to(ROOT), path.read_text(encoding="utf-8"))
        for path in tracked_files()
        if path.suffix not in BINARY
    ]


def test_no_file_holds_what_could_be_a_real_key():
    found = [f"{path}: {key}" for path, text in texts() for key in REAL_KEY.findall(text)]
    assert found == []


def test_no_file_names_a_path_of_the_machine_it_was_made_on():
    home, here = str(Path.home()), str(ROOT)
    named = [str(path) for path, text in texts() if f"{here}/" in text or f"{home}/" in text]
    assert named == []


def test_every_link_inside_the_repository_leads_somewhere():
    broken = [
        f"{path}: {target}"
        for path, text in texts()
        if path.suffix in {".md", ".ipynb"}
        for target in LINK.findall(text)
        if not (ROOT / path.parent / target).exists()
    ]
    assert broken == []
