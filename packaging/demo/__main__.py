"""`python packaging/demo OUT` renders the scenes of the demo project.

This folder is run by its path and not as `packaging.demo`: `packaging` is also the name of an
installed distribution that pip and pytest import, so this one must never become importable.
"""

from __future__ import annotations

import sys

from s4gui_demo.cli import main

if __name__ == "__main__":
    sys.exit(main())
