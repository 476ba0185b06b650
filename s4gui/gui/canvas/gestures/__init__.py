"""Gestures: what each tool makes of presses, drags and keys; pure state machines, no Qt."""
