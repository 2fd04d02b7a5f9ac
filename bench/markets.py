"""The labelled sets of `../shared/data`, each as topics with rows, for `bench.elsewhere`.

Folds are grouped as each set's README says: by vendor, by brand, or by row where no seller is
known. Nothing that names the source is in a text: marks that stand for a masked contact are
taken out, as are the words of a catalogue's labels.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bench.gmu import catalogue
from bench.quality import DATA, read
from mimawari.detectors.gbdt.rows import Rows
from mimawari.listings.listing import Listing

LEAST, MASKS = 40, re.compile(r"<(HANDLE|PHONE|EMAIL|URL|WALLET)>")
DOLLARS_A_BITCOIN = 800  # scale only: trees see ranks of prices
MARKED = ("weapons", "counterfeit_goods", "prescription_medicine")
PHRASES = {
    "unlocked_phones": "Unlocked Cell Phones",
    "phones_with_plans": "All Cell Phones with Plans",
    "prepaid_phones": "Prepaid Phones",
    "screen_protectors": "Screen Protectors",
    "smartwatch_bands": "Smartwatch Bands",
    "data_cables": "Data Cables",
}


@dataclass(frozen=True)
class Case:
    """A topic of a set."""

    source: str
    topic: str
    rows: Rows


@dataclass(frozen=True)
class Move:
    """A topic learnt in one place and looked for in another."""

    name: str
    topic: str
    fit: Rows
    held: Rows


def listings(
    texts: Sequence[str],
    sellers: Sequence[str],
    days: Sequence[str] | None = None,
    prices: Sequence[str] | None = None,
) -> tuple[Listing, ...]:
    """Make listings of texts; the first line is the title. Prices are in dollars."""
    made = []
    for i, text in enumerate(texts):
        title, _, description = text.partition("\n")
        at = datetime.fromisoformat(days[i]).replace(tzinfo=UTC) if days else None
        cents = round(100 * float(prices[i])) if prices and prices[i] else None
        made.append(
            Listing(
                id=str(i),
                version=1,
                seller_id=sellers[i],
                title=title,
                description=description,
                price_minor=cents,
                currency=None if cents is None else "USD",
                created_at=at,
            )
        )
    return tuple(made)


def labelled(ware: tuple[Listing, ...], y: Sequence[bool] | NDArray[np.bool_]) -> Rows:
    """Put listings and labels together."""
    return Rows(ware, np.asarray(y, bool), np.ones(len(ware)))


def agora() -> Iterator[Case]:
    """Titles of one market, folds by vendor."""
    table = read(DATA / "agora_2014_listings" / "agora_2014.csv.gz")
    dollars = [str(float(r["price_btc"] or 0) * DOLLARS_A_BITCOIN) for r in table]
    sellers = [r["vendor_id"] for r in table]
    ware = listings([r["title"] for r in table], sellers, [r["date"] for r in table], dollars)
    topics = [r["topic"] for r in table]
    for topic in sorted(set(topics) - {"unlabelled", "services_other"}):
        if topics.count(topic) >= LEAST:
            yield Case("agora_2014_listings", topic, labelled(ware, [t == topic for t in topics]))


def composite() -> Iterator[Case]:
    """Style-normalised titles of shops and markets; the table's folds group them."""
    table = pq.read_table(DATA / "composite_listings_v1" / "composite_v1.parquet").to_pylist()
    table = [r for r in table if r["violation"] is not None]
    sellers = [r["seller_id"] or " ".join(r["norm_title"].split()[:3]) for r in table]
    ware = listings([r["norm_title"] for r in table], sellers)
    for topic in MARKED:
        y = [r["violation"] == 1 and r["topic"] == topic for r in table]
        yield Case("composite_listings_v1", topic, labelled(ware, y))


def vapes() -> list[dict[str, str]]:
    """Read titles with descriptions of three markets."""
    return read(DATA / "cryptomarket_vape_listings" / "vape_listings_2019.csv.gz")


VAPE_TOPICS: dict[str, Callable[[dict[str, str]], bool]] = {
    "contact_outside": lambda r: r["contact_masked"] == "1",
    "eliquid": lambda r: r["product_type"] == "eliquid",
    "synthetic_cannabinoids": lambda r: r["drug"].lower().startswith("synthetic"),
}


def vape_rows(table: list[dict[str, str]], topic: str) -> Rows:
    """Label the rows of these markets, without the marks of what was masked."""
    texts = [MASKS.sub(" ", f"{r['title']}\n{r['description']}") for r in table]
    sellers, prices = [r["vendor_id"] for r in table], [r["price_usd"] for r in table]
    ware = listings(texts, sellers, prices=prices)
    return labelled(ware, [VAPE_TOPICS[topic](r) for r in table])


def vape() -> Iterator[Case]:
    """Titles and long descriptions, folds by vendor."""
    for topic in VAPE_TOPICS:
        yield Case("cryptomarket_vape_listings", topic, vape_rows(vapes(), topic))


def markup() -> Iterator[Case]:
    """Banned and ordinary items of one shop; no seller is known."""
    banned = read(DATA / "markup_amazon" / "banned_items.csv")
    banned = [r for r in banned if r["title_from_url"]]
    plain = [r["title"] for r in read(DATA / "markup_amazon" / "ordinary_products.csv.gz")]
    texts = [r["title_from_url"] for r in banned] + plain
    ware = listings(texts, [str(i) for i in range(len(texts))])
    y = np.repeat([True, False], [len(banned), len(plain)])
    yield Case("markup_amazon", "banned", labelled(ware, y))


