"""The picture of a model: data, features, members, itself, where it is deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from mimawari.records.lineage import Lineage
from mimawari.service.console.models.flow_picture import Flow, Node, draw
from mimawari.service.console.models.lineage_facts import SHORT, lineage_of

if TYPE_CHECKING:
    from mimawari.records.json import JsonObject
    from mimawari.service.catalogue.models import ModelVersion
    from mimawari.service.console.models.slot_words import ShownSlot


def model_flow(
    model: ModelVersion, slot: ShownSlot, topic_name: str, deployed: bool, shows_data: bool
) -> Flow:
    """Draw a model.

    Parameters
    ----------
    shows_data
        Whether who looks may open the page of its data set.
    """
    lineage = lineage_of(model)
    data = _data(lineage, shows_data)
    own = Node("model", model.pk, model.kind)
    timeline = reverse("console:topic_versions", args=[model.topic])
    end = Node("slot", topic_name, slot.text, timeline if deployed else "")
    members = {
        Node("member", name, member.kind): _features(member.kind, member.lineage)
        for name, member in model.composition.members.items()
    }
    readers = members or {own: _features(model.kind, model.lineage)}
    features = list(dict.fromkeys(feature for of in readers.values() for feature in of))
    joins = [(data, feature) for feature in features]
    joins += [(feature, reader) for reader, of in readers.items() for feature in of]
    joins += [(member, own) for member in members]
    columns = [[data], features, list(members), [own], [end]]
    return draw(_("How data flowed"), columns, [*joins, (own, end)])


def _data(lineage: Lineage, shows_data: bool) -> Node:
    rows = (
        "" if lineage.rows is None else _("%(number)s listings") % {"number": f"{lineage.rows:,}"}
    )
    if lineage.data_set:
        href = reverse("console:data_set", args=[lineage.data_set]) if shows_data else ""
        return Node("data", lineage.data_set, rows or _("data set"), href)
    if lineage.labels_until:
        until = _("Labels until %(day)s") % {"day": lineage.labels_until[:10]}
        return Node("data", until, rows)
    return Node("data", _("Listings and labels"), rows or (lineage.data or "")[:SHORT])


def _features(kind: str, plain: JsonObject) -> list[Node]:
    """Give what a kind of model reads of a listing, as far as its lineage says."""
    lineage = Lineage.of(plain)
    settings = lineage.settings or {}
    if kind == "gbdt":
        grams = Node("feature", _("N-grams"), _("of words and letters"))
        trees = settings.get("with_trees", True) and not lineage.dropped
        facts = Node("feature", _("Listing's facts"), _("price, seller, rules"))
        return [grams, facts] if trees else [grams]
    if kind == "sentences":
        return [Node("feature", _("Sentence encoder"), (lineage.encoder or "")[:SHORT])]
    if kind == "gmu":
        return [Node("feature", _("Text and pictures"), _("gated unit"))]
    return [Node("feature", _("Features"), kind)]
