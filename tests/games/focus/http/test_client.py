"""Section 9: the frontend consumes a typed client, generated from the description of the API."""

import importlib
import json
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.typed_client import description_of, typed_client

from .office import PASSWORD, Office, an_office

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    """A server behind a real socket, where a session may be completed at once."""
    path = tmp_path_factory.mktemp("client")
    shutil.copy(sqlite_template, path / "playground.db")
    async with an_office(path, sockets=True, SESSION_MIN_RATIO=0) as one:
        yield one


@pytest.fixture(scope="module")
def description(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return description_of("focus", tmp_path_factory.mktemp("description"))


@pytest.fixture(scope="module")
def client(description: Path) -> Iterator[str]:
    """The generated client, ready to be imported by this name."""
    with typed_client(description, "focus_client"):
        yield "focus_client"


async def test_every_operation_has_a_name_of_its_own(description: Path) -> None:
    described = json.loads(description.read_text())
    operations = [one for methods in described["paths"].values() for one in methods.values()]
    names = [one["operationId"] for one in operations if one["operationId"].startswith("focus_")]
    assert len(set(names)) == len(names) == 28
    assert {"focus_auth_register", "focus_sessions_start", "focus_sessions_complete", "focus_profile_show"} <= set(
        names
    )


async def test_a_generated_client_registers_focuses_and_reads_its_profile(office: Office, client: str) -> None:
    package, models = importlib.import_module(client), importlib.import_module(f"{client}.models")
    url = str(office.http.base_url)

    async def call(name: str, caller: Any, *arguments: Any, **more: Any) -> Any:
        tag = name.split("_")[1]
        module = importlib.import_module(f"{client}.api.{tag}.{name}")
        answer = await module.asyncio_detailed(*arguments, client=caller, **more)
        assert 200 <= answer.status_code < 300, answer.content
        return answer.parsed.data if answer.parsed is not None else None

    async with package.Client(base_url=url) as nobody:
        registered = models.RegisterBody(email="typed@example.com", password=PASSWORD, full_name="Typed")
        tokens = await call("focus_auth_register", nobody, body=registered)
    async with package.AuthenticatedClient(base_url=url, token=tokens.access_token) as me:
        body = models.TaskBody(
            name="Deep Work",
            category=models.TaskBodyCategory.BUILD,
            default_duration_minutes=50,
            room=models.TaskBodyRoom.BUILD_ROOM,
        )
        task = await call("focus_tasks_create", me, body=body)
        start = models.StartBody(task_template_id=task.id, duration_minutes=50)
        session = await call("focus_sessions_start", me, body=start)
        assert (session.room, session.status) == ("build_room", "pending")
        done = await call("focus_sessions_complete", me, session.session_id, body=models.CompleteBody())
        assert (done.session.reward_exp, done.hero.level, done.hero.gold) == (100, 2, 50)
        profile = await call("focus_profile_show", me)
        assert (profile.user.email, profile.user.full_name) == ("typed@example.com", "Typed")
        assert (profile.hero.level, profile.hero.gold, profile.world_state.total_sessions_success) == (2, 50, 1)
        history = await call("focus_sessions_history", me, limit=10)
        assert [item.id for item in history.items] == [session.session_id]
        assert await call("focus_auth_logout", me) is None
