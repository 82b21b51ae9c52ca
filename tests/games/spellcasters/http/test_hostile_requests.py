"""Requests that were made by hand to break something: each gets a 4xx in the envelope, and changes nothing."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from gamefold.games.spellcasters import tables

from .playground import SAMPLE, TACTICAL, Playground, code_of

MARKER = "zq9planted"
Asked = tuple[str, str, dict[str, Any]]

READS = (
    "/health", "/version", "/players/{p}", "/playground/active", "/playground/{s}", "/playground/{s}/events",
    "/playground/{s}/replay", "/admin/players", "/admin/state", "/matches", "/matches/{s}", "/matches/{s}/replay",
    "/matches/{s}/log",
)  # fmt: skip
WRITES = {
    "/players/register": {"player_name": "Someone", "submitted_from": "online"},
    "/playground/start": {"player_1_id": SAMPLE, "player_2_id": TACTICAL, "tick_delay_ms": 1_000},
    "/playground/{s}/action": {"player_id": "{p}", "turn": 1, "action": {"move": [1, 0], "spell": None}},
}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
JSON = {"Content-Type": "application/json"}
WRONG_TYPES = (
    "text/plain", "application/xml", "multipart/form-data", "application/x-www-form-urlencoded", "", MARKER,
    "application/json; charset=utf-16", "application/jsonp", "text/json", "application/*",
)  # fmt: skip
WRONG_VALUES: tuple[Any, ...] = (
    MARKER * 100, None, 5, -1, 1.5, True, [], {}, [MARKER], {MARKER: MARKER}, "", " ", "\x00", "\ud800",
    f"{MARKER}/..", 10**18, 2**63, 1e308, "\u202e", [[]] * 10, {"move": MARKER},
)  # fmt: skip


def wrong_methods() -> Iterator[Asked]:
    for path in READS:
        for method in METHODS:
            if method != "GET" and not (method == "DELETE" and path in {"/players/{p}", "/playground/{s}"}):
                yield method, path, {"json": {"x": MARKER}}
    for path, body in WRITES.items():
        for method in METHODS:
            # These are read as ids of players and sessions, which do not exist.
            if method != "POST":
                yield method, path, {"json": body} if method != "GET" else {}


def wrong_paths() -> Iterator[Asked]:
    for path in (
        f"/{MARKER}", "/players", "/players/", "/players//", "/playground", f"/playground/{MARKER}",
        f"/playground/{MARKER}/events", f"/matches/{MARKER}", f"/matches/{MARKER}/log", f"/players/{MARKER}",
        "/players/%00", "/players/a%00b", "/players/%", "/players/%zz", "/players/%ff%fe", "/players/%c0%80",
        "/players/%ed%a0%80", "/players/%0d%0aSet-Cookie:x", "/players/%2e%2e", "/players/..%2f..%2fetc%2fpasswd",
        "/playground/%00/events", "/playground/%ff/replay", "/matches/%0a/log", "/matches/..%2f..%2fsecret.key/log",
        "/players/" + "x" * 5_000, "/players/" + "%41" * 3_000, "/PLAYERS/register", "/players/register/",
        "/playground/{s}/events/", "/playground/{s}//events", "/playground/{s}/Events", "/admin", "/admin/",
        "/admin/players/x", "/matches/{s}/replay/x", "/health/", "/health/x", "/.env", "/docs/..%2f..%2fapp.py",
        "/players/' OR 1=1 --", "/players/{{7*7}}", "/players/<script>",
    ):  # fmt: skip
        yield "GET", path, {}


def wrong_queries() -> Iterator[Asked]:
    for query in (
        "limit=1&limit=2", "limit=1&%6cimit=2", "cursor=%00", "cursor=%ff", "limit=%", "limit=%zz", f"status={MARKER}",
        f"limit={MARKER}", f"cursor={MARKER}", "limit=NaN", "limit=1_0", "limit=0x1", "limit=%201", "status=RUNNING",
        "player_id=" + "x" * 65, "cursor=" + "x" * 600, "&".join(f"a{i}=1" for i in range(200)),
    ):  # fmt: skip
        yield "GET", f"/matches?{query}", {}
    for query in (f"speed={MARKER}", "speed=NaN", "speed=-1", "speed=1e999", "speed=1&speed=2", "since=x", "since=-1"):
        yield "GET", f"/matches/{{s}}/replay?{query}", {}
    for query in (f"since={MARKER}", "since=1&since=2", "since=99999999999999999999999", "since="):
        yield "GET", f"/playground/{{s}}/events?{query}", {}
        yield "GET", f"/playground/{{s}}/replay?{query}", {}


def wrong_bodies() -> Iterator[Asked]:
    deep = "[" * 100_000 + "]" * 100_000
    for path, body in WRITES.items():
        good = json.dumps(body).encode()
        for content in (
            b"", b" ", b"null", b"true", b"5", b"[]", b'""', b"{}", b"{", good[:-1], good + b"x", good + good, b"\xff",
            b"\xef\xbb\xbf" + good, good.decode().encode("utf-16"), good.decode().encode("utf-32"), b"\x00" + good,
            b"'" + good + b"'", b"NaN", b"[Infinity]", deep.encode(), b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
            b'{"x":' + b"9" * 100_000 + b"}", b'{"x":1e999}', f'{{"{MARKER}":1}}'.encode(), b"// hi\n" + good,
            good[:-1] + b', "x": NaN}', good[:-1] + b', "x": -Infinity}', good[:-1] + b', "x": 1e999}',
            good[:-1] + b', "x": 9223372036854775808}', good[:-1] + b', "x": "\\ud800"}', good[:-1] + b",}",
            good[:-1] + b', "' + next(iter(body)).encode() + b'": "again"}', b"player_name=x&turn=1",
            b'{"x": "' + b"x" * (1 << 20) + b'"}',
        ):  # fmt: skip
            yield "POST", path, {"content": content, "headers": JSON}
        for kind in WRONG_TYPES:
            yield "POST", path, {"content": good, "headers": {"Content-Type": kind}}
        yield "POST", path, {"content": good, "headers": [("Content-Type", "application/json")] * 2}
        yield "POST", path, {"content": good, "headers": {**JSON, "Content-Encoding": "gzip"}}
        yield "POST", path, {"content": good}
        for name in body:
            for value in WRONG_VALUES:
                if not is_fine(name, value):
                    yield "POST", path, {"content": json.dumps({**body, name: value}).encode(), "headers": JSON}
            if name not in {"submitted_from", "tick_delay_ms"}:
                yield "POST", path, {"json": {key: value for key, value in body.items() if key != name}}


def is_fine(name: str, value: Any) -> bool:
    """Say whether a value in the list above is, in this one field, what somebody may send."""
    match name:
        case "submitted_from":
            return isinstance(value, str) and 1 <= len(value) <= 50 and value not in {"\x00", "\ud800"}
        case "tick_delay_ms":
            return value is None or value == 5
        case "action":
            return value is None or value == {} or value == {MARKER: MARKER}
    return False


def wrong_headers() -> Iterator[Asked]:
    body = WRITES["/playground/start"]
    for key in ("", " ", "x" * 256, "a b", "\xe9", "a\tb"):
        yield "POST", "/playground/start", {"json": body, "headers": {"Idempotency-Key": key.encode("latin-1")}}
    yield "GET", "/matches", {"headers": {"X-Long": "x" * 20_000}}
    for cursor in (MARKER, "1,2", "-1", "1:", ":1", "1e3", "\xb2"):
        yield "GET", "/playground/{s}/events", {"headers": {"Last-Event-ID": cursor.encode("latin-1")}}


CORPUS = {
    "methods": wrong_methods,
    "paths": wrong_paths,
    "queries": wrong_queries,
    "bodies": wrong_bodies,
    "headers": wrong_headers,
}


@pytest.mark.parametrize("kind", CORPUS)
async def test_every_malformed_request_is_a_4xx_in_the_envelope_and_changes_nothing(
    playground: Playground, kind: str
) -> None:
    player = await playground.register()
    session = await playground.start(player, SAMPLE)
    before = await everything(playground, session)

    wrong = [
        problem
        for asked in CORPUS[kind]()
        if (problem := await complaint(playground.http, placed(asked, player, session)))
    ]
    assert wrong == []
    assert await everything(playground, session) == before


def placed(asked: Asked, player: str, session: str) -> Asked:
    """Put real ids where a request names them."""
    method, path, options = asked
    put = {"{p}": player, "{s}": session}
    for sign, value in put.items():
        path = path.replace(sign, value)
        if isinstance(options.get("content"), bytes):
            options = {**options, "content": options["content"].replace(sign.encode(), value.encode())}
        if "json" in options:
            options = {**options, "json": json.loads(json.dumps(options["json"]).replace(sign, value))}
    return method, path, options


async def complaint(http: httpx.AsyncClient, asked: Asked) -> str | None:
    """Say what is wrong with the answer, None where all is well."""
    method, path, options = asked
    # Built by hand, because the client would repair a path that is broken on purpose.
    url = httpx.URL("http://playground").copy_with(raw_path=path.encode())
    answer = await http.send(http.build_request(method, url, **options))
    shown = f"{method} {path[:80]} {str(options)[:160]}"
    if not 400 <= answer.status_code < 500:
        return f"{answer.status_code} for {shown}"
    try:
        code_of(answer)
    except (AssertionError, ValueError, KeyError) as error:
        return f"no envelope for {shown}: {error}: {answer.text[:100]}"
    if MARKER in answer.text or any(MARKER in value for value in answer.headers.values()):
        return f"echoed for {shown}: {answer.text[:200]}"
    return None


async def everything(playground: Playground, session: str) -> list[Any]:
    kept = (tables.players, tables.sessions, tables.game_results, tables.match_records)
    worlds = await playground.server.host.journal.worlds()
    return [
        *[await playground.rows(table) for table in kept],
        [(world.world, world.status, world.run) for world in worlds],
        [event.data for event in await playground.history(session)],
        (await playground.now(session))["latest"],
    ]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/players/register", {"POST", "GET", "DELETE"}),
        ("POST", "/health", {"GET"}),
        ("GET", "/playground/{s}/action", {"POST"}),
        ("POST", "/playground/{s}/events", {"GET"}),
        ("PATCH", "/playground/{s}", {"GET", "DELETE"}),
        ("DELETE", "/matches", {"GET"}),
    ],
)
async def test_a_wrong_method_is_405_and_says_what_is_allowed(
    playground: Playground, method: str, path: str, allowed: set[str]
) -> None:
    session = await playground.start(tick_delay_ms=60_000)
    answer = await playground.http.request(method, path.replace("{s}", session))
    assert (answer.status_code, code_of(answer)) == (405, "METHOD_NOT_ALLOWED")
    assert allowed <= {one.strip() for one in answer.headers["Allow"].split(",")}


async def test_unknown_fields_of_a_body_are_ignored(playground: Playground) -> None:
    body = {"player_name": "FireMage", "submitted_from": "online", "sprite": {"x": [1, 2]}, "": None}
    assert (await playground.http.post("/players/register", json=body)).status_code == 201
