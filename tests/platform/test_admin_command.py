"""`gamefold admin create-superuser`."""

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gamefold.cli import application
from gamefold.cli.told import explain
from gamefold.storage import migrate
from gamefold.storage.opening import open_database

from .people import GAME, GOOD, some_people


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("GAMEFOLD_ADMIN_PASSWORD", "GAMEFOLD_ADMIN_EMAIL", "DATABASE_URL", "DB_PATH"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def data(sqlite_template: Path, tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "playground.db").write_bytes(sqlite_template.read_bytes())
    return tmp_path / "data"


def run(*arguments: str, answers: str = "", **environment: str) -> Result:
    return CliRunner().invoke(application, ["admin", "create-superuser", *arguments], input=answers, env=environment)


def is_superuser(data: Path, email: str) -> bool:
    async def ask() -> bool:
        database = open_database(f"sqlite:///{data}/playground.db")
        async with some_people(database) as people:
            grant = await people.accounts.login(email, GOOD, GAME)
            verdict = await people.audit()
        await database.close()
        return grant.user.is_superuser and verdict.lines == 1

    return asyncio.run(ask())


def test_a_prompt_asks_twice_and_shows_nothing(data: Path) -> None:
    result = run("--data", str(data), answers=f"root@example.com\n{GOOD}\n{GOOD}\n")
    assert result.exit_code == 0, result.output
    assert "root@example.com may do everything now" in result.output
    assert GOOD not in result.output
    assert is_superuser(data, "root@example.com")


def test_scripts_use_the_environment(data: Path) -> None:
    result = run("--data", str(data), GAMEFOLD_ADMIN_EMAIL="root@example.com", GAMEFOLD_ADMIN_PASSWORD=GOOD)
    assert result.exit_code == 0, result.output
    assert GOOD not in result.output
    assert is_superuser(data, "root@example.com")


def test_there_is_no_option_that_would_show_a_password_to_other_users_of_the_machine(data: Path) -> None:
    assert run("--data", str(data), "--email", "root@example.com", "--password", GOOD).exit_code == 2


def test_what_is_wrong_is_one_line(data: Path, tmp_path: Path) -> None:
    environment = {"GAMEFOLD_ADMIN_EMAIL": "root@example.com", "GAMEFOLD_ADMIN_PASSWORD": GOOD}
    assert run("--data", str(data), **environment).exit_code == 0
    for result, words in (
        (run("--data", str(data), **environment), "EMAIL_TAKEN"),
        (run("--data", str(data), **{**environment, "GAMEFOLD_ADMIN_EMAIL": "nobody"}), "EMAIL_INVALID"),
        (run("--data", str(data), **{**environment, "GAMEFOLD_ADMIN_PASSWORD": "password1"}), "PASSWORD_TOO_WEAK"),
        (run("--data", str(tmp_path / "nowhere"), **environment), "there is no data"),
    ):
        assert result.exit_code == 1
        line = explain(result.exception) if isinstance(result.exception, Exception) else None
        assert line is not None
        assert words in line
        assert "password1" not in line


def test_tables_of_another_version_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    asyncio.run(migrate.upgrade(f"sqlite:///{tmp_path}/old/playground.db", "0002"))
    result = run("--data", str(tmp_path / "old"), "--email", "root@example.com", GAMEFOLD_ADMIN_PASSWORD=GOOD)
    assert result.exit_code == 1
    assert "gamefold db upgrade" in str(result.exception)
