"""Every setting, read once: environment, then `.env`, then defaults. A bad value names itself and stops the start."""

import ipaddress
import json
import secrets
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

JWT_SECRET_BYTES_MIN = 32


class SettingsError(Exception):
    """A setting that cannot be used. One line, naming it."""


def _named(name: str, default: Any, **options: Any) -> Any:
    return Field(default, validation_alias=name, **options)


def _database_url(value: str) -> str:
    if not value.startswith(("sqlite:///", "postgresql://", "postgres://", "postgresql+asyncpg://")):
        raise ValueError("must start with sqlite:/// or postgresql://")
    return value


def _listed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return json.loads(value) if value.startswith("[") else value.replace(",", " ").split()


def _origin(value: str) -> str:
    if value != "*" and not value.startswith(("http://", "https://")):
        raise ValueError("must be addresses such as https://example.org, with commas between them")
    return value


Origins = Annotated[tuple[Annotated[str, AfterValidator(_origin)], ...], NoDecode, BeforeValidator(_listed)]


class Settings(BaseSettings):
    """All settings. Names are the environment's."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    environment: Literal["local", "hackathon", "test", "prod"] = _named("ENVIRONMENT", "local")
    data: Path = _named("GAMEFOLD_DATA", Path("data"), description="Where everything is kept.")
    database_url: Annotated[str, AfterValidator(_database_url)] | None = _named(
        "DATABASE_URL", None, description="PostgreSQL instead of the embedded SQLite."
    )
    db_path: Path | None = _named("DB_PATH", None, description="The SQLite file.")
    log_dir: Path = _named("LOG_DIR", Path("logs"))
    log_level: Literal["debug", "info", "warning", "error"] = _named("GAMEFOLD_LOG_LEVEL", "info")
    log_retention_days: Annotated[int, Field(ge=0, le=36_500)] = _named("LOG_RETENTION_DAYS", 30)
    seed: int | None = _named("GAMEFOLD_SEED", None, description="Fixes seeds and ids of new worlds.")
    archive_after_hours: Annotated[int, Field(ge=1, le=876_000)] = _named("GAMEFOLD_ARCHIVE_AFTER_HOURS", 24)
    admin_token: str | None = _named("ADMIN_TOKEN", None, repr=False)
    jwt_secret: str | None = _named("JWT_SECRET", None, repr=False)
    cors_origins: Origins = _named("GAMEFOLD_CORS_ORIGINS", ())

    # Spellcasters
    open_admin: bool = _named("SPELLCASTERS_OPEN_ADMIN", False)
    turn_delay_seconds: Annotated[float, Field(ge=0, le=60)] = _named("TURN_DELAY_SECONDS", 1.0)
    turn_timeout_seconds: Annotated[float, Field(gt=0, le=3_600)] = _named("TURN_TIMEOUT_SECONDS", 5.0)
    max_turns: Annotated[int, Field(ge=1, le=100_000)] = _named("MAX_TURNS", 100)
    bot_decide_timeout_ms: Annotated[int, Field(ge=1, le=60_000)] = _named("BOT_DECIDE_TIMEOUT_MS", 100)
    playground_idle_ttl_min: Annotated[float, Field(ge=0, le=525_600)] = _named("PLAYGROUND_IDLE_TTL_MIN", 30.0)
    playground_max_sessions: Annotated[int, Field(ge=1, le=100_000)] = _named("PLAYGROUND_MAX_SESSIONS", 50)

    @model_validator(mode="after")
    def _prod_needs_a_secret(self) -> "Settings":
        if self.environment == "prod" and len((self.jwt_secret or "").encode()) < JWT_SECRET_BYTES_MIN:
            raise ValueError(
                f"JWT_SECRET must be set, to at least {JWT_SECRET_BYTES_MIN} bytes, where ENVIRONMENT=prod"
            )
        return self

    @property
    def url(self) -> str:
        """Where the data is: DATABASE_URL, else the SQLite file."""
        return self.database_url or f"sqlite:///{self.sqlite_file}"

    @property
    def sqlite_file(self) -> Path | None:
        """The SQLite file as an absolute path, None with PostgreSQL."""
        if self.database_url is None:
            return (self.db_path or self.data / "playground.db").absolute()
        if self.database_url.startswith("sqlite:///"):
            return Path(self.database_url.removeprefix("sqlite:///")).absolute()
        return None

    def secret(self) -> bytes:
        """Give this installation's own secret; the first start makes it, for this user's eyes only."""
        path = self.data / "secret.key"
        try:
            return path.read_bytes()
        except FileNotFoundError:
            self.data.mkdir(parents=True, exist_ok=True)
            made = secrets.token_bytes(32)
            part = path.with_suffix(".part")
            part.touch(mode=0o600)
            part.write_bytes(made)
            part.replace(path)
            return made

    def operators_open(self, host: str) -> bool:
        """Whether everybody who can reach a server on `host` counts as an operator."""
        return self.open_admin or _is_loopback(host)


def read_settings(config: Path | None = None, **overrides: Any) -> Settings:
    """Read all settings; `config` is a file in the form of `.env`. SettingsError."""
    if config is not None and not config.is_file():
        raise SettingsError(f"there is no settings file {config}")
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(_env_file=config or ".env", **given)
    except ValidationError as error:
        raise SettingsError(_first_fault(error)) from None
    except UnicodeDecodeError:
        raise SettingsError(f"the settings file {config or '.env'} is not UTF-8 text") from None


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_input=False, include_url=False)[0]
    name = str(fault["loc"][0]) if fault["loc"] else ""
    message = str(fault["msg"]).removeprefix("Value error, ")
    return f"{name}: {message}" if name else message


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
