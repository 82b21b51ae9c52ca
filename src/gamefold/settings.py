"""Every setting, read once: environment, then `.env`, then defaults. A bad value names itself and stops the start."""

import ipaddress
import json
import secrets
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

JWT_SECRET_BYTES_MIN = 32
DISTINCT_CHARACTERS_MIN = 8

# All are longer than what a random text could hold by chance.
_IN_DEFAULTS = (
    "changeme", "change-me", "change_me", "change-this", "change_this", "change-in-prod", "change_in_prod", "default",
    "dev-secret", "development", "dont-use", "example", "insecure", "my-secret", "my_secret", "mysecret", "password",
    "placeholder", "replace-me", "replace_me", "replaceme", "secret-key", "secret_key", "secretkey", "super-secret",
    "super_secret", "supersecret", "your-jwt", "your-secret", "your_jwt", "your_secret", "yoursecret",
)  # fmt: skip


class SettingsError(Exception):
    """A setting that cannot be used. One line, naming it."""


def _named(name: str, default: Any, **options: Any) -> Any:
    return Field(default, validation_alias=name, **options)


def _database_url(value: str) -> str:
    if not value.startswith(("sqlite:///", "postgresql://", "postgres://", "postgresql+asyncpg://")):
        raise ValueError("must start with sqlite:/// or postgresql://")
    return value


def _redis_url(value: str) -> str:
    if not value.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("must start with redis://, rediss:// or unix://")
    return value


def _http_url(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise ValueError("must start with http:// or https://")
    return value


def _dsn(value: str) -> str:
    # The value itself is not repeated: it is a key.
    address = urlsplit(value)
    if address.scheme not in {"http", "https"} or not (address.username and address.hostname):
        raise ValueError("must look like https://<key>@<host>/<project>")
    if not address.path.rpartition("/")[2].isdigit():
        raise ValueError("must end with the number of a project")
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

    environment: Literal["local", "hackathon", "test", "staging", "prod"] = _named("ENVIRONMENT", "local")
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
    jwt_secret: str | None = _named("JWT_SECRET", None, repr=False, description="Signs access tokens.")
    jwt_issuer: Annotated[str, Field(min_length=1)] = _named("JWT_ISSUER", "gamefold")
    jwt_audience: Annotated[str, Field(min_length=1)] = _named(
        "JWT_AUDIENCE", "gamefold", description="A token's audience is <JWT_AUDIENCE>:<game>."
    )
    redis_url: Annotated[str, AfterValidator(_redis_url)] | None = _named(
        "REDIS_URL", None, repr=False, description="Rate limits shared by all processes."
    )
    rate_limit_per_min: Annotated[int, Field(ge=0, le=1_000_000)] = _named(
        "RATE_LIMIT_PER_MIN", 60, description="Requests per user and minute; 0 turns the limit off."
    )
    sentry_dsn: Annotated[str, AfterValidator(_dsn)] | None = _named("SENTRY_DSN", None, repr=False)
    otlp_endpoint: Annotated[str, AfterValidator(_http_url)] | None = _named(
        "OTEL_EXPORTER_OTLP_ENDPOINT", None, description="The collector that traces go to (OTLP over HTTP)."
    )
    otel_service_name: Annotated[str, Field(min_length=1)] = _named("OTEL_SERVICE_NAME", "gamefold")
    cors_origins: Origins = _named("GAMEFOLD_CORS_ORIGINS", ())

    # Focus
    session_min_ratio: Annotated[float, Field(ge=0, le=1)] = _named("SESSION_MIN_RATIO", 0.8)

    # Tycoon
    simulated_players: Annotated[int, Field(ge=0, le=1_000)] = _named(
        "TYCOON_SIMULATED_PLAYERS", 0, description="How many companies of each season play by themselves."
    )

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
        if self.environment != "prod":
            return self
        if len((self.jwt_secret or "").encode()) < JWT_SECRET_BYTES_MIN:
            raise ValueError(
                f"JWT_SECRET must be set, to at least {JWT_SECRET_BYTES_MIN} bytes, where ENVIRONMENT=prod"
            )
        if looks_like_a_default(self.jwt_secret or ""):
            raise ValueError(
                "JWT_SECRET looks like one out of a manual, and ENVIRONMENT=prod;"
                " make your own: python -c 'import secrets; print(secrets.token_urlsafe(48))'"
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

    def token_secret(self) -> bytes:
        """Give what signs tokens: JWT_SECRET, else the installation's own secret (which only this machine knows)."""
        return self.jwt_secret.encode() if self.jwt_secret else self.secret()

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


def looks_like_a_default(secret: str) -> bool:
    """Say whether a secret is one that people copy from examples, or hardly a secret at all."""
    folded = secret.casefold()
    return len(set(folded)) < DISTINCT_CHARACTERS_MIN or any(word in folded for word in _IN_DEFAULTS)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
