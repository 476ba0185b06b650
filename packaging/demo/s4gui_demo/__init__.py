"""Renders the street scenes of the demo project, with exact masks; numpy and Pillow only."""
