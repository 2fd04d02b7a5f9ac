"""Titles of the topics in force, in the user's language."""

from __future__ import annotations

from mimawari.service.console.texts import in_language
from mimawari.service.releases.in_force import files_in_force


def titles_in_force() -> dict[str, str]:
    """Give the title of each topic in force."""
    return {topic: in_language(file.title) for topic, file in files_in_force().items()}
