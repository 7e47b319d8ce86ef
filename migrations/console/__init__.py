"""The console's file, version by version; ``services.adapters.console_file`` runs them.

A new version: a file in ``versions`` with the next number, ``HEAD`` in ``console_file``
set to it, ``models.tables.console`` changed to match (a test compares the two).
"""
