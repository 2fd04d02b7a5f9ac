"""Build the demo's bundled sample from the composite table of real listings.

    python scripts/build_sample.py DATA_FOLDER

DATA_FOLDER holds ``composite_listings_v1/composite_v1.parquet``. The choices below keep the
demo from flattering itself where they can; what they cannot remove (shop style against
market style) the report shows as the leak gauge.

* Folds 1, 2 and 4 train, folds 0 and 3 are streamed: no vendor and no product family is in both.
* Brand and category go to free attributes, which no detector reads: the markets' own
  categories are the labels, and shops alone have brands.
* Where the listings were offered, and from where they ship, is left out.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

# Market's own topic -> topic of the starter pack whose policy forbids it.
TOPIC_OF = {
    "weapons": "weapons",
    "counterfeit_goods": "counterfeit",
    "illegal_drugs": "drugs_controlled",
    "drug_paraphernalia": "drugs_controlled",
    "prescription_medicine": "medicine_device",
    "steroids": "medicine_device",
    "tobacco": "alcohol_tobacco",
    "cash_and_financial_accounts": "cash_vouchers",
    "counterfeit_money": "cash_vouchers",
    "digital_accounts": "accounts_digital",
    "forged_documents": "crime_tools",
    "hacking": "crime_tools",
}
# Rows kept of a topic in the training folds and in the streamed folds.
MOST_A_TOPIC = (400, 30)
SHOP_ROWS = 24_000
STREAMED_FOLDS = (0, 3)
SEED = 20_260_901
TOPICS = tuple(sorted(set(TOPIC_OF.values())))
TARGET = Path(__file__).parent.parent / "src/mimawari/simulation/sample"


def family(title: str, domain: str) -> str:
    """Pseudonymous seller of a shop row: its shop and first three title words."""
    words = " ".join(title.lower().split()[:3])
    return "shop-" + hashlib.sha256(f"{domain} {words}".encode()).hexdigest()[:10]


def choose(rows: list[dict[str, object]], rng: np.random.Generator) -> list[dict[str, object]]:
    """Thin the markets' rows to a low prevalence and sample the shops' rows."""
    kept = []
    shops = [r for r in rows if r["topic"] == "ordinary"]
    kept += [shops[i] for i in sorted(rng.choice(len(shops), SHOP_ROWS, replace=False))]
    for topic in TOPICS:
        for streamed, most in enumerate(MOST_A_TOPIC):
            pool = [
                r
                for r in rows
                if TOPIC_OF.get(str(r["topic"])) == topic
                and (r["fold"] in STREAMED_FOLDS) == streamed
            ]
            kept += [pool[i] for i in sorted(rng.permutation(len(pool))[:most])]
    order = rng.permutation(len(kept))
    return sorted((kept[i] for i in order), key=lambda r: r["fold"] in STREAMED_FOLDS)


def as_listing(row: dict[str, object]) -> dict[str, object]:
    """One row in the columns that the listing readers expect."""
    price, title, topic = row["price_usd"], str(row["title"]), TOPIC_OF.get(str(row["topic"]))
    attributes = {k: str(row[k]) for k in ("brand", "category") if row[k] and topic is None}
    return {
        "id": row["listing_id"],
        "version": 1,
        "seller_id": row["seller_id"] or family(title, str(row["domain"])),
        "title": title[:200],
        "description": str(row["description"])[:2000],
        "price_minor": None if price is None else round(float(str(price)) * 100),
        "currency": None if price is None else "USD",
        "attributes": list(attributes.items()),
        **{f"label:{t}": int(t == topic) for t in TOPICS},
    }


def main() -> None:
    """Write the sample."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("data", type=Path)
    source = arguments.parse_args().data / "composite_listings_v1" / "composite_v1.parquet"
    known = pq.read_table(source, filters=pc.field("violation").is_valid()).sort_by("listing_id")
    kept = choose(known.to_pylist(), np.random.default_rng(SEED))
    types: dict[str, pa.DataType] = {"version": pa.int64(), "price_minor": pa.int64()}
    types |= {f"label:{t}": pa.int8() for t in TOPICS}
    types["attributes"] = pa.map_(pa.string(), pa.string())
    for name, streamed in (("train", False), ("stream", True)):
        rows = [as_listing(r) for r in kept if (r["fold"] in STREAMED_FOLDS) == streamed]
        schema = pa.schema([(column, types.get(column, pa.string())) for column in rows[0]])
        target = TARGET / f"{name}.parquet"
        pq.write_table(pa.Table.from_pylist(rows, schema), target, compression="zstd")
        print(f"{target.name}: {len(rows)} rows, {target.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
