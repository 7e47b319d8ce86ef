"""Data the program ships with; see the README beside each set."""
