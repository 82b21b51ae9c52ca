"""The platform as one thing: put together here, plugged into an app, started and stopped with the server."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from gamefold.engine.clock import Clock
from gamefold.engine.entropy import Entropy
from gamefold.platform.accounts.access_tokens import AccessTokens
from gamefold.platform.accounts.moderation import Moderation
from gamefold.platform.accounts.passwords import Passwords
from gamefold.platform.accounts.players import Doors, install_doors
from gamefold.platform.accounts.refresh_tokens import Succession
from gamefold.platform.accounts.revocations import Revocations
from gamefold.platform.accounts.service import Accounts
from gamefold.platform.accounts.sessions import Sessions
from gamefold.platform.budgets import Budgets
from gamefold.platform.jobs.claims import purge_runs
from gamefold.platform.jobs.runner import Job, JobMetrics, JobRunner
from gamefold.platform.jobs.schedules import DAY_MS, every
from gamefold.platform.limits import Limits, install_limits
from gamefold.platform.tenants.current import install_tenants
from gamefold.platform.tenants.members import leave_all
from gamefold.platform.tenants.service import Tenants
from gamefold.storage.database import Database
from gamefold.web.streams import Streams

RUNS_KEPT_MS: Final = 30 * DAY_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformOptions:
    """The platform's settings. `audiences` and `common` go by path prefix, as in `Doors`."""

    token_secret: bytes = field(repr=False)
    issuer: str
    audiences: Mapping[str, str]
    common: Collection[str] = ()
    redis_url: str | None = field(default=None, repr=False)
    rate_limit_per_min: int = 60
    limits_by_ip: bool = False


class Platform:
    """What every player has, whatever they play.

    `clock` is the games' time, by which jobs run; `wall` is real time, by which tokens and records live.
    """

    def __init__(
        self,
        options: PlatformOptions,
        *,
        database: Database,
        clock: Clock,
        wall: Clock,
        entropy: Entropy,
        streams: Streams,
        registry: CollectorRegistry,
        node: str,
        passwords: Passwords | None = None,
    ) -> None:
        tokens = AccessTokens(options.token_secret, options.issuer, wall)
        succession = Succession(options.token_secret)
        self.wall = wall
        self._database = database
        self._clock = clock
        self._node = node
        self._job_metrics = JobMetrics(registry)
        self._passwords = passwords or Passwords()
        self._revocations = Revocations(database, streams)
        self._runner: JobRunner | None = None
        sessions = Sessions(database, wall, entropy, tokens, succession, self._revocations)
        self.accounts = Accounts(database, wall, entropy, self._passwords, sessions, leaving=(leave_all,))
        self.moderation = Moderation(database, wall, self._revocations)
        self.tenants = Tenants(database, wall, entropy)
        self.doors = Doors(tokens, self._revocations, options.audiences, common=options.common)
        self.limits = Limits(
            budgets=Budgets(options.redis_url), per_minute=options.rate_limit_per_min, by_ip=options.limits_by_ip
        )

    def install(self, app: FastAPI) -> None:
        """Make `CurrentPlayer`, `CurrentTenant` and `rate_limited` work in `app`; call it after `web.install`."""
        install_doors(app, self.doors)
        install_tenants(app, self.tenants)
        install_limits(app, self.limits)

    async def start(self, jobs: Sequence[Job] = ()) -> None:
        """Begin to watch for ended sessions and to run `jobs` and the house's own. The tables must be there."""
        await self._revocations.start()
        tidy = Job(name="platform_tidy", schedule=every(minutes=15), run=self._tidy)
        self._runner = JobRunner(self._database, self._clock, [tidy, *jobs], node=self._node, metrics=self._job_metrics)
        self._runner.start()

    async def stop(self) -> None:
        """End jobs, and let go of threads and connections. The database stays open."""
        if self._runner is not None:
            await self._runner.stop()
        await self._revocations.stop()
        await self.limits.budgets.close()
        self._passwords.close()

    async def _tidy(self, fire_ms: int) -> None:
        await self.moderation.purge()
        await self._database.write(lambda connection: purge_runs(connection, fire_ms - RUNS_KEPT_MS))
