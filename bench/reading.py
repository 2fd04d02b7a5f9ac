"""How much of the text in a picture is read, and how long does that take?

    python -m bench reading

Titles of one real market, drawn onto photographs of 1200 x 900 pixels (cut out of those of
scikit-learn) in letters of several heights; and alone on a white strip, as sellers send them. A
word counts as read if it stands, canonical, in the canonical text that was read. The engine with
its own settings is measured beside ours in the same run, on one core. Writes
bench/results/reading.json.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from PIL import ImageDraw, ImageFont
from rapidocr import RapidOCR

from bench.environment import aim, result, rounded, write
from bench.images import encoded, photographs
from bench.quality import DATA, read
from mimawari.listings.disguises.picture import draw
from mimawari.listings.media.decode import decode
from mimawari.listings.media.ocr import TextReader, text_of
from mimawari.listings.media.pictures import Picture
from mimawari.listings.normalise import canonical

PICTURES, LETTERS, HEIGHTS = 40, 45, (12, 18, 28, 44)
Read = Callable[[Picture], str]


def titles(count: int) -> list[str]:
    """Draw titles of at least three words in Latin letters."""
    table = read(DATA / "agora_2014_listings" / "agora_2014.csv.gz")
    good = [r["title"] for r in table if r["title"].isascii() and len(r["title"].split()) > 2]
    return [good[i] for i in np.random.default_rng(0).permutation(len(good))[:count]]


def on_photographs(texts: list[str], height: int) -> list[Picture]:
    """Write each title onto a photograph, white with a dark edge as in an image editor."""
    made = []
    for text, image in zip(texts, photographs(len(texts)), strict=True):
        pen, face = ImageDraw.Draw(image), ImageFont.load_default(height)
        at = (40, 100 + 10 * (len(made) % 60))
        pen.text(at, text[:LETTERS], "white", face, stroke_width=2, stroke_fill="black")
        made.append(decode(encoded(image, quality=85)))
    return made


def measured(read_one: Read, texts: list[str], pictures: list[Picture]) -> dict[str, float]:
    """Give the share of words read, and seconds a picture."""
    start = time.process_time()
    found = [canonical(read_one(picture)) for picture in pictures]
    spent = time.process_time() - start
    words = [
        (word, seen)
        for text, seen in zip(texts, found, strict=True)
        for word in canonical(text[:LETTERS]).split()
        if len(word) > 2
    ]
    share = float(np.mean([word in seen for word, seen in words])) if words else 0.0
    return {"words_read": rounded(share), "seconds_a_picture": rounded(spent / len(pictures))}


def readers() -> dict[str, Read]:
    """Give our reader, and the engine as it comes."""
    ours = TextReader()
    engine = "EngineConfig.onnxruntime"
    threads = {f"{engine}.{kind}_op_num_threads": 1 for kind in ("intra", "inter")}
    plain: Any = RapidOCR(params=threads | {"Global.log_level": "error"})

    def as_it_comes(picture: Picture) -> str:
        return "\n".join(plain(np.ascontiguousarray(picture.rgb[..., ::-1])).txts or ())

    return {"ours": lambda picture: text_of(ours.read(picture)), "as_it_comes": as_it_comes}


def main(quick: bool = False) -> dict[str, Any]:
    """Read every set of pictures with both."""
    texts = titles(8 if quick else PICTURES)
    sets: dict[str, Callable[[], list[Picture]]] = {
        f"photographs_{height}_pixels": partial(on_photographs, texts, height) for height in HEIGHTS
    }
    sets["strips"] = lambda: [decode(draw(text[:LETTERS])) for text in texts]
    sets["no_text"] = lambda: [decode(encoded(one)) for one in photographs(len(texts))]
    figures: dict[str, Any] = {}
    for name, make in sets.items():
        pictures = make()
        said = [""] * len(pictures) if name == "no_text" else texts
        figures[name] = {who: measured(one, said, pictures) for who, one in readers().items()}
    aims = [
        aim("words read on strips", 0.9, figures["strips"]["ours"]["words_read"]),
        aim(
            "words read in letters of 28 pixels on photographs", 0.9,
            figures["photographs_28_pixels"]["ours"]["words_read"],
        ),
    ]  # fmt: skip
    told = result(aims, figures)
    if not quick:
        write("reading", told)
    return told


if __name__ == "__main__":
    main()
