"""Own copies of listings' pictures: fetched once, kept as evidence, shown without metadata."""
