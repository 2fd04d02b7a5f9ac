"""See that the templates of all flows are what Argo Workflows takes.

    npm install --prefix FOLDER @kubernetes-models/argo-workflows
    python -m scripts.argo_schema FOLDER

Writes each flow's template against moto's S3 and validates it by the schema of Argo's own types, in
node. That schema holds the steps of a template for objects, where Argo has lists of lists: that
finding is expected, any other one is an error.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.flows.fake_s3 import BUCKET, fake_s3

from mimawari.flows.argo import Cluster, workflow_template
from mimawari.flows.launch import FLOWS

SCRIPT = Path(__file__).with_name("argo_schema.mjs")
EXPECTED = re.compile(r"/spec/templates/\d+/steps/\d+ must be object")


def findings(template: dict[str, object], packages: Path) -> list[str]:
    """Give what the schema says against a template.

    Parameters
    ----------
    packages
        Folder that has ``node_modules``.
    """
    node = shutil.which("node")
    if node is None:
        sys.exit("node is missing: nothing was validated")
    script = packages / SCRIPT.name
    shutil.copy(SCRIPT, script)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(template, file)
        file.flush()
        run = subprocess.run(  # noqa: S603  # our own script
            [node, script, file.name], capture_output=True, text=True, check=True
        )
    found: list[str] = json.loads(run.stdout)
    return [finding for finding in found if not EXPECTED.fullmatch(finding)]


def main(packages: Path) -> None:
    """Validate all flows."""
    cluster = Cluster("mimawari", f"s3://{BUCKET}/flows", "mimawari-state", "/var/lib/mimawari")
    wrong = {}
    with fake_s3(), tempfile.TemporaryDirectory() as root:
        for flow in FLOWS:
            template = workflow_template(flow, cluster, Path(root))
            wrong[flow] = findings(template, packages)
            sys.stdout.write(f"{flow}: {'; '.join(wrong[flow]) or 'valid'}\n")
        template = workflow_template("train", cluster, Path(root))
        template["spec"]["entrypoint"] = 7
        if not findings(template, packages):
            sys.exit("a broken template was not found to be wrong")
    if any(wrong.values()):
        sys.exit(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
