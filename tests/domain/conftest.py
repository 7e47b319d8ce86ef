"""Properties are about values, not speed: the first one to ask pays for reading the holidays."""

from hypothesis import settings

settings.register_profile("domain", deadline=None)
settings.load_profile("domain")
