"""Use cases of the console and the ports they need; adapters stand in ``services.adapters``."""
