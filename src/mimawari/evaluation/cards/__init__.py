"""A model's card: what it is, from what it was made and how good it was; as CycloneDX and text."""

from mimawari.evaluation.cards.card import CardDataSet, CardFigure, ModelCard
from mimawari.evaluation.cards.cyclonedx import as_cyclonedx
from mimawari.evaluation.cards.markdown import card_markdown

__all__ = ["CardDataSet", "CardFigure", "ModelCard", "as_cyclonedx", "card_markdown"]
