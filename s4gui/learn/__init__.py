"""The learning engine: networks, losses, strategies and the loop of a run; headless torch."""
