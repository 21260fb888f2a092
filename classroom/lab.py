"""`python -m classroom lab`: JupyterLab on the learner's copies, and nothing in the way."""

from __future__ import annotations

import os
import secrets
import sys
import webbrowser
from pathlib import Path

from classroom import copies, progress
from classroom.course import Course
from classroom.kernels import encrypted, environment
from local_stripe.server import HOST

SETTINGS = Path(__file__).parent / "jupyterlab"  # no news, and a page keeps living out of sight


def lab(course: Course, *, browser: bool) -> None:
    """Make the learner's copies, then run JupyterLab until Ctrl-C."""
    made = copies.make(course)
    print(
        f"work/ has your copies of the notebooks ({len(made)} new). Starting JupyterLab …",
        flush=True,
    )
    token = secrets.token_urlsafe(16)
    start = f"/lab/tree/{next_notebook(course).relative_to(course.root).as_posix()}"
    os.environ.update(environment())
    from jupyterlab.labapp import LabApp  # takes a second

    options = arguments(course, token, start, browser=browser and has_screen())
    server = LabApp.initialize_server(options)
    print(f"Open http://{HOST}:{server.port}{start}?token={token}\nCtrl-C ends it.", flush=True)
    server.start()


def arguments(course: Course, token: str, start: str, *, browser: bool) -> list[str]:
    """JupyterLab's settings for a classroom, as its command line takes them."""
    settings = {
        "ServerApp.ip": HOST,
        "ServerApp.port": 0,  # any: two labs that start together never want the same
        "ServerApp.root_dir": course.root,
        "ServerApp.open_browser": browser,
        "ServerApp.allow_root": True,  # containers run as root
        "ServerApp.answer_yes": True,  # Ctrl-C means it
        "IdentityProvider.token": token,
        "LabApp.default_url": start,
        "LabApp.app_settings_dir": SETTINGS,
        "LabApp.workspaces_dir": course.work / ".jupyterlab",  # no tabs of other projects
        "Application.log_level": "ERROR",
    }
    settings |= {f"KernelManager.{name}": value for name, value in encrypted().items()}
    return [f"--{name}={value}" for name, value in settings.items()]


def next_notebook(course: Course) -> Path:
    """The lesson to open: of the first chapter that has an exercise left, else the last."""
    done = progress.done(course)
    chapters = course.chapters()
    left = (c for c in chapters if c.exercise_ids() - done)
    return course.work / f"{next(left, chapters[-1]).slug}.ipynb"


def has_screen() -> bool:
    """Whether a browser can be opened here: not in a container, nor over ssh."""
    if sys.platform.startswith("linux") and not {"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys():
        return False
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True
