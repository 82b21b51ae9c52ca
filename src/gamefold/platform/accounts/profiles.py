"""What people say about themselves."""

from enum import Enum
from typing import Final
from urllib.parse import urlsplit

from gamefold.engine.refusal import Rejected
from gamefold.platform.refusals import PROFILE_INVALID

FULL_NAME_CHARACTERS_MAX: Final = 100
PICTURE_CHARACTERS_MAX: Final = 2_048


class Unchanged(Enum):
    """Stands for a field that was not sent; None empties a field."""

    UNCHANGED = "unchanged"


UNCHANGED: Final = Unchanged.UNCHANGED
Change = str | None | Unchanged


def checked_full_name(name: str | None) -> str | None:
    """Give a name as it is kept; empty is none. Rejected PROFILE_INVALID."""
    name = (name or "").strip()
    if len(name) > FULL_NAME_CHARACTERS_MAX or not name.isprintable():
        raise Rejected(
            PROFILE_INVALID,
            f"A name has at most {FULL_NAME_CHARACTERS_MAX} characters, on one line.",
            field="fullName",
        )
    return name or None


def checked_picture(address: str | None) -> str | None:
    """Give a picture's address as it is kept. Rejected PROFILE_INVALID: pages show it, so it must be a web address."""
    if not address:
        return None
    try:
        parts = urlsplit(address)
        web = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        web = False
    if not web or len(address) > PICTURE_CHARACTERS_MAX or not address.isprintable() or set(address) & set(" \"'<>\\"):
        raise Rejected(PROFILE_INVALID, "A picture is an address that begins with https:// or http://.", field="avatar")
    return address
