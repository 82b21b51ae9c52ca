"""Every field of every body, filled with what nobody should send: refused in the envelope, echoed nowhere."""

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from .floor import Floor, Person

pytestmark = pytest.mark.asyncio(loop_scope="module")

MARK = "zqhostilemarkqz"
# As JSON text: much of it is nothing that Python would write.
HOSTILE = (
    "NaN", "-Infinity", "1e308", "-1e308", "1e400", "1e-320", "9223372036854775808", "9" * 400, "-1", "1.5", "true",
    "null", "[]", "{}", "[" * 40 + "]" * 40, f'"{MARK}"', f'"{MARK * 300}"', f'"{MARK}\\ud800"', f'"{MARK}\\u0000"',
    f'"{MARK}\\u202e"', f'["{MARK}"]', f'{{"{MARK}":1}}', '"-0"', '"1e5"', '"1_0"', '"\\u0661"', '"../../etc/passwd"',
)  # fmt: skip


def bodies(floor: Floor) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Give every operation with a body, and one field of each property the schema names."""
    schema = floor.server.app.openapi()
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if content and not path.startswith(("/auth", "/console", "/liveops/auth")):
                name = content["schema"].get("$ref", "").rpartition("/")[2]
                if name:
                    yield method.upper(), path, schema["components"]["schemas"][name]


def plain(schema: dict[str, Any]) -> Any:
    """Give some value that a field may have."""
    for key in ("default", "const"):
        if key in schema:
            return schema[key]
    if "examples" in schema:
        return schema["examples"][0]
    if "enum" in schema:
        return schema["enum"][0]
    for one in schema.get("anyOf", ()):
        return plain(one)
    return {"string": "x", "integer": 1, "number": 1, "boolean": False, "array": [1], "object": {"x": 1}}.get(
        schema.get("type", "string"), "x"
    )


async def refusal(asking: Person, method: str, path: str, body: dict[str, str]) -> None:
    """Send a body whose values are JSON already, and hold that the answer is a decent one."""
    sent = ",".join(f'"{name}":{value}' for name, value in body.items())
    answer = await asking.asks(method, path, content=f"{{{sent}}}", headers={"Content-Type": "application/json"})
    told = (method, path, sent[:300], answer.text[:300])
    assert answer.status_code < 500, told
    if answer.status_code >= 400:
        assert {"code", "message"} <= set(answer.json()["error"]), told
        assert MARK not in answer.text, told


@pytest.mark.parametrize("part", ["/site", "/market", "/research", "/standing", "/governance", "/liveops"])
async def test_no_field_takes_what_it_should_not(floor: Floor, me: Person, part: str) -> None:
    asking = await floor.superuser() if part == "/liveops" else me
    tried = 0
    for method, path, schema in bodies(floor):
        if not path.startswith(part) or "/seasons/" in path:
            continue
        body = {name: json.dumps(plain(field)) for name, field in schema.get("properties", {}).items()}
        address = re.sub(r"\{\w+\}", "x", path)
        for field in body:
            told = [refusal(asking, method, address, {**body, field: hostile}) for hostile in HOSTILE]
            tried += len(await asyncio.gather(*told))
    assert tried >= len(HOSTILE)
    assert await floor.money() == (0, 0)
