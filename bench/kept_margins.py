"""Held-out margins of the members of an ensemble, kept so that rules of pooling take seconds.

Topics in which few sellers violate, at their own prevalence, beside topics of `bench.markets`; none
is of the market that `bench quality` judges by. Brands stand for sellers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bench.elsewhere import SentenceReader, settings_of
from bench.gmu.catalogue import without
from bench.markets import SETS, Case, fewer, labelled, listings
from bench.quality import DATA, read
from mimawari.detectors.background import fit_background, standard
from mimawari.detectors.sentences.training import background_of
from mimawari.evaluation.choosing.run import Contest
from mimawari.evaluation.choosing.task import Settings, Task

MEMBERS = ("linear", "tfidf", "sentences")
ROWS, SHARE, BRANDS = 4_000, (0.008, 0.04), (8, 40)
COLUMNS = ("gender", "subCategory", "articleType", "season", "usage", "baseColour")
OFFERS = "composite_listings_v1"

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Kept:
    """A topic's rows, and what a model of each fold and member gave to those it did not see.

    Parameters
    ----------
    fold
        Number of the fold that holds each row out, shape (n,).
    deviations
        By member, from the background of the fold's model; shape (n,).
    backgrounds
        By member: mean and spread of each fold's model; shape (folds, 2).
    """

    source: str
    topic: str
    y: NDArray[np.bool_]
    groups: NDArray[np.str_]
    weight: Floats
    fold: NDArray[np.int64]
    deviations: dict[str, Floats]
    backgrounds: dict[str, Floats]

    @property
    def folds(self) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Rows fitted on and rows held out."""
        numbers = range(self.fold.max() + 1)
        return [(np.flatnonzero(self.fold != f), np.flatnonzero(self.fold == f)) for f in numbers]

    def margins(self, name: str) -> Floats:
        """Give a member's margins as its models gave them."""
        mean, spread = self.backgrounds[name][self.fold].T
        margins: Floats = mean + spread * self.deviations[name]
        return margins

    def by_other_folds(self, name: str) -> Floats:
        """Give deviations from the background of the other folds' models."""
        margins = self.margins(name)
        deviations = np.empty(len(margins))
        for fit, held in self.folds:
            background = fit_background(margins[fit], self.y[fit], self.weight[fit])
            deviations[held] = standard(margins[held], background)
        return deviations


def few_brands(
    source: str,
    topics: dict[str, NDArray[np.bool_]],
    texts: dict[str, list[str]],
    brands: list[str],
) -> Iterator[Case]:
    """Give the topics that make up 0.8 to 4 % of the rows, of 8 to 40 brands."""
    for topic, y in topics.items():
        sellers = len({brand for brand, violates in zip(brands, y, strict=True) if violates})
        if SHARE[0] <= y.mean() <= SHARE[1] and BRANDS[0] <= sellers <= BRANDS[1]:
            yield Case(source, topic, labelled(listings(texts[topic], brands), y))


def names() -> Iterator[Case]:
    """Names of a catalogue without its labels' words; the first word is the brand."""
    path = DATA / "fashion_products" / "styles_text.csv.gz"
    table = thinned([r for r in read(path) if r["productDisplayName"]], 11)
    words = {w.lower() for c in COLUMNS for r in table for w in re.findall(r"\w+", r[c])}
    words |= {word.rstrip("s") for word in words}
    texts = [without(r["productDisplayName"], words) or "-" for r in table]
    topics = {
        f"{column}_{value}".replace(" ", "_"): np.array([r[column] == value for r in table])
        for column in ("articleType", "usage", "baseColour")
        for value, _ in Counter(r[column] for r in table).most_common()
        if value
    }
    brands = [r["productDisplayName"].split()[0] for r in table]
    yield from few_brands("fashion_products", topics, dict.fromkeys(topics, texts), brands)


def offers() -> Iterator[Case]:
    """Titles of shop offers without the words of their own category; brands as named."""
    table = pq.read_table(DATA / OFFERS / "composite_v1.parquet").to_pylist()
    table = thinned([r for r in table if r["domain"] == "shop_walmart_amazon"], 12)
    counted = Counter(r["category"] for r in table).most_common()
    texts = {value: [_without(value, r["title"]) for r in table] for value, _ in counted if value}
    topics = {value: np.array([r["category"] == value for r in table]) for value in texts}
    brands = [r["brand"] or " ".join(r["title"].split()[:2]) for r in table]
    yield from few_brands(OFFERS, topics, texts, brands)


def _without(category: str, title: str) -> str:
    words = [w.rstrip("s") for w in re.findall(r"\w+", category) if len(w) > 2]
    return (
        re.sub(rf"\b({'|'.join(words)})s?\b", " ", title, flags=re.IGNORECASE) if words else title
    )


def thinned(table: list[dict[str, str]], seed: int) -> list[dict[str, str]]:
    """Draw rows."""
    drawn = np.random.default_rng(seed).permutation(len(table))[:ROWS]
    return [table[i] for i in np.sort(drawn)]


def cases() -> Iterator[Case]:
    """Give the topics: 22 of the catalogue, two of offers, seven of other sets."""
    yield from islice(names(), 22)
    yield from islice(offers(), 2)
    for source, most in (("japanese_toxic", 3), ("markup_amazon", 1),
                         ("cryptomarket_vape_listings", 2)):  # fmt: skip
        for case in islice(SETS[source](), most):
            yield replace(case, rows=fewer(case.rows, 1_500))
    yield from islice(SETS["bestbuy_products"](), 1)


def kept(case: Case, reader: SentenceReader, folder: Path) -> Kept:
    """Read what is kept of a topic, else train every member in every fold and keep that."""
    path = folder / f"{case.source}__{case.topic.replace('/', '_').replace(' ', '_')}.npz"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        np.savez(path, **_trained(case, reader))  # type: ignore[arg-type]
    stored = np.load(path, allow_pickle=False)
    rows, of = case.rows, partial(dict[str, Floats])
    return Kept(
        case.source,
        case.topic,
        rows.y,
        rows.groups,
        rows.weight,
        stored["fold"],
        of({name: stored[name] for name in MEMBERS}),
        of({name: stored[f"background_{name}"] for name in MEMBERS}),
    )


def _trained(case: Case, reader: SentenceReader) -> dict[str, NDArray[np.generic]]:
    task = Task(case.topic, case.rows, Settings(settings_of(case.source)))
    sentences = reader.of(case.rows)
    task = replace(task, sentences=sentences.files, vectors=[sentences.vectors])
    contest, fold = Contest(task), np.empty(len(case.rows.y), np.int64)
    for name in MEMBERS:
        contest.held_out(name)
    for number, (_, held) in enumerate(task.folds):
        fold[held] = number
    x = sentences.vectors
    backgrounds = {
        name: [lineage.background for lineage in task.trained.folds[name]] for name in MEMBERS[:2]
    } | {"sentences": [background_of(x[fit], case.rows.take(fit)) for fit, _ in task.folds]}
    return {
        "fold": fold,
        **{name: contest.margins[name] for name in MEMBERS},
        **{
            f"background_{name}": np.array([(b.mean, b.spread) for b in some if b is not None])
            for name, some in backgrounds.items()
        },
    }
