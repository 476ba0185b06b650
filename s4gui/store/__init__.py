"""Disk: every write atomic, every read validated."""
