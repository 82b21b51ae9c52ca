"""Bounds of what is sent, as the description tells them.

The worlds know them too and refuse with a code of their own, which says more than INVALID_REQUEST: so they are told
here, and not checked.
"""

from typing import Any

from pydantic import Field


def bounds(description: str = "", **told: Any) -> Any:
    """Describe a field by words of JSON Schema, such as `minimum=1, maximum=5`."""
    return Field(description=description or None, json_schema_extra=told)
