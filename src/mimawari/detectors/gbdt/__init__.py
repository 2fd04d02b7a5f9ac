"""One-vs-all models: linear text scores, corrected by gradient-boosted trees."""
