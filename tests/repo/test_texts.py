"""What must hold for every file of the repository."""

import re
from pathlib import Path

from tests.repo.files import ROOT, texts

LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)\s#]+)")


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
