"""The words and rules of the shop, pure, and the tables and wire forms they map to."""
