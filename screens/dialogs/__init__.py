"""Short questions over a step."""
