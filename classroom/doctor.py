"""`python -m classroom doctor`: is this machine ready, and if not, what to do about it."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.markers import Marker

from classroom.course import Course

PYTHON = (3, 11)
LOCKED = re.compile(r"^([\w.-]+)==([^ ;\\]+)(?: ; ([^\\]+?))? \\$", re.MULTILINE)
# The headless shell is Chromium without the windows around its pages: half the work to start.
BROWSERS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "chrome",
)
SET_UP = "run `make setup`, or the three lines of the README"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: `advice` says what to do, or is empty where all is well."""

    what: str
    advice: str = ""

    def __str__(self) -> str:
        return f"{'!' if self.advice else 'ok':2} {self.what}{self.advice and ': ' + self.advice}"


def examine(course: Course) -> Iterator[Finding]:
    """Look at everything the course needs."""
    yield _python()
    yield _packages(course.root / "requirements.lock")
    yield from (_writable(course.root / name) for name in ("work", "instance"))
    yield _chromium()


def _python() -> Finding:
    found = "Python " + ".".join(map(str, sys.version_info[:3]))
    wanted = ".".join(map(str, PYTHON))
    return Finding(found, "" if sys.version_info >= PYTHON else f"install {wanted} or newer")


def _packages(lock: Path) -> Finding:
    if not lock.exists():
        return Finding("packages", f"there is no {lock.name} here; get the course again")
    pins = LOCKED.findall(lock.read_text(encoding="utf-8"))
    wanted = {name: pin for name, pin, marker in pins if not marker or Marker(marker).evaluate()}
    wrong = [f"{name} {pin}" for name, pin in wanted.items() if _installed(name) != pin]
    listed = ", ".join(wrong[:5]) + (" and more" if len(wrong) > 5 else "")
    return Finding(
        f"{len(wanted) - len(wrong)} of {len(wanted)} packages as locked",
        f"{listed} missing or of another version; {SET_UP}" if wrong else "",
    )


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _writable(folder: Path) -> Finding:
    probe = folder / ".probe"
    try:
        folder.mkdir(exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        return Finding(f"{folder.name}/", f"cannot be written ({error.strerror}); change its owner")
    return Finding(f"{folder.name}/ can be written")


def _chromium() -> Finding:
    if any(map(shutil.which, BROWSERS)):
        return Finding("Chromium, which only the tests need")
    return Finding(
        "no Chromium, which only the tests need",
        "install it, or run `python -m playwright install chromium`",
    )
