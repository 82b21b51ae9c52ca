"""Rate limits: the 61st request of a minute has to wait, whoever counts."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator

import pytest
from redis import Redis, RedisError
from starlette.requests import HTTPConnection

from gamefold.platform import budgets as budgets_of
from gamefold.platform.budgets import REDIS_PAUSE_S, Budgets, Window
from gamefold.platform.limits import address_of, rate_limited
from gamefold.platform.tenants.roles import Role
from gamefold.storage.opening import open_database
from tests.servers import REDIS_URL

from .app import Site, a_site
from .people import People, some_people
from .test_doors import MemoryStore


@pytest.fixture
async def people(sqlite_url: str) -> AsyncIterator[People]:
    database = open_database(sqlite_url)
    async with some_people(database) as people:
        yield people
    await database.close()


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Redis on a busy machine is not one that hangs."""
    monkeypatch.setattr(budgets_of, "REDIS_TIMEOUT_S", 30.0)


@pytest.fixture
def redis() -> Iterator[Redis]:
    redis = Redis.from_url(REDIS_URL, socket_connect_timeout=30)
    try:
        redis.ping()
    except RedisError as error:
        pytest.skip(f"no Redis answers at {REDIS_URL}: {type(error).__name__}")
    yield redis
    redis.close()


@pytest.fixture
def prefix(redis: Redis) -> Iterator[str]:
    prefix = f"gamefold-test-{secrets.token_hex(6)}"
    yield prefix
    forget(redis, prefix)


def forget(redis: Redis, prefix: str) -> None:
    for key in redis.scan_iter(f"{prefix}*"):
        redis.delete(key)


@pytest.fixture(params=["memory", "redis"])
async def budgets(request: pytest.FixtureRequest) -> AsyncIterator[Budgets]:
    shared = request.param == "redis"
    budgets = Budgets(REDIS_URL, prefix=request.getfixturevalue("prefix")) if shared else Budgets()
    yield budgets
    await budgets.close()


def site_of(people: People, budgets: Budgets, **limits) -> Site:
    return a_site(people, MemoryStore(), budgets, **limits)


async def test_sixty_of_sixty_one_requests_go_through(people: People, budgets: Budgets) -> None:
    site = site_of(people, budgets)
    ada, bob = await people.ada(), await people.ada("bob@example.com")
    async with site.client(ada.access_token) as client:
        answers = [await client.post("/focus/run") for _ in range(61)]
        assert [answer.status_code for answer in answers] == [200] * 60 + [429]
        assert [answer.headers["RateLimit"].split(";")[1] for answer in answers] == [
            *(f"r={left}" for left in range(59, -1, -1)),
            "r=0",
        ]
        assert {answer.headers["RateLimit-Policy"] for answer in answers} == {'"sessions";q=60;w=60'}
        refused = answers[-1]
        wait_s = int(refused.headers["Retry-After"])
        assert 50 < wait_s <= 60
        assert refused.headers["RateLimit"] == f'"sessions";r=0;t={wait_s}'
        assert refused.json()["error"]["code"] == "RATE_LIMITED"
        spoofed = {"X-Forwarded-For": "1.2.3.4", "X-Real-IP": "1.2.3.4", "Forwarded": "for=1.2.3.4"}
        assert (await client.post("/focus/run", headers=spoofed)).status_code == 429
        another_token = await people.login()
        client.headers["Authorization"] = f"Bearer {another_token.access_token}"
        assert (await client.post("/focus/run")).status_code == 429
    async with site.client(bob.access_token) as client:
        assert (await client.post("/focus/run")).status_code == 200
    assert len(site.runs) == 61


async def test_a_hundred_requests_at_once_are_counted_one_by_one(people: People, budgets: Budgets) -> None:
    site = site_of(people, budgets)
    async with site.client((await people.ada()).access_token) as client:
        answers = await asyncio.gather(*(client.post("/focus/run") for _ in range(100)))
    assert sum(answer.status_code == 200 for answer in answers) == 60


async def test_a_zero_turns_a_limit_off(people: People, budgets: Budgets) -> None:
    async with site_of(people, budgets, per_minute=0).client((await people.ada()).access_token) as client:
        for path in ("/focus/run", "/focus/open"):
            answers = [await client.post(path) for _ in range(65)]
            assert {answer.status_code for answer in answers} == {200}
            assert "RateLimit" not in answers[0].headers


