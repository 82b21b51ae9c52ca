"""When anti-cheat looks, and where its findings go: to the people who review anomalies. It bans nobody.

Every period is looked at once, however many servers run and whenever one dies: findings are written in the transaction
that moves the check on, and only by who moves it on. After a downtime it goes on where it was, a day back at most.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from sqlalchemy import Connection

from gamefold.engine.entropy import Entropy
from gamefold.engine.host import Host
from gamefold.engine.journal import Status
from gamefold.games.tycoon.balance import SHEET
from gamefold.games.tycoon.reactors.anticheat.detect import rhythm_findings, trading_findings
from gamefold.games.tycoon.reactors.anticheat.findings import SCORE_MOST, WORLD_QUARANTINED, Evidence, Finding
from gamefold.games.tycoon.reactors.anticheat.gather import Period, commands_of, records_of
from gamefold.games.tycoon.reactors.anticheat.rhythm import PERIOD_MS as RHYTHM_MS
from gamefold.games.tycoon.reactors.anticheat.thresholds import Thresholds, thresholds_of
from gamefold.games.tycoon.state.border import MARKET
from gamefold.games.tycoon.state.worlds import MARKET_RULES, REGION_RULES, world_of
from gamefold.games.tycoon.tables import forget_links
from gamefold.games.tycoon.tables.checked import check_done, checked_upto, owners_of, played_seasons
from gamefold.platform.audit import Actor, write_audit
from gamefold.platform.jobs.runner import Job
from gamefold.platform.jobs.schedules import Every
from gamefold.platform.liveops.anomalies import report_anomaly
from gamefold.storage.database import Database

GAME: Final = "tycoon"
ACTOR: Final = "anticheat"
TRADING: Final = "tycoon.anticheat"
RHYTHM: Final = "tycoon.anticheat_rhythm"
HOUR_MS: Final = 3_600_000
LOOK_BACK_MS: Final = 24 * HOUR_MS
# What happened before a time is in the tables a little later. So a check looks a minute after its period ended.
SETTLE_MS: Final = 60_000

log = structlog.get_logger("gamefold.tycoon.anticheat")


@dataclass(frozen=True, slots=True, kw_only=True)
class AntiCheat:
    """The two checks. `wall_ms` is real time, by which reports are dated; due times are the games'."""

    host: Host
    database: Database
    entropy: Entropy
    wall_ms: Callable[[], int]

    def jobs(self) -> Sequence[Job]:
        """Give them as jobs: trading every hour, rhythms of two days twice a day."""
        return (
            Job(name=TRADING, schedule=Every(HOUR_MS, SETTLE_MS), run=self.check_trading),
            Job(name=RHYTHM, schedule=Every(12 * HOUR_MS, SETTLE_MS), run=self.check_rhythm),
        )

    async def check_trading(self, fire_ms: int) -> None:
        """Look at what was traded and ordered since the last check, and at worlds that stopped."""
        upto_ms = fire_ms - SETTLE_MS
        since_ms = await self._since(TRADING)
        if since_ms is not None and since_ms >= upto_ms:
            return  # this check died after its findings were written
        from_ms = upto_ms - HOUR_MS if since_ms is None else max(since_ms, upto_ms - LOOK_BACK_MS)
        found = await self._stopped_worlds(from_ms, upto_ms)
        for period in await self._periods(from_ms, upto_ms):
            thresholds = await self._thresholds(period.world)
            records = await records_of(self.database, period, thresholds.rows_most)
            found += await asyncio.to_thread(trading_findings, records, thresholds)
        await self._report(TRADING, since_ms, upto_ms, found)
        await self.database.write(lambda connection: forget_links(connection, self.wall_ms()))

    async def check_rhythm(self, fire_ms: int) -> None:
        """Look at when commands came in the last two days."""
        upto_ms = fire_ms - SETTLE_MS
        since_ms = await self._since(RHYTHM)
        if since_ms is not None and since_ms >= upto_ms:
            return
        found: list[Finding] = []
        for period in await self._periods(upto_ms - RHYTHM_MS, upto_ms):
            thresholds = await self._thresholds(period.world)
            records = await commands_of(self.database, period, thresholds.rows_most)
            found += await asyncio.to_thread(rhythm_findings, records, upto_ms, thresholds)
        await self._report(RHYTHM, since_ms, upto_ms, found)

    async def _since(self, name: str) -> int | None:
        return await self.database.read(lambda connection: checked_upto(connection, name))

    async def _periods(self, from_ms: int, upto_ms: int) -> list[Period]:
        played = await self.database.read(lambda connection: played_seasons(connection, from_ms))
        return [Period(world_of(season, MARKET), season, from_ms, upto_ms) for season in played]

    async def _thresholds(self, world: str) -> Thresholds:
        """Give the market's own numbers, which live-ops may have changed; the sheet's where another process has it."""
        live = (await self.host.balances(MARKET_RULES)).get(world, {})
        return thresholds_of({**SHEET.values(), **live})

    async def _stopped_worlds(self, from_ms: int, upto_ms: int) -> list[Finding]:
        """Find worlds that put themselves in quarantine, as one does whose money does not add up (exploit guard)."""
        found: list[Finding] = []
        for rules in (MARKET_RULES, REGION_RULES):
            for row in await self.host.journal.worlds(prefix=f"{rules}/", status=Status.QUARANTINED):
                if from_ms <= row.updated_ms < upto_ms:
                    evidence: Evidence = {"world": row.world, "reason": row.reason, "from_ms": row.updated_ms}
                    found.append(Finding(WORLD_QUARANTINED, row.world, SCORE_MOST, evidence))
        return found

    async def _report(self, name: str, since_ms: int | None, upto_ms: int, found: Sequence[Finding]) -> None:
        ids = [self.entropy.new_id() for _ in found]
        kinds = dict(sorted(Counter(finding.kind for finding in found).items()))
        companies = {finding.subject for finding in found if finding.kind != WORLD_QUARANTINED}
        actor, now_ms = Actor(ACTOR), self.wall_ms()

        def transaction(connection: Connection) -> bool:
            if not check_done(connection, name, since_ms, upto_ms):
                return False
            owners = owners_of(connection, companies)
            for anomaly_id, finding in zip(ids, found, strict=True):
                owner = owners.get(finding.subject)
                report_anomaly(
                    connection,
                    anomaly_id=anomaly_id,
                    game=GAME,
                    subject=finding.subject,
                    kind=finding.kind,
                    score=finding.score,
                    evidence={**finding.evidence, **({"account": owner} if owner else {})},
                    now_ms=now_ms,
                )
            if found:
                told = {"found": kinds, "upto_ms": upto_ms}
                write_audit(connection, actor, "anticheat.found", name, now_ms, details=told, chain=GAME)
            return True

        if await self.database.write(transaction):
            log.info("anti-cheat looked", check=name, upto_ms=upto_ms, found=kinds)
