"""Time stands still until somebody moves it, and moves forward only."""

import time

import pytest

from local_stripe import Clock, LocalStripe, WallClock


def test_a_clock_starts_with_the_year_2026_and_stands_still():
    clock = Clock()

    assert clock.now() == clock.now() == 1767225600


def test_a_clock_moves_when_it_is_moved(client, local):
    local.advance(60)

    assert client.v1.customers.create({}).created == 1767225660


def test_the_wall_clock_runs_and_can_be_moved_ahead():
    clock = WallClock()
    assert abs(clock.now() - time.time()) < 5

    LocalStripe(clock=clock).advance(3600)
    assert abs(clock.now() - time.time() - 3600) < 5


@pytest.mark.parametrize("clock", [Clock(), WallClock()])
def test_time_does_not_go_back(clock):
    with pytest.raises(ValueError, match="forward"):
        clock.advance(-1)
