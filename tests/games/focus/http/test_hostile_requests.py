"""Requests that were made by hand to break something: each gets a 4xx in the envelope, and changes nothing."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from .office import NOBODY, Office, Person, code_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

MARKER = "zq9planted"
Asked = tuple[str, str, dict[str, Any]]

JSON = {"Content-Type": "application/json"}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
PATHS = {
    "/api/auth/register": {"POST"},
    "/api/auth/login": {"POST"},
    "/api/auth/refresh": {"POST"},
    "/api/auth/logout": {"POST"},
    "/api/profile": {"GET", "PATCH", "DELETE"},
    "/api/worldstate": {"GET"},
    "/api/leaderboard": {"GET"},
    "/api/tenants": {"GET", "POST"},
    "/api/tenants/{t}/members": {"GET", "POST"},
    "/api/tenants/{t}/members/{u}": {"DELETE"},
    "/api/tasks": {"GET", "POST"},
    "/api/tasks/{k}": {"GET", "PUT", "DELETE"},
    "/api/sessions/start": {"POST"},
    "/api/sessions/history": {"GET"},
    "/api/sessions/{s}": {"GET"},
    "/api/sessions/{s}/activate": {"POST"},
    "/api/sessions/{s}/complete": {"POST"},
    "/api/sessions/{s}/cancel": {"POST"},
    "/api/inventory": {"GET"},
    "/api/inventory/equip": {"POST"},
    "/api/inventory/unequip": {"POST"},
}
TASK = {"name": "Deep Work", "category": "build", "defaultDurationMinutes": 50, "room": "build_room"}
BODIES: dict[str, dict[str, Any]] = {
    "POST /api/auth/register": {"email": "new@example.com", "password": "correct-Pferd 7 Batterie"},
    "POST /api/auth/login": {"email": "new@example.com", "password": "correct-Pferd 7 Batterie"},
    "POST /api/auth/refresh": {"refreshToken": "x"},
    "PATCH /api/profile": {"fullName": "Builder"},
    "POST /api/tenants": {"name": "Club"},
    "POST /api/tenants/{t}/members": {"email": "new@example.com", "role": "MEMBER"},
    "POST /api/tasks": TASK,
    "PUT /api/tasks/{k}": TASK,
    "POST /api/sessions/start": {"taskTemplateId": "{k}", "durationMinutes": 25},
    "POST /api/sessions/{s}/complete": {"completedAt": "2027-01-15T12:00:00Z"},
    "POST /api/sessions/{s}/cancel": {"reason": "other"},
    "POST /api/inventory/equip": {"itemId": "{k}"},
    "POST /api/inventory/unequip": {"slot": "hat"},
}
OPTIONAL = {"completedAt", "reason", "fullName", "role"}
WITHOUT_BODY = {"POST /api/sessions/{s}/complete", "POST /api/sessions/{s}/cancel"}
WRONG_TYPES = (
    "text/plain", "application/xml", "multipart/form-data", "application/x-www-form-urlencoded", "", MARKER,
    "application/json; charset=utf-16", "application/jsonp", "text/json", "application/*",
)  # fmt: skip
WRONG_VALUES: tuple[Any, ...] = (
    MARKER * 1_000, 5, -1, 1.5, True, [], {}, [MARKER], {MARKER: MARKER}, "\x00", "\ud800", 10**18, 2**63, 1e308,
    [[]] * 10, MARKER + "\u202e",
)  # fmt: skip


def wrong_methods() -> Iterator[Asked]:
    for path, allowed in PATHS.items():
        for method in METHODS:
            # `history` and `start` are no ids.
            if method not in allowed:
                yield method, path, {"json": {"x": MARKER}}


def wrong_paths() -> Iterator[Asked]:
    for path in (
        f"/{MARKER}", f"/api/{MARKER}", "/api", "/api/", "/api/tasks/", "/api/tasks//", "/api//tasks", "/API/tasks",
        f"/api/tasks/{MARKER}", "/api/tasks/%00", "/api/tasks/%", "/api/tasks/%zz", "/api/tasks/%ff%fe",
        "/api/tasks/%c0%80", "/api/tasks/%ed%a0%80", "/api/tasks/%0d%0aSet-Cookie:x", "/api/tasks/..%2f..%2fetc",
        "/api/tasks/{k}/", "/api/tasks/{k}%00", "/api/tasks/{k}%20", "/api/tasks/%20{k}", "/api/tasks/{k}x",
        "/api/sessions", "/api/sessions/", f"/api/sessions/{MARKER}", "/api/sessions/' OR 1=1 --", "/api/tasks/1;drop",
        "/api/sessions/{s}/", "/api/sessions/{s}/complete/", "/api/sessions/{s}//complete", "/api/sessions/<script>",
        f"/api/tenants/{MARKER}/members", "/api/tenants/{t}", "/api/tenants/{t}/members/", "/api/jobs/streak_reset",
        "/api/inventory/", "/api/auth", "/api/auth/x", "/.env", "/api/tasks/" + "x" * 5_000, "/focus/api/tasks",
        "/api/tasks/" + "%41" * 3_000, "/api/tasks/{{7*7}}", "/api/tasks/%b2",
    ):  # fmt: skip
        yield "GET", path, {}


def wrong_queries() -> Iterator[Asked]:
    for query in (
        "limit=1&limit=2", "limit=1&%6cimit=2", "cursor=%00", "cursor=%ff", "limit=%", "limit=%zz", f"limit={MARKER}",
        f"cursor={MARKER}", "limit=NaN", "limit=1_0", "limit=0x1", "limit=%201", "limit=%C2%B2", "cursor=x&cursor=y",
        "cursor=" + "x" * 600, "limit=99999999999999999999999", "limit=1e1", "limit=true",
        "&".join(f"a{i}=1" for i in range(200)),
    ):  # fmt: skip
        yield "GET", f"/api/tasks?{query}", {}
        yield "GET", f"/api/sessions/history?{query}", {}
    for query in (f"room={MARKER}", "room=", "room=study_room&room=build_room", "room=%00", "room=STUDY_ROOM"):
        yield "GET", f"/api/tasks?{query}", {}


def wrong_bodies() -> Iterator[Asked]:
    deep = "[" * 100_000 + "]" * 100_000
    for route, body in BODIES.items():
        method, path = route.split(" ")
        good = json.dumps(body).encode()
        first = next(iter(body)).encode()
        for content in (
            b" ", b"true", b"5", b"[]", b'""', b"{", good[:-1], good + b"x", good + good, b"\xff",
            b"\xef\xbb\xbf" + good,
            good.decode().encode("utf-16"), good.decode().encode("utf-32"), b"\x00" + good, b"'" + good + b"'", b"NaN",
            b"[Infinity]", deep.encode(), b'{"a":' * 50_000 + b"1" + b"}" * 50_000, b'{"x":' + b"9" * 100_000 + b"}",
            b'{"x":1e999}', f'{{"{MARKER}":1}}'.encode(), b"// hi\n" + good, good[:-1] + b', "x": NaN}',
            good[:-1] + b', "x": -Infinity}', good[:-1] + b', "x": 1e999}', good[:-1] + b', "x": 9223372036854775808}',
            good[:-1] + b', "x": "\\ud800"}', good[:-1] + b",}", good[:-1] + b', "' + first + b'": "again"}',
            good[:-1] + f', "{MARKER}": "{MARKER}"}}'.encode(), b"name=x&room=1", b'{"x": "' + b"x" * (1 << 20) + b'"}',
        ):  # fmt: skip
            yield method, path, {"content": content, "headers": JSON}
        if route not in WITHOUT_BODY:
            for content in (b"", b"null"):
                yield method, path, {"content": content, "headers": JSON}
            if not set(body) <= OPTIONAL:
                yield method, path, {"content": b"{}", "headers": JSON}
        for kind in WRONG_TYPES:
            yield method, path, {"content": good, "headers": {"Content-Type": kind}}
        yield method, path, {"content": good, "headers": [("Content-Type", "application/json")] * 2}
        yield method, path, {"content": good, "headers": {**JSON, "Content-Encoding": "gzip"}}
        yield method, path, {"content": good}
        for name in body:
            for value in WRONG_VALUES:
                if name == "password" and value == WRONG_VALUES[-1]:
                    continue  # as good as any
                yield method, path, {"content": json.dumps({**body, name: value}).encode(), "headers": JSON}
            if name not in OPTIONAL:
                yield method, path, {"json": {key: value for key, value in body.items() if key != name}}
                yield method, path, {"json": {**body, name: None}}
            snake = "".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in name)
            if snake != name:
                yield method, path, {"json": {**body, snake: body[name]}}


def wrong_headers() -> Iterator[Asked]:
    for key in ("", " ", "x" * 256, "a b", "\xe9", "a\tb"):
        yield "POST", "/api/tasks", {"json": TASK, "headers": {"Idempotency-Key": key.encode("latin-1")}}
    for tenant in (MARKER, "", "\xe9", "{t}x", "{t},{t}", "' OR 1=1 --"):
        yield "GET", "/api/tasks", {"headers": {"X-Tenant-Id": tenant.encode("latin-1")}}
        yield "POST", "/api/sessions/start", {"json": {"x": 1}, "headers": {"X-Tenant-Id": tenant.encode("latin-1")}}
    yield "GET", "/api/tasks", {"headers": {"X-Long": "x" * 20_000}}
    for shown in (
        MARKER,
        f"Bearer {MARKER}",
        "Bearer \xe9",
        f"Basic {MARKER}",
        "Bearer a.b.c",
        "Bearer " + "x" * 9_000,
    ):
        yield "GET", "/api/profile", {"headers": {"Authorization": shown.encode("latin-1")}}
    yield "GET", "/api/profile", {"headers": {"Authorization": b"Bearer eyJhbGciOiJub25lIn0.e30."}}


CORPUS = {
    "methods": wrong_methods,
    "paths": wrong_paths,
    "queries": wrong_queries,
    "bodies": wrong_bodies,
    "headers": wrong_headers,
}


@pytest.mark.parametrize("kind", CORPUS)
async def test_every_malformed_request_is_a_4xx_in_the_envelope_and_changes_nothing(
    office: Office, me: Person, kind: str
) -> None:
    task = await me.task()
    session = await me.starts(25, task)
    tenant = await me.tenant()
    before = await everything(me, tenant)
    put = {"{t}": tenant, "{u}": me.id, "{k}": task, "{s}": session}
    wrong = [problem for asked in CORPUS[kind]() if (problem := await complaint(me, placed(asked, put)))]
    assert wrong == []
    assert await everything(me, tenant) == before


def placed(asked: Asked, put: dict[str, str]) -> Asked:
    """Put real ids where a request names them."""
    method, path, options = asked
    for sign, value in put.items():
        path = path.replace(sign, value)
        if isinstance(options.get("content"), bytes):
            options = {**options, "content": options["content"].replace(sign.encode(), value.encode())}
        if "json" in options:
            options = {**options, "json": json.loads(json.dumps(options["json"]).replace(sign, value))}
        if isinstance(headers := options.get("headers"), dict):
            filled = {
                name: header.replace(sign.encode(), value.encode()) if isinstance(header, bytes) else header
                for name, header in headers.items()
            }
            options = {**options, "headers": filled}
    return method, path, options


async def complaint(me: Person, asked: Asked) -> str | None:
    """Say what is wrong with the answer, None where all is well."""
    method, path, options = asked
    http = me.office.http
    headers = httpx.Headers(options.pop("headers", {}))
    headers.setdefault("Authorization", f"Bearer {me.tokens['accessToken']}")
    # Built by hand, because the client would repair a path that is broken on purpose.
    url = httpx.URL("http://office").copy_with(raw_path=path.encode("latin-1"))
    answer = await http.send(http.build_request(method, url, headers=headers, **options))
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


async def everything(me: Person, tenant: str) -> list[Any]:
    paths = ("/api/profile", "/api/tenants", f"/api/tenants/{tenant}/members", "/api/tasks", "/api/sessions/history")
    return [await me.gets(path) for path in paths]


@pytest.mark.parametrize(("path", "allowed"), PATHS.items())
async def test_a_wrong_method_is_405_and_says_what_is_allowed(office: Office, path: str, allowed: set[str]) -> None:
    asked = re.sub(r"\{\w\}", NOBODY, path)
    # From the end: a GET of .../start would ask for the session of that name.
    answer = await office.http.request(next(method for method in METHODS[::-1] if method not in allowed), asked)
    assert (answer.status_code, code_of(answer)) == (405, "METHOD_NOT_ALLOWED")
    assert allowed <= {one.strip() for one in answer.headers["Allow"].split(",")}
