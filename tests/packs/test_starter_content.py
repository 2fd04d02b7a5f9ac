"""What every file of the starter pack must say, whatever engine runs it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from mimawari.detectors.packs import starter

TOPICS = [
    "accounts_digital",
    "adult",
    "agrochemicals",
    "alcohol_tobacco",
    "animals_and_parts",
    "cash_vouchers",
    "counterfeit",
    "crime_tools",
    "drugs_controlled",
    "food_cosmetics_unsafe",
    "hate_violence",
    "hazardous_unsafe",
    "hidden_business",
    "ip_other",
    "medicine_device",
    "minor_safety",
    "misleading_listing",
    "mystery_bag",
    "no_item_in_hand",
    "off_platform",
    "personal_data",
    "price_gouging",
    "services_not_goods",
    "sim_phones",
    "stolen_or_illicit",
    "tickets",
    "used_underwear",
    "weapons",
]

# Category of the DSA transparency database -> its keywords (Commission's schema of
# 2025-07-01, the categories used here); KEYWORD_OTHER goes with any.
DSA = {
    "ANIMAL_WELFARE": "ANIMAL_HARM UNLAWFUL_SALE_ANIMALS",
    "CONSUMER_INFORMATION": "HIDDEN_ADVERTISEMENT INSUFFICIENT_INFORMATION_ON_TRADERS "
    "MISLEADING_INFO_GOODS_SERVICES MISLEADING_INFO_CONSUMER_RIGHTS NONCOMPLIANCE_PRICING",
    "DATA_PROTECTION_AND_PRIVACY_VIOLATIONS": "BIOMETRIC_DATA_BREACH DATA_FALSIFICATION "
    "MISSING_PROCESSING_GROUND RIGHT_TO_BE_FORGOTTEN",
    "ILLEGAL_OR_HARMFUL_SPEECH": "DEFAMATION DISCRIMINATION HATE_SPEECH",
    "INTELLECTUAL_PROPERTY_INFRINGEMENTS": "COPYRIGHT_INFRINGEMENT DESIGN_INFRINGEMENT "
    "GEOGRAPHIC_INDICATIONS_INFRINGEMENT PATENT_INFRINGEMENT TRADE_SECRET_INFRINGEMENT "
    "TRADEMARK_INFRINGEMENT",
    "OTHER_VIOLATION_TC": "ADULT_SEXUAL_MATERIAL AGE_SPECIFIC_RESTRICTIONS "
    "GEOGRAPHICAL_REQUIREMENTS GOODS_SERVICES_NOT_PERMITTED LANGUAGE_REQUIREMENTS NUDITY",
    "PROTECTION_OF_MINORS": "AGE_SPECIFIC_RESTRICTIONS_MINORS CHILD_SEXUAL_ABUSE_MATERIAL",
    "RISK_FOR_PUBLIC_SECURITY": "ILLEGAL_ORGANIZATIONS RISK_ENVIRONMENTAL_DAMAGE "
    "RISK_PUBLIC_HEALTH TERRORIST_CONTENT",
    "SCAMS_AND_FRAUD": "IMPERSONATION_ACCOUNT_HIJACKING INAUTHENTIC_ACCOUNTS "
    "INAUTHENTIC_LISTINGS INAUTHENTIC_USER_REVIEWS PHISHING PYRAMID_SCHEMES",
    "UNSAFE_AND_PROHIBITED_PRODUCTS": "PROHIBITED_PRODUCTS UNSAFE_PRODUCTS",
}
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
DISGUISE = re.compile(
    r"\b\w([.\- ])\w\1\w\1\w|[\u200b\u200c\u200d]|[\uff21-\uff5a]{3}|[\uff66-\uff9d]{2}"
)


def read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


def words(example: str | dict[str, Any]) -> str:
    """Give the text of an example."""
    if isinstance(example, str):
        return example
    return f"{example['title']} {example.get('description', '')}"


FILES = [pytest.param(read(p), id=p.stem) for p in starter()]
RULES = [
    pytest.param(rule, id=f"{p.stem}/{rule['id']}") for p in starter() for rule in read(p)["rules"]
]


def test_the_28_topics_are_there() -> None:
    assert [p.stem for p in starter()] == TOPICS
    assert [read(p)["topic"] for p in starter()] == TOPICS


@pytest.mark.parametrize("file", FILES)
def test_title_and_policy_in_both_languages(file: dict[str, Any]) -> None:
    for part in ("title", "policy"):
        assert not JAPANESE.search(file[part]["en"])
        assert JAPANESE.search(file[part]["ja"])
    assert 3 <= len(re.findall(r"[.!?](?=\s|$)", file["policy"]["en"])) <= 6
    assert 3 <= file["policy"]["ja"].count("。") <= 6


@pytest.mark.parametrize("file", FILES)
def test_legal_category_and_keyword_exist(file: dict[str, Any]) -> None:
    category = file["legal_category"].removeprefix("STATEMENT_CATEGORY_")
    keyword = file["legal_keyword"].removeprefix("KEYWORD_")
    assert category in DSA
    assert keyword in [*DSA[category].split(), "OTHER"]


@pytest.mark.parametrize("file", FILES)
def test_rules_cover_both_languages_and_disguises(file: dict[str, Any]) -> None:
    assert 3 <= len(file["rules"]) <= 10
    matching = [words(e) for rule in file["rules"] for e in rule["examples"]["match"]]
    assert any(DISGUISE.search(text) for text in matching)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_explains_itself(rule: dict[str, Any]) -> None:
    assert set(rule["note"]) == {"en", "ja"}
    assert len(rule["note"]["en"]) > 20
    assert len(JAPANESE.findall(rule["note"]["ja"])) > 5
    for kind in ("match", "no_match"):
        texts = [words(e) for e in rule["examples"][kind]]
        assert len(texts) >= 2
        assert any(JAPANESE.search(t) for t in texts), f"no Japanese example in {kind}"
        if not rule["id"].endswith("_ja"):
            assert any(not JAPANESE.search(t) for t in texts), f"no English example in {kind}"


def test_minors_come_first() -> None:
    severity = {read(p)["topic"]: read(p)["severity"] for p in starter()}
    assert severity["minor_safety"] == "critical"
    assert read(next(p for p in starter() if p.stem == "minor_safety"))["sensitive"] is True
