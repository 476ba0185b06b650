"""Strategies: how one step learns, as the paper writes it."""
