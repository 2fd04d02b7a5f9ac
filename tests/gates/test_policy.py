"""A gate file says everything that is wrong with it, with the place and the remedy."""

from __future__ import annotations

import pytest

from mimawari.errors import InvalidInputError
from mimawari.evaluation.gates import (
    ENTERED,
    MEASURES,
    Stage,
    default_policy,
    default_text,
    parse_policy,
)


def problems_of(text: str) -> list[str]:
    with pytest.raises(InvalidInputError) as refused:
        parse_policy(text)
    return [str(problem) for problem in refused.value.problems]


def test_the_default_has_a_gate_for_every_stage() -> None:
    assert set(default_policy().stages) == {stage.value for stage in ENTERED}


def test_every_measure_says_what_it_is_and_what_to_do() -> None:
    assert all(measure.about and measure.remedy for measure in MEASURES.values())
    unused = set(MEASURES) - {m for e in default_policy().stages.values() for m in e.gates}
    assert unused == {
        *("labels", "auprc", "alert_overlap"),
        *("edge_cases_caught", "edge_cases_spared"),
    }, "for your own gate files"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[stages.shaddow]", "stages.shaddow: is no stage; did you mean 'shadow'?"),
        (
            "[stages.shadow.gates]\nauprg = { at_least = 0.5 }",
            "stages.shadow.gates.auprg: is no measure; did you mean 'auprc'?",
        ),
        ("[stages.shadow]\nafter = ['validatd']", "'validatd' is no stage"),
        ("[stages.trained]", "stages.trained: is no stage"),
        ("[stages.shadow.gates]\nauprc = {}", "stages.shadow.gates.auprc: has no limit"),
        (
            "[stages.shadow.gates]\nauprc = { at_least = 0.9, at_most = 0.1 }",
            "asks for at least 0.9 and at most 0.1; swap them",
        ),
        (
            "[stages.shadow]\nafter = ['canary']\n[stages.canary]\nafter_one_of = ['shadow']",
            "stages: go in a circle",
        ),
        ("[stages.shadow]\npersons = 3", "$.stages[...].persons"),
        ("[stages.shadow]\nperson = 2", "unknown field `person`"),
        ("[stages.shadow.gates]\nauprc = { at_least = 'much' }", "Expected `float | null`"),
        ("[stages.shadow", "gates.toml: Expected"),
        ("", "missing required field `stages`"),
        ("stages = {}\n" + "#" * 200_001, "has more than 200,000 bytes"),
    ],
)
def test_what_is_wrong_is_named(text: str, said: str) -> None:
    assert any(said in problem for problem in problems_of(text)), problems_of(text)


def test_all_is_told_at_once() -> None:
    text = "[stages.shaddow]\n[stages.canary.gates]\nauprg = { at_least = 1 }\nauprc = {}\n"
    assert len(problems_of(text)) == 3


def test_a_topic_of_its_own_may_not_close_a_circle() -> None:
    text = default_text() + "\n[topics.weapons.stages.validated]\nafter = ['champion']\n"
    (problem,) = problems_of(text)
    assert "topics.weapons.stages: go in a circle" in problem


def test_a_topic_replaces_a_stage_whole() -> None:
    text = default_text() + "\n[topics.weapons.stages.champion]\npersons = 2\n"
    policy = parse_policy(text)
    assert policy.entry("weapons", Stage.CHAMPION).persons == 2
    assert policy.entry("weapons", Stage.CHAMPION).after == ()
    assert policy.entry("weapons", Stage.SHADOW) == policy.stages["shadow"]
    assert policy.entry("drugs", Stage.CHAMPION) == policy.stages["champion"]
