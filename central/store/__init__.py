"""Reading and writing central's tables: one file per resource, no HTTP in any of them.

Every function takes the connection of a transaction that its caller opened, so that what
belongs together is committed together.
"""
