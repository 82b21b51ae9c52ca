"""Typed clients, made from what `gamefold openapi` prints, as a frontend's developer makes them."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# In an environment of its own: it wants an older typer than we do.
GENERATOR = ("uv", "tool", "run", "--from", "openapi-python-client==0.29.1", "openapi-python-client")


def description_of(game: str, path: Path) -> Path:
    """Write what `gamefold openapi GAME --at-root` prints into `path`."""
    command = (sys.executable, "-m", "gamefold", "openapi", game, "--at-root")
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    printed = subprocess.run(command, check=True, capture_output=True, cwd=path, env=environment, timeout=100)
    (path / "openapi.json").write_bytes(printed.stdout)
    return path / "openapi.json"


@contextlib.contextmanager
def typed_client(description: Path, name: str) -> Iterator[Path]:
    """Generate a client beside its description, without a warning, and let it be imported by `name`."""
    if shutil.which("uv") is None:
        pytest.skip("uv is not there to run openapi-python-client")
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    known = subprocess.run((*GENERATOR, "--version"), check=False, capture_output=True, env=environment, timeout=100)
    if known.returncode != 0:
        pytest.skip(f"openapi-python-client cannot be had: {known.stderr.decode()[-200:]}")
    package = description.parent / name
    generate = ("generate", "--path", str(description), "--output-path", str(package))
    made = subprocess.run(
        (*GENERATOR, *generate, "--meta", "none", "--fail-on-warning"),
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        timeout=100,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    assert "warning" not in (made.stdout + made.stderr).lower()
    sys.path.insert(0, str(description.parent))
    try:
        yield package
    finally:
        sys.path.remove(str(description.parent))
