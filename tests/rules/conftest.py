"""Small topic files as text."""

from __future__ import annotations

from collections.abc import Callable

import pytest

HEAD = """
topic = "sample"
severity = "high"
capacity = 5
title = {en = "Sample"}
policy = {en = "No samples."}
"""


@pytest.fixture
def topic_text() -> Callable[..., str]:
    """Write a topic file of rules given as ``(id, condition, match, no_match)``."""

    def write(*rules: tuple[str, str, str, str], lists: str = "") -> str:
        parts = [HEAD, f"[lists]\n{lists}"]
        for rule_id, when, match, no_match in rules:
            parts.append(
                f'[[rules]]\nid = "{rule_id}"\nwhen = {when}\n'
                f'[rules.examples]\nmatch = ["{match}"]\nno_match = ["{no_match}"]\n'
            )
        return "\n".join(parts)

    return write
