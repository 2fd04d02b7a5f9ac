"""Make the list of words that sellers hide, to which the normaliser mends broken ones.

    python scripts/build_words.py

They come from the starter pack's rules, the table of synonyms and `hidden_names.txt`. Run it
again when the starter pack has new words: a test says when.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

from mimawari.detectors.packs import starter
from mimawari.detectors.topicfile import load
from mimawari.detectors.topicfile.conditions import All, AnyOf, Condition, Reference, Text
from mimawari.listings.disguises.synonyms import built_in
from mimawari.listings.normalise.lexicon import EMPTY, FREQUENT, HIDDEN, general, is_japanese
from mimawari.listings.normalise.readings import Readings

FOLDER = Path(str(files("mimawari.listings.normalise")))
NAMES = Path(__file__).with_name("hidden_names.txt")
EVERYDAY = re.compile("described|hinted")
"""Rules that tell goods without their name do so by words that nobody hides."""
PART = re.compile(r"[ぁ-ゖァ-ヺー一-鿿]{3,}|[a-z]{4,}")
KANA = re.compile("[ぁ-ゖァ-ヺー]+")
LEAST_LATIN, LEAST_JAPANESE, LEAST_KANA = 3, 2, 3


def of_rules() -> list[str]:
    """Give the words and phrases that rules of the starter pack look for, and in expressions."""
    words: list[str] = []
    for topic in map(load, starter()):
        conditions = {rule.id: rule.when for rule in topic.rules}
        for rule in (r for r in topic.rules if not EVERYDAY.search(r.id)):
            for text in looked_for(rule.when, conditions):
                for pattern in text.patterns:
                    words += parts(pattern) if text.kind == "regex" else [pattern]
    return words


def looked_for(condition: Condition, rules: Mapping[str, Condition]) -> Iterator[Text]:
    """Yield the text conditions of a condition that no `not` turns round."""
    match condition:
        case Text():
            yield condition
        case Reference(rule):
            yield from looked_for(rules[rule], rules)
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from looked_for(part, rules)
        case _:  # a number, or a word that must not stand there
            pass


def parts(text: str) -> list[str]:
    """Give the longer runs of Japanese and of rare Latin letters in a phrase or an expression."""
    plain = re.sub(r"\\.", " ", text)
    return [w for w in PART.findall(plain) if not w.isascii() or w not in frequent()]


@cache
def frequent() -> frozenset[str]:
    """Give the words that say nothing when they are hidden."""
    return frozenset(general()[:FREQUENT])


def hidden() -> list[str]:
    """Give the words that sellers hide, folded; what folds to several words is left out."""
    lines = NAMES.read_text("utf-8").splitlines()[1:]
    names = [word for line in lines for word in line.split()]
    of_synonyms = [word for table in built_in().values() for word in table]
    texts = Readings({}).fold([*of_rules(), *of_synonyms, *names], EMPTY)
    folded = {texts.text(i) for i in range(len(texts))}
    of_phrases = (word for text in folded if not fits(text) for word in parts(text))
    return sorted(filter(fits, folded.union(of_phrases)))


def fits(word: str) -> bool:
    """Whether a folded word is of one script and long enough to be told when it is broken."""
    latin = word.isascii() and word.isalpha() and len(word) >= LEAST_LATIN
    least = LEAST_KANA if KANA.fullmatch(word) else LEAST_JAPANESE
    return latin or (len(word) >= least and is_japanese(word))


def main() -> None:
    """Write the list."""
    (FOLDER / HIDDEN).write_text("\n".join(hidden()) + "\n", "utf-8")


if __name__ == "__main__":
    main()
