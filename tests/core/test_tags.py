"""Tags say what is in an image and what not, and never both."""

from __future__ import annotations

import pytest

from s4gui.core.tags import ImageTags


def test_a_class_cannot_be_present_and_absent_at_once() -> None:
    with pytest.raises(ValueError, match=r"at once: \[3\]"):
        ImageTags(frozenset({1, 3}), frozenset({3}))


@pytest.mark.parametrize("wrong", [-1, 254, 255, True, "7"])
def test_only_class_ids_can_be_tagged(wrong: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        ImageTags(present=frozenset({wrong}))  # type: ignore[arg-type]


def test_saying_something_else_replaces_what_was_said_of_the_class() -> None:
    tags = ImageTags(frozenset({1, 2}), frozenset({5}))
    assert tags.but(absent=[2], present=[5]) == ImageTags(frozenset({1, 5}), frozenset({2}))
    assert tags.but(unknown=[1, 5]) == ImageTags(frozenset({2}))
    assert not tags.but(unknown=[1, 2, 5])


@pytest.mark.parametrize(
    "tags", [ImageTags(), ImageTags(frozenset({0, 253})), ImageTags(absent=frozenset({4}))]
)
def test_plain_values_come_back_as_the_same_tags(tags: ImageTags) -> None:
    assert ImageTags.from_json(tags.to_json()) == tags


def test_a_row_that_was_never_tagged_says_nothing() -> None:
    assert ImageTags.from_json([]) == ImageTags()


@pytest.mark.parametrize(
    "raw", [[3], "sky", {"seen": [1]}, {"present": 3}, {"absent": [1.5]}, None]
)
def test_what_tags_did_not_write_is_refused(raw: object) -> None:
    with pytest.raises(ValueError, match=r"tags|lists|class id"):
        ImageTags.from_json(raw)
