"""Who may do what in a tenant.

| may            | OWNER    | ADMIN  | MEMBER |
|----------------|----------|--------|--------|
| see the tenant | yes      | yes    | yes    |
| leave          | not last | yes    | yes    |
| rename it      | yes      | yes    |        |
| add            | any role | MEMBER |        |
| remove         | anybody  | MEMBER |        |
| change roles   | yes      |        |        |
| delete it      | yes      |        |        |
"""

from enum import StrEnum


class Role(StrEnum):
    """What a member is."""

    OWNER = "OWNER"
    ADMIN = "ADMIN"
    MEMBER = "MEMBER"


def may_manage(actor: Role, other: Role) -> bool:
    """Say whether one member may add or remove others of a role."""
    return actor is Role.OWNER or (actor is Role.ADMIN and other is Role.MEMBER)


def may_rename(actor: Role) -> bool:
    """Say whether a member may give the tenant another name."""
    return actor is not Role.MEMBER
