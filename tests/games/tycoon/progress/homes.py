"""A region with companies that research, complete quests and vote, without mining, energy or a market around it."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pytest

from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Context, Event, Intent, Ruleset, Spec
from gamefold.engine.world import Head, Played, World
from gamefold.games.tycoon.balance import SHEET
from gamefold.games.tycoon.events.border import Crossed
from gamefold.games.tycoon.rules.market.patents import grant_patents, hear_claim, hear_license, tell_patents
from gamefold.games.tycoon.rules.market.world import start_world
from gamefold.games.tycoon.rules.progress import HANDLERS, on_company_opened, progress_tick
from gamefold.games.tycoon.state.border import Effects, LicenseFee, LicenseSold, MarketNews, PatentClaim
from gamefold.games.tycoon.state.progress import Progress
from gamefold.games.tycoon.state.region import PERKS, Company, Region
from gamefold.games.tycoon.state.region_codec import decode_region, digest_region, encode_region
from gamefold.games.tycoon.state.units import MICRO, TICK_S
from gamefold.testkit.clock import START_MS
from gamefold.testkit.play import SEED, run_of

DAY_TICKS = 288  # of 300 s of game time


class RegionBegins(Spec, frozen=True):
    """Never played: these worlds are set up in a line."""


class Pass(Intent, frozen=True):
    """One tick passes, in which the companies mined this much each."""

    news: MarketNews
    mined_sat: tuple[int, ...]


def _pass(region: Region, intent: Pass, ctx: Context) -> Iterator[Event]:
    region.tick, region.news = intent.news.tick, intent.news
    yield from progress_tick(region, ctx, intent.news, mined_sat=np.array(intent.mined_sat, np.int64))


RULESET = Ruleset(
    name="progress",
    version=1,
    state=Region,
    spec=RegionBegins,
    new_world=lambda _spec, _ctx: (Region(1, "EUROPE"), ()),
    handlers={**HANDLERS, Pass: _pass},
    events=(),
    balance=SHEET,
    ticks_by=(Pass,),
    digest=digest_region,
    encode=encode_region,
    decode=decode_region,
)


class Home:
    """A region world whose companies are named c0, c1 ..."""

    def __init__(
        self,
        companies: int = 1,
        *,
        usd: int = 1_000_000,
        guests: Iterable[int] = (),
        seed: bytes = SEED,
        **changes: Any,
    ) -> None:
        self.region = Region(1, "EUROPE")
        values = {**RULESET.balance.values(), **changes}
        head = Head(version=1, seq=1, balance=values)
        self.market = start_world(values)  # as far as patents go
        self.world = World("progress/test", RULESET, run_of("progress/test", seed), head, self.region)
        for row in range(companies):
            self.open(usd=usd, guest=row in set(guests))
        self.played: list[Played] = []

    def open(self, *, usd: int = 1_000_000, guest: bool = False) -> str:
        """Found one more company."""
        region, name = self.region, f"c{len(self.region.companies)}"
        perks = {f"perk_{perk}_bp": 10_000 for perk in PERKS}
        row = region.ledger.append(usd=usd * MICRO, **perks).start
        region.flows.count("opened", usd_micro=usd * MICRO)
        region.companies.append(Company(name, f"owner of {name}", name, guest, region.tick))
        region.enter(row)
        on_company_opened(region, row)
        return name

    @property
    def balance(self) -> dict[str, Any]:
        return self.world.head.balance

    def ctx(self) -> Context:
        head = self.world.head
        seq = head.seq + 1
        return Context("progress/test", seq, head.tick, START_MS, "test", head.balance, SEED, ("seq", seq))

    def do(self, intent: Intent) -> list[Event]:
        self.played.append(self.world.play(intent, "test", START_MS))
        told = [record.event for record in self.played[-1].records]
        for cargo in [cargo for event in told if isinstance(event, Crossed) for cargo in event.cargo]:
            match cargo:
                case PatentClaim():
                    hear_claim(self.market, self.region.region, cargo)
                case LicenseFee() | LicenseSold():
                    hear_license(self.market, cargo)
        return told

    def refused(self, intent: Intent) -> str:
        """Give the code with which an intent is refused, and hold that nothing changed."""
        before = self.world.payload()
        with pytest.raises(Rejected) as refusal:
            self.world.play(intent, "test", START_MS)
        assert self.world.payload() == before
        return refusal.value.code

    def tell(self, hook: Callable[..., Iterable[Event]], row: int, *args: Any) -> list[Event]:
        """Call one of the hooks other rules call."""
        return list(hook(self.region, row, *args, self.ctx()))

    def tick(
        self,
        ticks: int = 1,
        *,
        mined: tuple[int, ...] = (),
        begun: tuple[str, ...] = (),
        ended: tuple[str, ...] = (),
        research_bp: int = 10_000,
    ) -> list[Event]:
        """Let ticks pass, each with the same news."""
        told: list[Event] = []
        for _ in range(ticks):
            effects = Effects(research_bp=research_bp)
            self.market.game_s += TICK_S * self.balance["time_compression"]
            grant_patents(self.market, self.ctx())
            patents = tell_patents(self.market)
            news = MarketNews(self.region.tick + 1, 43_250 * MICRO, 1, 1, 0, 0, effects, begun, ended, patents)
            padded = mined + (0,) * (len(self.region.companies) - len(mined))
            told += self.do(Pass(news, padded))
        return told

    def progress(self, row: int = 0) -> Progress:
        return self.region.companies[row].progress

    def usd_micro(self, row: int = 0) -> int:
        return int(self.region.ledger["usd"][row])

    def done(self, *nodes: str, row: int = 0) -> None:
        """Let a company have researched nodes, as if long ago."""
        self.progress(row).done = sorted({*self.progress(row).done, *nodes})
        self.region.touched(row)

    def conserves(self) -> bool:
        """Tell whether the companies have what came and did not go."""
        held = int(self.region.ledger["usd"].sum()), int(self.region.ledger["sat"].sum())
        return held == self.region.flows.balance()

    def midnight(self) -> list[Event]:
        """Let the rest of the game day pass, and the first tick of the next."""
        begin = self.region.book.game_s // 86_400
        told: list[Event] = []
        while self.region.book.game_s // 86_400 == begin:
            told += self.tick()
        return told


def only(told: Iterable[Event], kind: type[Event]) -> list[Any]:
    """Give the events of one kind."""
    return [event for event in told if isinstance(event, kind)]
