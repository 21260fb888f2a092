"""The words of Stripe's pages: each language says everything that the pages say in English."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from stripe.params.checkout import SessionCreateParams

from local_stripe import challenges, declines, pages

FOLDER = Path(pages.__file__).parent
TABLES: dict[str, dict[str, str]] = {
    file.stem: json.loads(file.read_text(encoding="utf-8")) for file in FOLDER.glob("words/*.json")
}
PAGES = ("card.html", "checkout.html", "payment.html")
SCRIPTS = [file.read_text(encoding="utf-8") for file in FOLDER.glob("*.js")]
IMPORTED = re.compile(r'^import \{.*\bsay\b.*\} from ".*/words\.js";$', re.MULTILINE)
SAID = re.compile(r'\bsay\("((?:[^"\\]|\\.)+)"')
PLACEHOLDER = re.compile(r"\{\w+\}")

# What the API says of a card, for those who pay with it.
REFUSALS = {
    "Your card number is incorrect.",
    challenges.FAILED,
    *(each.message for each in vars(declines).values() if isinstance(each, declines.Decline)),
} - {declines.AUTHENTICATION_NOT_HANDLED.message}
# The same in every language, or said only where no script runs.
NOT_TRANSLATED = {
    "VISA", "AMEX", "DISCOVER", "JCB", "UnionPay", "AT61 1904 3002 3457 3201",
    "This page needs JavaScript.",
}  # fmt: skip


class Texts(HTMLParser):
    """Collects the texts of a page, accessible names and placeholders among them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed((FOLDER / page).read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {
            text for name, text in attrs if text and name in ("aria-label", "placeholder")
        }

    def handle_data(self, data: str) -> None:
        self.found.add(data.strip())


def english() -> set[str]:
    """Whatever the pages and the API say to a payer."""
    texts = REFUSALS.union(*(Texts(page).found for page in PAGES))
    for script in filter(IMPORTED.search, SCRIPTS):
        texts |= set(SAID.findall(script))
    return {text for text in texts if re.search("[A-Za-z]", text)} - NOT_TRANSLATED


def words(tag: str) -> dict[str, str]:
    """A language's table, with that of its language below that of its region."""
    return TABLES.get(tag.partition("-")[0], {}) | TABLES[tag]


def test_checkout_speaks_the_languages_of_stripes():
    annotation = str(SessionCreateParams.__annotations__["locale"])
    assert {"auto", "en", *TABLES} == set(re.findall(r"'([\w-]+)'", annotation))


@pytest.mark.parametrize("tag", sorted(set(TABLES) - {"en-GB"}))
def test_a_language_says_everything_and_nothing_else(tag):
    assert set(words(tag)) == english()


def test_british_english_says_otherwise_only_what_americans_say():
    assert set(TABLES["en-GB"]) < english()


@pytest.mark.parametrize("tag", TABLES)
def test_what_is_filled_in_is_filled_in_everywhere(tag):
    for text, translated in TABLES[tag].items():
        assert sorted(PLACEHOLDER.findall(translated)) == sorted(PLACEHOLDER.findall(text)), text
        assert translated == translated.strip() != "", text


def test_a_region_repeats_nothing_of_its_language():
    for tag, table in TABLES.items():
        base = TABLES.get(tag.partition("-")[0], {}) if "-" in tag else {}
        assert not set(table.items()) & set(base.items()), tag
