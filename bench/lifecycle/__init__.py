"""What a model's life costs beside scoring: ``python -m bench.lifecycle.NAME``."""
