"""The canvas: shows one frame with its labels and prediction, and asks for edits."""
