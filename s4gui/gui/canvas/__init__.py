"""The label canvas."""
