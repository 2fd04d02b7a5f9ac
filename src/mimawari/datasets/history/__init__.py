"""Days that are over as Parquet: one column a topic, sorted by listing, totals beside them."""
