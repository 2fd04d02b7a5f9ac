"""What the figures say: quality of labels and lists, the worth of models."""
