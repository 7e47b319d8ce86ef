"""Central's database, version by version; ``central.database`` runs them.

A new version: a file in ``versions`` with the next number, ``HEAD`` in
``central.database`` set to it, ``models.tables.central`` changed to match (a test
compares the two).
"""
