"""Regularisers: terms that spread sparse labels, added to a strategy."""
