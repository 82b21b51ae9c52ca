"""Settings of the platform: a secret in production is a secret."""

import secrets
from pathlib import Path

import pytest

from gamefold.settings import Settings, SettingsError, looks_like_a_default, read_settings

GOOD = "Zt9v-4kQx_Lw2mRb8NsYc1HfTg6JpDa3"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("ENVIRONMENT", "JWT_SECRET", "REDIS_URL", "RATE_LIMIT_PER_MIN", "SESSION_MIN_RATIO"):
        monkeypatch.delenv(name, raising=False)


def refused(**values: object) -> str:
    with pytest.raises(SettingsError) as raised:
        read_settings(**values)
    return str(raised.value)


@pytest.mark.parametrize(
    "secret",
    [
        None,
        "",
        "short",
        GOOD[:31],
        "x" * 64,
        "0123456" * 10,
        "your-secret-key-change-in-production",
        "YOUR_JWT_SECRET_GOES_HERE_PLEASE_SET_ONE",
        "changeme-changeme-changeme-changeme-1234",
        "super-secret-jwt-token-with-at-least-32-characters-long",
        "this is the default secret of the manual, 1234567890",
    ],
)
def test_production_refuses_a_secret_that_is_none(secret: str | None) -> None:
    message = refused(ENVIRONMENT="prod", JWT_SECRET=secret)
    assert "JWT_SECRET" in message
    assert "\n" not in message
    assert not secret or secret not in message


def test_production_takes_a_real_one() -> None:
    settings = read_settings(ENVIRONMENT="prod", JWT_SECRET=GOOD)
    assert settings.token_secret() == GOOD.encode()
    assert GOOD not in repr(settings)
    assert read_settings(ENVIRONMENT="prod", JWT_SECRET="ä" * 4 + GOOD[:24]).environment == "prod"  # bytes count


def test_random_secrets_never_look_like_a_default() -> None:
    for _ in range(2_000):
        assert not looks_like_a_default(secrets.token_urlsafe(48))
        assert not looks_like_a_default(secrets.token_hex(32))


@pytest.mark.parametrize("environment", ["local", "hackathon", "test", "staging"])
def test_elsewhere_the_installation_makes_its_own(environment: str, tmp_path: Path) -> None:
    settings = read_settings(ENVIRONMENT=environment, GAMEFOLD_DATA=tmp_path)
    assert len(settings.token_secret()) == 32
    assert settings.token_secret() == read_settings(GAMEFOLD_DATA=tmp_path).token_secret()
    assert read_settings(ENVIRONMENT=environment, JWT_SECRET="short").token_secret() == b"short"


def test_defaults_are_those_of_the_specs() -> None:
    settings = Settings()
    assert (settings.rate_limit_per_min, settings.session_min_ratio) == (60, 0.8)
    assert (settings.jwt_audience, settings.jwt_issuer) == ("gamefold", "gamefold")
    assert (settings.redis_url, settings.sentry_dsn) == (None, None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REDIS_URL", "http://localhost"),
        ("RATE_LIMIT_PER_MIN", "-1"),
        ("RATE_LIMIT_PER_MIN", "many"),
        ("SESSION_MIN_RATIO", "1.1"),
        ("SESSION_MIN_RATIO", "nan"),
        ("ENVIRONMENT", "production"),
    ],
)
def test_a_bad_value_is_named(name: str, value: str) -> None:
    assert refused(**{name: value}).startswith(name)
