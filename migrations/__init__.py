"""Alembic trees: ``console`` for the console's file, ``central`` for central's database.

Neither needs an alembic.ini: the programs run them by a ``Config`` whose script_location is
the folder of the installed package, so they work from a wheel. Revisions are numbered
("0001", "0002"), so that a program can tell a newer file from its own. There is no way
down: a file is backed up before an upgrade, and an older program refuses a newer file.
"""
