"""The process around a run: private stdout, commands, errors to events."""
