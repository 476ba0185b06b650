"""Tags of images in the project's database: one row of `state` for each tagged frame."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping

from s4gui.core.frames import FrameId
from s4gui.core.messages import Message
from s4gui.core.tags import ImageTags
from s4gui.store.journal import Journal


def read(journal: Journal) -> tuple[dict[FrameId, ImageTags], list[Message]]:
    """The tags of all frames that have any, and which rows could not be understood.

    Those are left as they are until their frame is tagged anew.
    """
    found: dict[FrameId, ImageTags] = {}
    notices: list[Message] = []
    for frame, text in journal.ask("SELECT frame, tags FROM state ORDER BY frame"):
        try:
            tags = ImageTags.from_json(json.loads(text))
        except (ValueError, TypeError) as error:
            params = {"frame": frame, "reason": str(error)}
            english = "The tags of {frame} cannot be read and are not used: {reason}"
            notices.append(Message("tags.unreadable", english, params))
            continue
        if tags:
            found[frame] = tags
    return found, notices


def put(connection: sqlite3.Connection, tags: Mapping[FrameId, ImageTags]) -> None:
    """Replace the tags of these frames; the rest of their state stays."""
    connection.executemany(
        "INSERT INTO state(frame, tags) VALUES(?, ?)"
        " ON CONFLICT(frame) DO UPDATE SET tags = excluded.tags",
        [(frame, json.dumps(each.to_json())) for frame, each in tags.items()],
    )
