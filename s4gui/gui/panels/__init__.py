"""Panels: each knows the workbench and the bus only."""