async def test_a_tenant_is_counted_as_one_beside_its_members(people: People, budgets: Budgets) -> None:
    ada, bob = await people.ada(), await people.ada("bob@example.com")
    team = (await people.tenants.create(ada.user.id, "Team")).tenant_id
    await people.tenants.add_member(ada.user.id, team, "bob@example.com", Role.MEMBER)
    site = site_of(people, budgets)
    async with site.client(ada.access_token) as client:
        answers = [await client.post("/focus/shared") for _ in range(3)]
        assert {answer.status_code for answer in answers} == {200}
        assert answers[-1].headers["RateLimit-Policy"] == '"sessions";q=3;w=60, "workspace";q=4;w=60'
        assert [part.split(";")[:2] for part in answers[-1].headers["RateLimit"].split(", ")] == [
            ['"sessions"', "r=0"],
            ['"workspace"', "r=1"],
        ]
        refused = await client.post("/focus/shared")
        assert refused.headers["RateLimit-Policy"] == '"sessions";q=3;w=60'
    async with site.client(bob.access_token) as client:
        assert [(await client.post("/focus/shared")).status_code for _ in range(2)] == [200, 429]


async def test_refused_requests_say_what_is_left_too(people: People, budgets: Budgets) -> None:
    async with site_of(people, budgets).client((await people.ada()).access_token) as client:
        answer = await client.post("/focus/picky", json={"email": 7})
        assert answer.status_code == 422
        assert answer.headers["RateLimit"].startswith('"sessions";r=59;t=')
    async with site_of(people, budgets).client() as client:
        answer = await client.post("/focus/run")
        assert answer.status_code == 401
        assert "RateLimit" not in answer.headers


async def test_addresses_are_counted_only_where_the_house_says_so(people: People) -> None:
    body = {"email": "nobody@example.com", "password": "wrong password"}

    async def statuses(site: Site, address: str) -> list[int]:
        async with site.client(client=(address, 1)) as client:
            return [(await client.post("/focus/login", json=body)).status_code for _ in range(6)]

    assert await statuses(site_of(people, Budgets()), "10.0.0.1") == [401] * 6
    people.wall.advance(16 * 60_000)
    house = site_of(people, Budgets(), by_ip=True)
    assert await statuses(house, "2001:db8::1") == [401] * 5 + [429]
    people.wall.advance(16 * 60_000)
    assert (await statuses(house, "2001:db8::2"))[0] == 429  # the same household
    assert (await statuses(house, "2001:db8:0:1::1"))[0] == 401


def test_an_address_is_a_household() -> None:

    def address(host: str) -> str:
        return address_of(HTTPConnection({"type": "http", "client": (host, 1)}))

    assert address("10.0.0.1") == "10.0.0.1"
    assert address("::ffff:10.0.0.1") == "10.0.0.1"
    assert address("2001:db8:0:0:1:2:3:4") == address("2001:db8::9") == "2001:db8::/64"
    assert address("testclient") == "testclient"
    assert address_of(HTTPConnection({"type": "http", "client": None})) == "unknown"


def test_a_budget_has_a_name_that_fits_into_a_header() -> None:
    rate_limited("sessions-2")
    for name in ("", 'x"', "a b", "a;b", "a\n"):
        with pytest.raises(AssertionError):
            rate_limited(name)


async def test_the_window_slides() -> None:
    now = [1_000.0]
    budgets = Budgets(now_s=lambda: now[0])
    allowed = []
    for second in (0, 10, 20, 30, 59, 59.9, 60, 61, 70, 79, 80):
        now[0] = 1_000.0 + second
        allowed.append((await budgets.spend("x", "ada", 3)).allowed)
    assert allowed == [True, True, True, False, False, False, True, False, True, False, True]
    now[0] += 1
    spent = await budgets.spend("x", "ada", 3)
    assert (spent.allowed, spent.remaining, spent.reset_s) == (False, 0, 39)  # from second 81 to 120
    now[0] += spent.reset_s
    assert (await budgets.spend("x", "ada", 3)).allowed


