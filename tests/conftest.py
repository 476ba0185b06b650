"""For every test: what hypothesis may not judge is how fast a shared machine is."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("facts", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("facts")
