"""The open project as it changes; every mutation returns a Change."""
