"""Where the measured material beside the checkout lies; tests that need it skip without it."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


def camvid() -> Path:
    """The CamVid folder (train, trainannot, val, valannot, train_scribbles, sets)."""
    folder = SHARED / "data" / "camvid"
    if not folder.is_dir():
        pytest.skip("needs the CamVid images of ../shared, which is not here")
    return folder
