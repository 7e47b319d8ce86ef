"""What the operator sees: Textual only, no rule of the shop."""
