"""Scores of listing versions: leased batches in, scores and candidates out."""
