"""Paint a few strokes on street images, train in the background, correct, export masks."""

__version__ = "0.1.0"
