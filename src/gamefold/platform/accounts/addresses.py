"""Email addresses and usernames: which are taken, and which of them are the same.

Nobody is asked over the network. Addresses are kept in lower case: no provider of today tells two people apart by
letter case, and impostors would.
"""

import unicodedata
from typing import Final

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from gamefold.engine.refusal import Rejected
from gamefold.platform.refusals import EMAIL_INVALID, USERNAME_INVALID

EMAIL_CHARACTERS_MAX: Final = 254
USERNAME_CHARACTERS_MIN: Final = 3
USERNAME_CHARACTERS_MAX: Final = 32
_SIGNS: Final = frozenset("._-")

# A server in a classroom may know its own people by such names. This list is how the library wants to be told.
SPECIAL_USE_DOMAIN_NAMES[:] = [name for name in SPECIAL_USE_DOMAIN_NAMES if name not in {"local", "localhost", "test"}]


def normal_email(email: str) -> str:
    """Give the one form of an address that is stored and compared. Rejected EMAIL_INVALID."""
    try:
        found = validate_email(email.strip(), check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        raise Rejected(EMAIL_INVALID, "This is not an email address.") from None
    normal = unicodedata.normalize("NFC", found.normalized.lower())
    if len(normal) > EMAIL_CHARACTERS_MAX:
        raise Rejected(EMAIL_INVALID, f"An email address has at most {EMAIL_CHARACTERS_MAX} characters.")
    return normal


def checked_username(username: str) -> str:
    """Give a username as it will be shown. Rejected USERNAME_INVALID.

    Letters and digits of any script, and `.`, `_`, `-` between them. No `@`, so that it is never read as an address.
    """
    shown = unicodedata.normalize("NFKC", username)
    if not USERNAME_CHARACTERS_MIN <= len(shown) <= USERNAME_CHARACTERS_MAX:
        raise Rejected(
            USERNAME_INVALID,
            f"A username has {USERNAME_CHARACTERS_MIN} to {USERNAME_CHARACTERS_MAX} characters.",
        )
    inside = all(sign.isalnum() or sign in _SIGNS or unicodedata.category(sign) in {"Mn", "Mc"} for sign in shown)
    if not inside or not shown[0].isalnum() or shown[-1] in _SIGNS:
        raise Rejected(USERNAME_INVALID, "A username has letters and digits, and . _ - between them.")
    return shown


def username_key(username: str) -> str:
    """Fold a username to what makes it unique: compatible forms and letter case do not tell people apart."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", username).casefold())
