"""No secret reaches a log line, an error, a repr or a table."""

import io
import json
import logging

import pytest
import structlog
from sqlalchemy import select

from gamefold.engine.refusal import Rejected
from gamefold.platform.accounts.passwords import Passwords
from gamefold.platform.budgets import Budgets
from gamefold.platform.opening import PlatformOptions
from gamefold.platform.schema import METADATA
from gamefold.web.logs import configure_logs

from .app import a_site
from .people import GAME, GOOD, SECRET, People
from .test_doors import MemoryStore

WRONG = "planted-wrong-password"


@pytest.fixture
def lines():
    stream = io.StringIO()
    root = logging.getLogger()
    before = root.handlers, root.level
    configure_logs("debug", stream)
    yield stream
    structlog.reset_defaults()
    root.handlers, level = before
    root.setLevel(level)


async def test_nothing_secret_is_logged_or_kept(people: People, lines: io.StringIO) -> None:
    site = a_site(people, MemoryStore(), Budgets())
    async with site.client() as client:
        body = {"email": "ada@example.com", "password": GOOD}
        token = (await client.post("/focus/register", json=body)).json()["token"]
        await client.post("/focus/login", json={**body, "password": WRONG})
        await client.get("/focus/me", headers={"Authorization": f"Bearer {token}"})
        await client.get("/focus/me", headers={"Authorization": f"Bearer {token}x"})
    grant = await people.login()
    newer = await people.sessions.refresh(grant.refresh_token, GAME)
    people.wall.advance(11_000)
    with pytest.raises(Rejected):
        await people.sessions.refresh(grant.refresh_token, GAME)
    await people.moderation.disable(grant.user.id, "operator", "cheated")
    with pytest.raises(Rejected):
        await people.login()
    await people.accounts.delete(grant.user.id, grant.user.id)

    secrets = [GOOD, WRONG, token, SECRET.decode(), "ada@example.com", "$argon2"]
    for one in (grant, newer):
        secrets += [one.access_token, one.refresh_token, one.refresh_token.split(".")[2]]
    text = lines.getvalue()
    told = [json.loads(line) for line in text.splitlines()]
    events = {line["event"] for line in told}
    assert {"account registered", "login failed", "refresh token reused", "account disabled"} <= events
    assert any(line["event"] == "request" and line.get("user_id") == grant.user.id for line in told)
    kept = await people.database.read(
        lambda connection: repr([connection.execute(select(table)).all() for table in METADATA.sorted_tables])
    )
    for secret in secrets:
        assert secret not in text, secret
        assert secret not in kept, secret


async def test_nothing_secret_is_in_a_repr(people: People) -> None:
    grant = await people.ada()
    options = PlatformOptions(
        token_secret=SECRET, issuer="x", audiences={}, redis_url="redis://user:planted-redis-password@host"
    )
    for shown in (repr(grant), repr(options), repr(Passwords), repr(people.tokens), repr(people.sessions)):
        for secret in (grant.access_token, grant.refresh_token, SECRET.decode(), "planted-redis-password"):
            assert secret not in shown
