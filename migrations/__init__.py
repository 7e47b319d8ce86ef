"""Alembic trees: ``console`` for the console's file, ``central`` for central's database."""
