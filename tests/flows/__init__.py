"""Stories played in a real window by real X events; run with `python -m tests.flows.story`."""
