"""The headless twin: the same engine without a window."""
