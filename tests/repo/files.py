"""The files that git knows."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
BINARY = {".png", ".ico"}


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).exists()]


def texts() -> list[tuple[Path, str]]:
    """The path from the root, and the text, of each file that is one."""
    return [
        (path.relative_to(ROOT), path.read_text(encoding="utf-8"))
        for path in tracked_files()
        if path.suffix not in BINARY
    ]
