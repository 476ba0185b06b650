"""Benches of the whole window: its start, and painting while a run trains."""
