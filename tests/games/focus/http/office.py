"""A real Focus for a test: the whole server in this process, and people who speak the spec's words."""

import contextlib
import itertools
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from prometheus_client import CollectorRegistry
from sqlalchemy import Connection, Table, select

from gamefold.app import Server, build
from gamefold.engine.clock import RealClock
from gamefold.platform.accounts.moderation import Moderation
from gamefold.platform.accounts.revocations import Revocations
from gamefold.platform.audit import AuditVerdict, audit_lines, verify_audit
from gamefold.settings import Settings, read_settings
from gamefold.testkit.clock import VirtualClock
from gamefold.web.metrics import WebMetrics
from gamefold.web.streams import Streams
from tests.passwords import cheap_passwords
from tests.serving import listening

PASSWORD = "correct-Pferd 7 Batterie"
NOON_MS = 1_800_014_400_000  # 2027-01-15T12:00:00Z
MINUTE_MS, DAY_MS = 60_000, 86_400_000
NOBODY = "11111111-2222-4333-8444-555555555555"

_numbers: Iterator[int] = itertools.count(1)


@dataclass
class Person:
    """Somebody with an account, who sends requests."""

    office: "Office"
    email: str
    tokens: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.tokens["user"]["id"]

    async def asks(self, method: str, path: str, body: Any = None, **options: Any) -> httpx.Response:
        headers = {
            "Authorization": f"Bearer {self.tokens['accessToken']}",
            **self.headers,
            **options.pop("headers", {}),
        }
        if body is not None:
            options["json"] = body
        return await self.office.http.request(method, path, headers=headers, **options)

    async def gets(self, path: str, **options: Any) -> Any:
        return good(await self.asks("GET", path, **options))

    async def posts(self, path: str, body: Any = None, *, status: int = 200, **options: Any) -> Any:
        return good(await self.asks("POST", path, body, **options), status)

    async def task(self, name: str = "Deep Work", room: str = "build_room", minutes: int = 50) -> str:
        body = {"name": name, "category": "build", "defaultDurationMinutes": minutes, "room": room}
        return (await self.posts("/api/tasks", body, status=201))["id"]

    async def starts(self, minutes: int = 50, task: str | None = None, **options: Any) -> str:
        body = {"taskTemplateId": task or await self.task(), "durationMinutes": minutes}
        return (await self.posts("/api/sessions/start", body, status=201, **options))["sessionId"]

    async def completes(self, session: str) -> Any:
        return await self.posts(f"/api/sessions/{session}/complete")

    async def focuses(self, minutes: int = 50, task: str | None = None) -> Any:
        """Start a session, let its time pass, complete it."""
        session = await self.starts(minutes, task)
        self.office.clock.advance(minutes * MINUTE_MS)
        return await self.completes(session)

    async def tenant(self) -> str:
        """Give the id of the default tenant."""
        return (await self.gets("/api/tenants"))[0]["id"]

    def within(self, tenant: str) -> "Person":
        """Give the same person, who names a tenant in every request."""
        return Person(self.office, self.email, self.tokens, {"X-Tenant-Id": tenant})


class Office:
    """A server and the way to it."""

    def __init__(self, http: httpx.AsyncClient, server: Server, settings: Settings, clock: VirtualClock) -> None:
        self.http, self.server, self.settings, self.clock = http, server, settings, clock

    async def person(self, **more: Any) -> Person:
        email = more.pop("email", None) or f"builder-{next(_numbers)}@example.com"
        body = {"email": email, "password": PASSWORD, **more}
        return Person(self, email, good(await self.http.post("/api/auth/register", json=body), 201))

    async def logs_in(self, email: str) -> Person:
        answer = await self.http.post("/api/auth/login", json={"email": email, "password": PASSWORD})
        return Person(self, email, good(answer))

    async def rows(self, table: Table) -> list[dict[str, Any]]:
        def query(connection: Connection) -> list[dict[str, Any]]:
            return [dict(row) for row in connection.execute(select(table)).mappings()]

        return await self.server.database.read(query)

    async def audited(self, person: Person, tenant: str | None = None) -> tuple[list[Any], AuditVerdict]:
        """Give the audit lines of a save, and whether they are as they were written."""
        chain = f"focus:{tenant or await person.tenant()}:{person.id}"
        return await self.server.database.read(
            lambda connection: (audit_lines(connection, 1_000, chain=chain), verify_audit(connection, chain))
        )

    async def metric(self, name: str, **labels: str) -> float:
        """Read one number of /metrics; 0 where it was never counted."""
        for line in (await self.http.get("/metrics")).text.splitlines():
            shown, _, value = line.rpartition(" ")
            known, _, rest = shown.partition("{")
            if known == name and all(f'{key}="{told}"' in rest for key, told in labels.items()):
                return float(value)
        return 0.0


@contextlib.asynccontextmanager
async def an_office(path: Path, *, sockets: bool = False, **environment: Any) -> AsyncIterator[Office]:
    """Run a whole server on the data in `path`, whose clock the test moves; over real `sockets` where asked."""
    calm = {"RATE_LIMIT_PER_MIN": 0, "GAMEFOLD_DATA": path, "LOG_DIR": path / "logs"}
    settings = read_settings(**{**calm, **environment})
    clock = VirtualClock(NOON_MS)
    server = build(settings, games=["focus"], at_root=True, clock=clock, passwords=cheap_passwords())
    async with server.app.router.lifespan_context(server.app), contextlib.AsyncExitStack() as stack:
        if sockets:
            url = await stack.enter_async_context(listening(server))
            client = httpx.AsyncClient(base_url=url, timeout=30, limits=httpx.Limits(max_connections=None))
        else:
            transport = httpx.ASGITransport(app=server.app, raise_app_exceptions=False)
            client = httpx.AsyncClient(base_url="http://office", transport=transport, timeout=60)
        async with client:
            yield Office(client, server, settings, clock)


async def banned(office: Office, user: str) -> None:
    """Ban somebody the way another process would: this one is told by the database alone."""
    database = office.server.database
    elsewhere = Revocations(database, Streams(WebMetrics(CollectorRegistry())))
    await Moderation(database, RealClock(), elsewhere).disable(user, NOBODY, "cheating")


def good(answer: httpx.Response, status: int = 200) -> Any:
    """Give the data of an answer that went well, whose envelope must be the spec's."""
    assert answer.status_code == status, (answer.request.method, answer.request.url.path, answer.text)
    if status == 204:
        assert answer.content == b""
        return None
    body = answer.json()
    assert set(body) == {"success", "data", "error"}, body
    assert body["success"] is True
    assert body["error"] is None
    return body["data"]


def code_of(answer: httpx.Response) -> str:
    """Give the code of an error, whose envelope must be the spec's."""
    body = answer.json()
    assert set(body) == {"success", "error"}, body
    assert body["success"] is False
    assert {"code", "message"} <= set(body["error"]), body
    assert isinstance(body["error"]["message"], str)
    return body["error"]["code"]


def refused(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Hold that a request was refused so, and give the error."""
    assert (answer.status_code, code_of(answer)) == (status, code), answer.text
    return answer.json()["error"]
