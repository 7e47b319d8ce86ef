"""SQLAlchemy tables of the console's file."""
