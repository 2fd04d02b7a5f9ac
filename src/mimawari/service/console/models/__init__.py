"""Pages of the catalogue: models, which version was in force when, data sets."""
