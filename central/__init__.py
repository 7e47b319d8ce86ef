"""The reference central API: routes, store, judgement. Knows the domain, not the console."""
