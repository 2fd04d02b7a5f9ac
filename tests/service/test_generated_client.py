"""A client that a stranger's program writes from our description covers and speaks every route."""

from __future__ import annotations

import importlib
import inspect
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, get_type_hints

import httpx
import msgspec
import pytest
from bench.server import Server
from tests.service.test_api_examples import OTHERWISE

from mimawari.service.api.bodies import Lines
from mimawari.service.api.openapi import example_text
from mimawari.service.api.operation import AnyOperation
from mimawari.service.api.routes import OPERATIONS
from mimawari.service.api.sparse import sparse

pytestmark = pytest.mark.xdist_group("server")
NAME = "generated_mimawari_client"
DOCS = Path(__file__).parents[2] / "docs" / "api.md"


@pytest.fixture(scope="module")
def generated(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Write the client as docs/api.md says."""
    folder = tmp_path_factory.mktemp("generated")
    settings = re.search(r"```yaml\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    assert settings is not None
    (folder / "client.yaml").write_text(settings[1], "utf-8")
    described = folder / "openapi.json"
    described.write_bytes(httpx.get(f"{server.address}/api/v1/openapi.json").content)
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning"]
    command += ["--path", str(described), "--config", str(folder / "client.yaml")]
    command += ["--meta", "none", "--output-path", str(folder / NAME)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    sys.path.insert(0, str(folder))
    yield folder / NAME
    sys.path.remove(str(folder))


def module_of(folder: Path, operation: AnyOperation) -> Any:
    """Find the module that the client has for an operation."""
    name = re.sub("(?=[A-Z])", "_", operation.id).lower()
    (path,) = folder.glob(f"api/*/{name}.py")
    return importlib.import_module(f"{NAME}.api.{path.parent.name}.{path.stem}")


def parameters_of(operation: AnyOperation, call: Any) -> dict[str, Any]:
    """Make the example's parameters as the client wants them."""
    values = {}
    for name, hint in get_type_hints(call).items():
        value = getattr(operation.parameters, name, None)
        if value is not None:
            kinds = getattr(hint, "__args__", (hint,))
            enums = [kind for kind in kinds if inspect.isclass(kind) and issubclass(kind, Enum)]
            values[name] = enums[0](value) if enums else value
    return values


def body_of(operation: AnyOperation, call: Any) -> dict[str, Any]:
    """Make the example's body as the client wants it; none where it takes none."""
    if "body" not in inspect.signature(call).parameters:
        return {}
    if isinstance(operation.body, Lines):
        lines = example_text(tuple(sparse(line) for line in operation.body.lines))
        file = importlib.import_module(f"{NAME}.types").File
        return {"body": file(io.BytesIO(lines.encode()))}
    example = msgspec.to_builtins(sparse(operation.body.example))
    kind = get_type_hints(call)["body"]
    models = [part for part in getattr(kind, "__args__", (kind,)) if hasattr(part, "from_dict")]
    return {"body": models[0].from_dict(example)}


def test_every_operation_is_called_and_its_answer_read(
    server: Server, key: str, generated: Path
) -> None:
    made = importlib.import_module(NAME).AuthenticatedClient(
        base_url=server.address, token=key, raise_on_unexpected_status=True
    )
    with made as client:
        for operation in OPERATIONS:
            call = module_of(generated, operation).sync_detailed
            values = parameters_of(operation, call)
            answer = call(client=client, **values, **body_of(operation, call))
            status, _ = OTHERWISE.get(operation.id, (operation.answers[0].status, None))
            assert answer.status_code == status, (operation.id, answer.content)
            assert answer.parsed is not None, operation.id
            if operation.id == "submitListings":
                server.drained()  # its listings are the next review
