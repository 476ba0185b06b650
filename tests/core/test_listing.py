"""What a list shows: kept as plain values, whatever somebody made of them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4gui.core.listing import Listing, Sort

LISTINGS = st.builds(
    Listing,
    filter=st.text(max_size=9),
    recent=st.lists(st.text(min_size=1, max_size=3), max_size=12, unique=True).map(tuple),
    sort=st.sampled_from(Sort),
    descending=st.booleans(),
)


@given(LISTINGS)
def test_a_listing_comes_back_from_its_plain_values(listing: Listing) -> None:
    assert Listing.from_json(json.loads(json.dumps(listing.to_json()))) == listing


@pytest.mark.parametrize(
    "raw",
    [
        None,
        3,
        [],
        {"filter": 3, "recent": "x", "sort": "colour", "descending": "yes"},
        {"sort": []},
    ],
)
def test_what_cannot_be_understood_is_left_out(raw: object) -> None:
    assert Listing.from_json(raw) == Listing()


def test_the_last_filters_are_twelve_different_ones_newest_first() -> None:
    listing = Listing()
    for n in [*range(20), 15]:
        listing = listing.used(f"f{n}")
    assert listing.recent == (
        "f15",
        "f19",
        "f18",
        "f17",
        "f16",
        *(f"f{n}" for n in range(14, 7, -1)),
    )
    assert listing.used("  ") == listing