def bestbuy() -> Iterator[Case]:
    """Product descriptions alone, without the words of their own category; folds by brand."""
    table = [
        r
        for r in read(DATA / "bestbuy_products" / "bestbuy_phones.csv.gz")
        if r["description"].strip()
    ]
    words = {w.lower() for phrase in PHRASES.values() for w in phrase.split()}
    taken = re.compile(rf"\b({'|'.join(sorted(w.rstrip('s') for w in words))})s?\b", re.IGNORECASE)
    texts = [taken.sub(" ", r["description"]).replace("\n", " ") for r in table]
    sellers, prices = [r["brand"] or r["title"] for r in table], [r["price"] for r in table]
    ware = listings(texts, sellers, prices=prices)
    for topic, phrase in PHRASES.items():
        yield Case(
            "bestbuy_products", topic, labelled(ware, [phrase in r["category"] for r in table])
        )


def fashion() -> Iterator[Case]:
    """Names of a catalogue without its labels' words: every eighth label; no seller is known."""
    data = catalogue.read()
    for at in range(0, len(data.topics), 8):
        y = data.y[:, at] == 1
        topic = data.topics[at].replace(" ", "_").lower()
        ware = listings([one.title for one in data.listings], [one.id for one in data.listings])
        yield Case("fashion_products", topic, labelled(ware, y))


def surge() -> Iterator[Case]:
    """English comments; no writer is known."""
    table = read(DATA / "surge_toxicity" / "toxicity_en.csv")
    ware = listings([flat(r["text"]) for r in table], [r["id"] for r in table])
    yield Case("surge_toxicity", "toxic", labelled(ware, [r["label:toxic"] == "1" for r in table]))


def davidson() -> Iterator[Case]:
    """English tweets; no writer is known."""
    table = read(DATA / "davidson_offensive" / "tweets.csv.gz")
    ware = listings([flat(r["text"]) for r in table], [r["id"] for r in table])
    for topic in ("hate", "offensive"):
        y = [r[f"label:{topic}"] == "1" for r in table]
        yield Case("davidson_offensive", topic, labelled(ware, y))


def japanese() -> Iterator[Case]:
    """Japanese texts: any annotator's vote counts."""
    table = read(DATA / "japanese_toxic" / "subset.csv")
    ware = listings([flat(r["text"]) for r in table], [r["id"] for r in table])
    votes = {"toxic": ("Toxic", "Very Toxic"), "nuisance": ("category_迷惑行為",),
             "discrimination": ("category_差別",)}  # fmt: skip
    for topic, columns in votes.items():
        y = [any(int(r[column]) for column in columns) for r in table]
        yield Case("japanese_toxic", topic, labelled(ware, y))


def flat(text: str) -> str:
    """Put a comment on one line."""
    return " ".join(text.split())


SETS: dict[str, Callable[[], Iterator[Case]]] = {
    "agora_2014_listings": agora,
    "composite_listings_v1": composite,
    "cryptomarket_vape_listings": vape,
    "markup_amazon": markup,
    "bestbuy_products": bestbuy,
    "fashion_products": fashion,
    "surge_toxicity": surge,
    "davidson_offensive": davidson,
    "japanese_toxic": japanese,
}


def later() -> Iterator[Move]:
    """The older half of the dated market's rows to learn from, new sellers of the newer to judge.

    A seller of the older half is left out of the newer, as in the folds.
    """
    for case in agora():
        rows = case.rows
        newer = rows.times >= np.median(rows.times)
        seen = np.isin(rows.groups, rows.groups[~newer])
        fit, held = rows.take(np.flatnonzero(~newer)), rows.take(np.flatnonzero(newer & ~seen))
        if min(fit.y.sum(), held.y.sum()) >= LEAST // 2:
            yield Move("older half, newer half", case.topic, fit, held)


def across() -> Iterator[Move]:
    """One market to learn from, another to judge, where both know the topic."""
    table = vapes()
    names = sorted({r["market"] for r in table})
    for topic in VAPE_TOPICS:
        parts = {n: vape_rows([r for r in table if r["market"] == n], topic) for n in names}
        for one in names:
            for other in names:
                fit, held = parts[one], parts[other]
                seen = np.isin(held.groups, fit.groups)
                held = held.take(np.flatnonzero(~seen))
                if one != other and min(fit.y.sum(), held.y.sum()) >= LEAST // 2:
                    yield Move(f"{one}, {other}", topic, fit, held)


def fewer(rows: Rows, most: int, seed: int = 0) -> Rows:
    """Draw at most this many rows; violations stay, as far as they are no more than a quarter."""
    if len(rows.y) <= most:
        return rows
    random = np.random.default_rng((seed, 0xFE3))
    inside = random.permutation(np.flatnonzero(rows.y))
    rest = random.permutation(np.flatnonzero(~rows.y))
    few = min(len(inside), max(most // 4, most - len(rest)))
    return rows.take(np.sort(np.concatenate((inside[:few], rest[: most - few]))))
