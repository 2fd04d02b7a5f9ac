"""A topic file with one word rule, for stores that are filled with listings of a word."""

from __future__ import annotations

TOPIC = """
topic = "{topic}"
severity = "high"
capacity = {capacity}
[title]
en = "{topic}"
[policy]
en = "Nothing of the kind."
[[rules]]
id = "word"
when = {{ words = ["{word}"] }}
[rules.examples]
match = ["a {word}"]
no_match = ["a cup"]
"""
