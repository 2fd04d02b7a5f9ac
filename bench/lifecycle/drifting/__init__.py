"""Parts of the bench of drift: a market, many months of it, and what river says of it."""
