"""Sentence embeddings: a language model's knowledge of words that no label has named yet."""
