"""Every package may be used as it is used here. `make licences` prints the list."""

import json
import subprocess
import sys

from packaging.utils import canonicalize_name

from tests.repo.test_setup import locked_versions

# Whoever uses the package keeps its notice, and no more is asked of the course or of a shop.
FREE = ("MIT", "BSD", "Apache", "ISC", "PSF", "Python Software Foundation", "MPL", "Unlicense")
EXPLAINED = {
    "psycopg": "LGPL: it is installed as it is, and could be replaced",
    "psycopg-binary": "LGPL, as psycopg",
    "localstripe": "GPL: a program that `make bench` runs beside ours; nothing here imports it",
    "axe-playwright-python": "MIT, in a file that no program reads",
}


def test_every_locked_package_has_a_licence_that_lets_a_shop_use_it():
    licences = licences_of_packages()
    refused = {name for name, licence in licences.items() if not is_free(licence)}
    assert refused == EXPLAINED.keys()


def is_free(licence: str) -> bool:
    return "GPL" not in licence and any(name in licence for name in FREE)


def licences_of_packages() -> dict[str, str]:
    """Of those in the lock that are installed here: some are for another system."""
    command = [sys.executable, "-m", "piplicenses", "--from=mixed", "--format=json"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    licences = {canonicalize_name(row["Name"]): row["License"] for row in json.loads(told)}
    return {name: licences[name] for name in locked_versions() if name in licences}
