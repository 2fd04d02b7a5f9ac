"""Flows as templates of Argo Workflows, generated without a cluster."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from tests.flows.fake_s3 import BUCKET, fake_s3

from mimawari.cli.flow_outputs import argo as command
from mimawari.errors import InvalidInputError
from mimawari.flows import argo
from mimawari.flows.argo import Cluster, workflow_template

CLUSTER = Cluster("shop/mimawari:1", f"s3://{BUCKET}/flows", "mimawari-state", "/var/lib/mimawari")


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    with fake_s3() as address:
        yield address


def test_every_step_of_a_flow_is_a_template(store: str, tmp_path: Path) -> None:
    output = tmp_path / "retrain.json"
    command("retrain", CLUSTER.image, CLUSTER.store, output, CLUSTER.claim, CLUSTER.mount)
    template = json.loads(output.read_text("utf-8"))
    assert (template["apiVersion"], template["kind"]) == (
        "argoproj.io/v1alpha1",
        "WorkflowTemplate",
    )
    assert template["metadata"]["name"] == "mimawari-retrain"
    pods = {t["name"]: t for t in template["spec"]["templates"] if "activeDeadlineSeconds" in t}
    assert set(pods) == {"start", "train", "audit", "gathered", "end"}
    for pod in pods.values():
        container = pod["container"]
        assert container["image"] == CLUSTER.image
        env = {one["name"]: one.get("value") for one in container["env"]}
        assert env["METAFLOW_SKIP_INSTALL_DEPENDENCIES"] == "1"
        mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
        assert mounts[CLUSTER.claim] == CLUSTER.mount
    memory = pods["train"]["container"]["resources"]["requests"]["memory"]
    assert float(memory.removesuffix("M")) >= 4_000
    assert pods["train"]["retryStrategy"]["limit"] == 4  # once, and for what is caught three times
    assert template == argo.without_nulls(template)
    [parameter] = template["spec"]["arguments"]["parameters"]
    assert parameter["name"] == "request"
    kept = boto3.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="flows/RetrainFlow/")
    assert kept["KeyCount"] > 0  # the code that pods fetch


@pytest.mark.parametrize(
    ("flow", "changed", "problem"),
    [
        ("prepare", {}, "use train, audit, retrain"),
        ("train", {"store": "gs://bucket"}, "give s3://BUCKET/PREFIX"),
        ("train", {"mount": "state"}, "give an absolute path"),
        ("train", {"image": "a,b"}, "has a comma or a space"),
    ],
)
def test_what_is_refused(tmp_path: Path, flow: str, changed: dict[str, str], problem: str) -> None:
    given = {
        "image": CLUSTER.image, "store": CLUSTER.store, "claim": CLUSTER.claim,
        "mount": CLUSTER.mount,
    }  # fmt: skip
    with pytest.raises(InvalidInputError, match=problem):
        workflow_template(flow, Cluster(**(given | changed)), tmp_path)


def test_a_store_that_has_no_such_bucket_is_named(store: str, tmp_path: Path) -> None:
    elsewhere = Cluster("mimawari", "s3://no-such-bucket/flows", CLUSTER.claim, CLUSTER.mount)
    with pytest.raises(InvalidInputError, match="could not be written"):
        workflow_template("train", elsewhere, tmp_path)


def test_without_the_client_of_kubernetes_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(argo, "find_spec", lambda name: None)
    with pytest.raises(InvalidInputError, match=r"pip install 'mimawari\[argo\]'"):
        workflow_template("train", CLUSTER, tmp_path)
