"""A flow as a WorkflowTemplate of Argo Workflows: written to be looked at and applied by others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from importlib.resources import files
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.flows.launch import FLOWS, require_metaflow

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 120
KEPT = ("METAFLOW_S3_", "METAFLOW_KUBERNETES_", "METAFLOW_ARGO_")
"""Settings of Metaflow that the operator's environment may give."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where a flow is to run.

    Parameters
    ----------
    image
        With mimawari[flows] in it: pods install nothing.
    store
        ``s3://BUCKET/PREFIX``, where Metaflow keeps its files; the code is put there now.
    claim, mount
        A volume claim that holds the folder of runs, and where pods find it: at the path that it
        has on the host that writes requests.
    """

    image: str
    store: str
    claim: str
    mount: str


def workflow_template(flow: str, cluster: Cluster, root: Path) -> dict[str, Any]:
    """Give the template of a flow, without the empty fields that Argo's schema refuses.

    Parameters
    ----------
    root
        Working directory of Metaflow.

    Raises
    ------
    InvalidInputError
        There is no such flow, a package is missing, or the store does not answer.
    """
    _refuse(flow, cluster)
    root.mkdir(parents=True, exist_ok=True)
    try:
        run = subprocess.run(  # noqa: S603  # our own file, by this interpreter
            _command(flow, cluster),
            cwd=root,
            env=_environment(cluster),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        problem, remedy = f"did not answer in {SECONDS} s", "see AWS_* and METAFLOW_S3_ENDPOINT_URL"
        raise InvalidInputError(FieldProblem(cluster.store, problem, remedy)) from error
    if run.returncode:
        reason = " ".join((run.stderr or run.stdout).split())[-300:]
        problem, remedy = f"could not be written ({reason})", "see AWS_* and METAFLOW_S3_*"
        raise InvalidInputError(FieldProblem(flow, problem, remedy))
    begin = run.stdout.index("{")
    template: dict[str, Any] = without_nulls(json.loads(run.stdout[begin:]))
    return template


def without_nulls(value: Any) -> Any:  # noqa: ANN401  # JSON
    """Leave empty fields out.

    Examples
    --------
    >>> without_nulls({"a": None, "b": [{"c": None, "d": 0}]})
    {'b': [{'d': 0}]}
    """
    if isinstance(value, dict):
        return {k: without_nulls(v) for k, v in value.items() if v is not None}
    return [without_nulls(v) for v in value] if isinstance(value, list) else value


def _command(flow: str, cluster: Cluster) -> list[str]:
    claims = json.dumps({cluster.claim: cluster.mount})
    pods = f"kubernetes:image={cluster.image},persistent_volume_claims={claims}"
    skip = json.dumps({"METAFLOW_SKIP_INSTALL_DEPENDENCIES": "1"})
    file = str(files("mimawari.flows.graphs").joinpath(f"{flow}_flow.py"))
    return [
        *(sys.executable, "-u", file, "--no-pylint", "--quiet", "--datastore=s3"),
        *("--with", pods, "--with", f"environment:vars={skip}"),
        *("argo-workflows", "--name", f"mimawari-{flow}", "create", "--only-json"),
    ]


def _environment(cluster: Cluster) -> dict[str, str]:
    kept = {
        k: v for k, v in os.environ.items() if not k.startswith("METAFLOW_") or k.startswith(KEPT)
    }
    return kept | {
        "METAFLOW_USER": "mimawari",
        "METAFLOW_DATASTORE_SYSROOT_S3": cluster.store,
        "METAFLOW_DEFAULT_METADATA": "local",
        "METAFLOW_S3_RETRY_COUNT": "1",
        "METAFLOW_HOME": os.devnull,
    }


def _refuse(flow: str, cluster: Cluster) -> None:
    require_metaflow()
    problems = []
    if flow not in FLOWS:
        problems.append(FieldProblem("flow", f"is {flow}", f"use {', '.join(FLOWS)}"))
    if find_spec("kubernetes") is None:
        remedy = "pip install 'mimawari[argo]'"
        problems.append(FieldProblem("argo", "needs the package kubernetes", remedy))
    if not cluster.store.startswith("s3://"):
        problems.append(FieldProblem("store", f"is {cluster.store}", "give s3://BUCKET/PREFIX"))
    if not cluster.mount.startswith("/"):
        problems.append(FieldProblem("mount", f"is {cluster.mount}", "give an absolute path"))
    for name in ("image", "claim", "mount"):
        if any(letter in getattr(cluster, name) for letter in ", "):
            problems.append(FieldProblem(name, "has a comma or a space", "leave it out"))
    if problems:
        raise InvalidInputError(*problems)
