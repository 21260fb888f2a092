"""Who may import whom: neither the shop nor the local Stripe knows anything of the others."""

import grimp
import pytest

GRAPH = grimp.build_graph("sample_app", "local_stripe", "classroom", cache_dir=None)


@pytest.mark.parametrize(
    ("package", "stranger"),
    [
        ("sample_app", "local_stripe"),
        ("sample_app", "classroom"),
        ("local_stripe", "sample_app"),
        ("local_stripe", "classroom"),
    ],
)
def test_no_import_leads_through_the_wall(package, stranger):
    assert GRAPH.find_shortest_chains(package, stranger) == set()


def test_the_classroom_drives_both():
    assert GRAPH.find_shortest_chains("classroom", "sample_app")
    assert GRAPH.find_shortest_chains("classroom", "local_stripe")
