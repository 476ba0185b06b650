"""Measurements of the methods: python -m tests.bench.methods."""
