"""Logs of the tested apps go through the real chain, and nowhere."""

import io

import pytest

from gamefold.web.logs import configure_logs


@pytest.fixture(autouse=True, scope="session")
def _logs() -> None:
    configure_logs(stream=io.StringIO())
