"""The schema that holds what is about a person and not about a play. How its tables come to be: migration 0003."""

from typing import Final

from sqlalchemy import MetaData

from gamefold.storage.naming import register

METADATA: Final = register(MetaData(schema="platform"))
