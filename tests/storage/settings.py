"""Where the tests find a PostgreSQL they may make databases on."""

import os

POSTGRES_URL = os.environ.get("GAMEFOLD_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/test")