async def test_who_does_not_come_back_is_forgotten() -> None:
    now = [0.0]
    window = Window(lambda: now[0])
    for number in range(1_000):
        await window.acquire_entry(f"user {number}", 60, 60)
    now[0] = 61
    await window.acquire_entry("somebody", 60, 60)
    assert list(window._hits) == ["somebody"]


async def test_two_processes_share_the_budget(prefix: str) -> None:
    processes = [Budgets(REDIS_URL, prefix=prefix) for _ in range(2)]
    spent = await asyncio.gather(*(processes[number % 2].spend("x", "ada", 20) for number in range(50)))
    assert sum(one.allowed for one in spent) == 20
    assert all(process.shared for process in processes)
    for process in processes:
        await process.close()


class Proxy:
    """Stands between the budgets and Redis, and can go away or fall asleep."""

    def __init__(self) -> None:
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []
        self.awake = asyncio.Event()
        self.awake.set()
        self.asked = 0  # how often somebody wanted something of Redis
        self.port = 0

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.close()
        self._writers.clear()
        await asyncio.sleep(0.01)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, _, port = REDIS_URL.removeprefix("redis://").rpartition(":")
        upstream = await asyncio.open_connection(host, int(port))
        self._writers += [writer, upstream[1]]
        there, back = self._pump(reader, upstream[1], 1), self._pump(upstream[0], writer, 0)
        await asyncio.gather(there, back, return_exceptions=True)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, counts: int) -> None:
        while data := await reader.read(65_536):
            self.asked += counts
            await self.awake.wait()
            writer.write(data)
            await writer.drain()


async def test_without_redis_each_process_counts_by_itself_and_comes_back(prefix: str) -> None:
    proxy = Proxy()
    await proxy.start()
    now = [0.0]
    budgets = Budgets(proxy.url, prefix=prefix, now_s=lambda: now[0])
    try:
        assert [(await budgets.spend("x", "ada", 3)).allowed for _ in range(3)] == [True, True, True]
        assert not (await budgets.spend("x", "ada", 3)).allowed
        await proxy.stop()
        # Never open: the local bucket has a bottom. Never an error: it has no opinion about Redis.
        assert [(await budgets.spend("x", "ada", 3)).allowed for _ in range(5)] == [True, True, True, False, False]
        assert not budgets.shared
        await proxy.start()
        assert not budgets.shared
        now[0] += 2.1
        assert not (await budgets.spend("x", "ada", 3)).allowed  # Redis remembers
        assert budgets.shared
        assert (await budgets.spend("x", "bob", 3)).allowed
    finally:
        await budgets.close()
        await proxy.stop()


async def test_a_redis_that_hangs_costs_one_short_wait_and_not_one_per_request(
    prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budgets_of, "REDIS_TIMEOUT_S", 1.0)
    proxy, now = Proxy(), [0.0]
    await proxy.start()
    budgets = Budgets(proxy.url, prefix=prefix, now_s=lambda: now[0])
    try:
        assert (await budgets.spend("x", "ada", 10)).allowed
        proxy.awake.clear()
        proxy.asked = 0
        for _ in range(5):
            assert (await budgets.spend("x", "ada", 10)).allowed
        assert proxy.asked == 1
        assert not budgets.shared
        proxy.awake.set()
        now[0] += REDIS_PAUSE_S + 0.1
        assert (await budgets.spend("x", "ada", 10)).allowed
        assert budgets.shared
    finally:
        proxy.awake.set()
        await budgets.close()
        await proxy.stop()


async def test_a_redis_that_was_never_there_is_no_error() -> None:
    budgets = Budgets("redis://127.0.0.1:1")
    assert [(await budgets.spend("x", "ada", 2)).allowed for _ in range(3)] == [True, True, False]
    await budgets.close()


async def test_a_redis_that_lost_its_memory_is_no_error(redis: Redis, prefix: str) -> None:
    budgets = Budgets(REDIS_URL, prefix=prefix)
    await budgets.spend("x", "ada", 2)
    redis.script_flush()
    assert (await budgets.spend("x", "ada", 2)).allowed
    forget(redis, prefix)
    assert [(await budgets.spend("x", "ada", 2)).allowed for _ in range(3)] == [True, True, False]
    await budgets.close()
