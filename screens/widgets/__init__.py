"""Parts of screens that draw domain values; none knows a service."""
