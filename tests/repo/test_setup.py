"""The ways to set the project up (make, three portable lines, environment.yml) install the same."""

import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
ENVIRONMENT = (ROOT / "environment.yml").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def locked_versions() -> dict[str, Version]:
    pins = (line.split(";")[0].rstrip(" \\") for line in LOCK.splitlines() if "==" in line[:80])
    return {
        canonicalize_name(name): Version(version)
        for name, version in (pin.split("==") for pin in pins)
    }


def direct_dependencies() -> list[Requirement]:
    project = PYPROJECT["project"]
    groups = [*project["optional-dependencies"].values(), *PYPROJECT["dependency-groups"].values()]
    named = project["dependencies"] + [text for group in groups for text in group]
    return [Requirement(text) for text in named]


def test_every_direct_dependency_is_locked_at_a_version_it_allows():
    locked = locked_versions()
    wrong = [
        str(dependency)
        for dependency in direct_dependencies()
        if locked.get(canonicalize_name(dependency.name)) not in dependency.specifier
    ]
    assert wrong == []


def test_every_locked_version_carries_a_hash():
    entries = LOCK.replace("\\\n", " ").splitlines()
    assert [entry for entry in entries if "==" in entry and "--hash=sha256:" not in entry] == []


def test_the_lock_names_no_address():
    assert "://" not in LOCK


def test_conda_binder_and_pip_install_the_same_lock():
    assert "- -r requirements.lock" in ENVIRONMENT
    assert "pip install -r requirements.lock" in README
    assert "-r requirements.lock" in MAKEFILE


def test_the_python_of_environment_yml_is_one_the_project_supports():
    (line,) = (line for line in ENVIRONMENT.splitlines() if "python=" in line)
    version = line.split("python=")[1]
    assert SpecifierSet(PYPROJECT["project"]["requires-python"]).contains(version)


def test_make_and_the_readme_start_the_course_by_the_same_command():
    assert "-m classroom lab" in MAKEFILE
    assert "-m classroom lab" in README
