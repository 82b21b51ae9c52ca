"""Settings: the specs' names and defaults, where they come from, and how a bad one is told."""

import stat
from pathlib import Path
from typing import Any

import pytest

from gamefold.settings import Settings, SettingsError, read_settings

SECRET = "0123456789abcdef" * 2


@pytest.fixture(autouse=True)
def _empty_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.validation_alias), raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("field", "default"),
    [
        ("turn_delay_seconds", 1),
        ("turn_timeout_seconds", 5),
        ("max_turns", 100),
        ("bot_decide_timeout_ms", 100),
        ("playground_idle_ttl_min", 30),
        ("playground_max_sessions", 50),
    ],
)
def test_defaults_are_those_of_the_spec(field: str, default: int) -> None:
    assert getattr(read_settings(), field) == default


def test_the_database_is_data_playground_db_as_an_absolute_path(tmp_path: Path) -> None:
    assert read_settings().sqlite_file == tmp_path / "data" / "playground.db"
    assert read_settings().url == f"sqlite:///{tmp_path}/data/playground.db"


def test_db_path_names_the_file_relative_or_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PATH", "here/it.db")
    assert read_settings().sqlite_file == tmp_path / "here" / "it.db"
    monkeypatch.setenv("DB_PATH", "/there/it.db")
    assert read_settings().sqlite_file == Path("/there/it.db")


def test_database_url_wins_over_db_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PATH", "it.db")
    monkeypatch.setenv("DATABASE_URL", "postgresql://someone@somewhere/it")
    assert read_settings().url == "postgresql://someone@somewhere/it"
    assert read_settings().sqlite_file is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, value) for name in ("TURN_DELAY_SECONDS", "TURN_TIMEOUT_SECONDS", "MAX_TURNS", "BOT_DECIDE_TIMEOUT_MS",
                                     "PLAYGROUND_IDLE_TTL_MIN", "PLAYGROUND_MAX_SESSIONS", "LOG_RETENTION_DAYS",
                                     "GAMEFOLD_ARCHIVE_AFTER_HOURS")
          for value in ("soon", "-1", "nan", "inf", "1e400", "1,5", "9" * 30)),
        ("TURN_TIMEOUT_SECONDS", "0"),
        ("MAX_TURNS", "0"),
        ("MAX_TURNS", "1.5"),
        ("PLAYGROUND_MAX_SESSIONS", "0"),
        ("BOT_DECIDE_TIMEOUT_MS", "0"),
        ("GAMEFOLD_SEED", "seven"),
        ("GAMEFOLD_LOG_LEVEL", "loud"),
        ("ENVIRONMENT", "production"),
        ("SPELLCASTERS_OPEN_ADMIN", "perhaps"),
        ("GAMEFOLD_CORS_ORIGINS", "example.org"),
        ("GAMEFOLD_CORS_ORIGINS", "https://example.org, 7"),
        ("GAMEFOLD_CORS_ORIGINS", "[1]"),
        ("GAMEFOLD_CORS_ORIGINS", "[https://example.org"),
        ("DATABASE_URL", "mysql://root:hunter2@localhost/it"),
        ("DATABASE_URL", "hunter2"),
    ],
)  # fmt: skip
def test_a_bad_value_is_told_in_one_line_that_names_it_and_does_not_repeat_it(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as error:
        read_settings()
    line = str(error.value)
    assert line.startswith(f"{name}: ")
    assert "\n" not in line
    assert "hunter2" not in line


@pytest.mark.parametrize("options", [{}, {"JWT_SECRET": ""}, {"JWT_SECRET": "short"}, {"JWT_SECRET": "x" * 31}])
def test_production_without_a_real_secret_refuses(options: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"ENVIRONMENT": "prod", **options}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=r"^JWT_SECRET"):
        read_settings()


def test_production_with_a_secret_and_other_places_without_one_start(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_settings(ENVIRONMENT="test").jwt_secret is None
    monkeypatch.setenv("ENVIRONMENT", "prod")
    monkeypatch.setenv("JWT_SECRET", SECRET)
    assert read_settings().environment == "prod"


def test_the_environment_wins_over_dotenv_and_dotenv_over_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("MAX_TURNS=7\nPLAYGROUND_MAX_SESSIONS=8\nSOMETHING_ELSE=1\n")
    monkeypatch.setenv("MAX_TURNS", "9")
    settings = read_settings()
    assert (settings.max_turns, settings.playground_max_sessions) == (9, 8)


def test_an_empty_value_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_TURNS", "")
    assert read_settings().max_turns == 100


def test_a_config_file_takes_the_place_of_dotenv(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("MAX_TURNS=7\n")
    (tmp_path / "other").write_text("MAX_TURNS=8\n")
    assert read_settings(tmp_path / "other").max_turns == 8


def test_a_config_file_that_is_not_there_or_not_text_refuses_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"MAX_TURNS=\xff\xfe\x00")
    for path in (tmp_path / "nowhere", tmp_path, tmp_path / "binary"):
        with pytest.raises(SettingsError) as error:
            read_settings(path)
        assert str(path) in str(error.value)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "value", ["https://example.org, http://localhost:3000", '["https://example.org", "http://localhost:3000"]']
)
def test_origins_are_listed_with_commas_or_as_json(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_settings().cors_origins == ()
    monkeypatch.setenv("GAMEFOLD_CORS_ORIGINS", value)
    assert read_settings().cors_origins == ("https://example.org", "http://localhost:3000")


def test_settings_cannot_be_changed_and_do_not_show_secrets() -> None:
    settings = read_settings(ADMIN_TOKEN="hunter2", JWT_SECRET=SECRET)
    with pytest.raises(Exception, match="frozen"):
        settings.max_turns = 1  # type: ignore[misc]
    assert "hunter2" not in repr(settings)
    assert SECRET not in repr(settings)


def test_the_first_start_makes_a_secret_for_this_user_alone_and_later_ones_find_it(tmp_path: Path) -> None:
    settings = read_settings(GAMEFOLD_DATA=tmp_path / "data")
    secret = settings.secret()
    assert len(secret) == 32
    assert settings.secret() == secret
    assert stat.S_IMODE((tmp_path / "data" / "secret.key").stat().st_mode) == 0o600
    assert read_settings(GAMEFOLD_DATA=tmp_path / "other").secret() != secret


@pytest.mark.parametrize(
    ("host", "options", "is_open"),
    [
        ("127.0.0.1", {}, True),
        ("::1", {}, True),
        ("localhost", {}, True),
        ("0.0.0.0", {}, False),
        ("::", {}, False),
        ("localhost.example.org", {}, False),
        ("0.0.0.0", {"SPELLCASTERS_OPEN_ADMIN": True}, True),
    ],
)
def test_operators_are_everybody_on_loopback_only(host: str, options: dict[str, Any], is_open: bool) -> None:
    assert read_settings(**options).operators_open(host) is is_open
