"""The cheat sheet of test cards."""

from classroom.cheat_sheet import CheatSheet
from local_stripe.cards import CARDS


def test_each_test_card_has_a_line_with_its_number_and_what_it_makes_happen():
    heading, *lines = repr(CheatSheet(CARDS)).splitlines()
    assert len(lines) == len(CARDS)
    assert "what happens" in heading
    assert any(
        line.startswith("4000 0000 0000 0002") and "Your card was declined." in line
        for line in lines
    )


def test_a_number_is_grouped_as_on_the_card():
    sheet = repr(CheatSheet(CARDS))
    assert "4242 4242 4242 4242" in sheet
    assert "3782 822463 10005" in sheet
