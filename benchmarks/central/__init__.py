"""What a central carries: orders a second, a first sync, the feeds, five hundred consoles."""
