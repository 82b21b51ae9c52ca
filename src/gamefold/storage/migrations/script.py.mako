"""${message}."""

import sqlalchemy as sa
from alembic import op

from gamefold.storage.naming import Names

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """${upgrades if upgrades else "Change the tables."}"""


def downgrade() -> None:
    """${downgrades if downgrades else "Change them back."}"""
