"""A candidate over closed days beside what is in force: parts replayed, lists merged, compared."""
