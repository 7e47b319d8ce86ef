"""Getting orders up and the shop's data down, in the background."""
