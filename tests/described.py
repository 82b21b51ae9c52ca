"""Holds real answers against `/openapi.json`: a status, a code or a field that is not described there is a failure."""

import re
from functools import cache
from typing import Any

import httpx
import jsonschema_rs

# What the house answers to whatever is sent: `default` says how it looks.
ANYWHERE = {"BODY_TOO_LARGE", "HEADERS_TOO_LARGE", "INVALID_REQUEST", "METHOD_NOT_ALLOWED", "NOT_FOUND"}

Operation = tuple[str, str]  # method and path, as in the description


class Description:
    """What a server says of itself, and which of its operations have answered well so far."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self.schema = schema
        self.answered: set[Operation] = set()
        self.operations: dict[Operation, dict[str, Any]] = {
            (method.upper(), path): operation
            for path, methods in schema["paths"].items()
            for method, operation in methods.items()
        }
        self._components = _closed(schema.get("components", {}))
        self._paths = [
            (re.compile(_pattern(path), re.DOTALL), path) for path in sorted(schema["paths"], key=_exactness)
        ]
        self._validator = cache(self._new_validator)

    async def hears(self, answer: httpx.Response) -> None:
        """For `httpx.AsyncClient(event_hooks={"response": [description.hears]})`."""
        await answer.aread()
        # An address that is not described is let be: pages are not, and what is not there.
        if (operation := self.operation_at(answer.request.method, answer.request.url.path)) is not None:
            self.holds(operation, answer)

    def holds(self, operation: Operation, answer: httpx.Response) -> None:
        """Hold one answer against the description of its operation."""
        told = (*operation, answer.status_code, answer.text[:300])
        described = self.operations[operation]["responses"]
        status = str(answer.status_code)
        if answer.status_code < 400:
            assert status in described, told
            self.answered.add(operation)
            if content := described[status].get("content"):
                assert answer.headers["content-type"].partition(";")[0] in content, told
                self._validator(operation, status).validate(answer.json())
                for link in links_of(described[status]):
                    for place in link["parameters"].values():
                        assert _at(answer.json(), place.removeprefix("$response.body#/")), (*told, place)
            else:
                assert not answer.content, told
            return
        self._validator(operation, status if status in described else "default").validate(answer.json())
        code = answer.json()["error"]["code"]
        assert code in ANYWHERE | codes_of(described.get(status, {})), told

    def object_of(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Give what a schema says of an object; of alternatives the first."""
        while "$ref" in schema or "anyOf" in schema:
            schema = schema["anyOf"][0] if "anyOf" in schema else self._part(schema["$ref"])
        return schema

    def operation_at(self, method: str, path: str) -> Operation | None:
        """Find the operation of a request."""
        for pattern, template in self._paths:
            if (method, template) in self.operations and pattern.fullmatch(path):
                return method, template
        return None

    def _part(self, reference: str) -> dict[str, Any]:
        part: dict[str, Any] = self.schema["components"]["schemas"][reference.rpartition("/")[2]]
        return part

    def _new_validator(self, operation: Operation, status: str) -> Any:
        content = self.operations[operation]["responses"][status]["content"]["application/json"]
        return jsonschema_rs.validator_for({**_closed(content["schema"]), "components": self._components})


def codes_of(response: dict[str, Any]) -> set[str]:
    """Give the codes that a described refusal names."""
    content = response.get("content", {}).get("application/json", {})
    return set(content.get("examples", {}))


def links_of(response: dict[str, Any]) -> list[dict[str, Any]]:
    """Give what a described answer can be used for."""
    return list(response.get("links", {}).values())


def _at(told: Any, pointer: str) -> Any:
    """Give what is at a JSON pointer."""
    for name in pointer.split("/"):
        told = told[name]
    return told


def _exactness(path: str) -> tuple[int, int, str]:
    """Sort as the server looks: what names fewer things, and names them later, comes first."""
    return path.count("{"), -path.find("{"), path


def _pattern(path: str) -> str:
    parts = re.split(r"(\{\w+\})", path)
    # Only ids of worlds have slashes.
    return "".join(
        re.escape(part) if not part.startswith("{") else ".+" if part == "{world_id}" else "[^/]+" for part in parts
    )


def _closed(schema: Any) -> Any:
    """Take a schema at its word: what it does not name must not be there. Clients should not be that strict."""
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(part) for name, part in schema.items()}
    if schema.get("type") == "object" and "properties" in schema:
        closed.setdefault("additionalProperties", False)
    return closed
