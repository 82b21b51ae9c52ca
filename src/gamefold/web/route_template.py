"""Which route a request was given to, and its template: a label with few values, unlike the path."""

from typing import Any

from starlette.types import Scope

UNMATCHED = "unmatched"


def selected_route(scope: Scope) -> Any:
    """Give what the framework knows of the chosen route (`dependant`, `path_format`); None where none was chosen.

    An HTTP route of an included router exists once per inclusion, and only that copy knows its prefix.
    """
    included = scope.get("fastapi", {}).get("effective_route_context")
    return included if getattr(included, "path_format", "") else scope.get("route")


def route_template(scope: Scope) -> str:
    """Give the route's template, such as `/playground/{session_id}/action`, or `unmatched`."""
    template: str | None = getattr(selected_route(scope), "path_format", None)
    mounted_at = str(scope.get("root_path", ""))
    if template:
        return mounted_at + template
    return f"{mounted_at}/{{path}}" if mounted_at else UNMATCHED
