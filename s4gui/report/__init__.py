"""Run and project reports."""
