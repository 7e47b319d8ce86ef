"""HTTP in, one call of ``central.store``, HTTP out: one file per resource."""
