"""What is written down while a season is simulated: how things stand every few ticks, and what happened in all."""

from collections import Counter
from typing import Any, Final

from gamefold.engine.balance import Values
from gamefold.engine.ruleset import Event
from gamefold.games.tycoon.events.market import (
    Bailout,
    Deleveraged,
    FundingSettled,
    Liquidated,
    OptionExpired,
    OrderPlaced,
    Traded,
)
from gamefold.games.tycoon.events.progress import (
    PatentGranted,
    PatentLicensed,
    PrototypeBuilt,
    QuestClaimed,
    ResearchFinished,
    VoteCast,
)
from gamefold.games.tycoon.events.region import (
    CompanyOpened,
    OutageBegan,
    RigsAdded,
    RigsFailed,
    RigsRepaired,
    SiteCreated,
    SitesCut,
)
from gamefold.games.tycoon.events.world import (
    DifficultyChanged,
    ProposalClosed,
    ProposalOpened,
    RegimeChanged,
    SubsidyHalved,
    WorldEventBegan,
)
from gamefold.games.tycoon.reactors.simulated.season import Season
from gamefold.games.tycoon.reactors.simulated.wealth import gini, net_worth
from gamefold.games.tycoon.state.border import MARKET
from gamefold.games.tycoon.state.market import MAKERS, PERP
from gamefold.games.tycoon.state.region import Region
from gamefold.games.tycoon.state.units import DAY_S, EPOCH_S, LOT_SAT, MICRO, REGIONS, SAT, TICK_MICRO, notional_micro

_GHS_IN_EHS: Final = 10**9
_COUNTED: Final = (
    CompanyOpened, SiteCreated, OutageBegan, SitesCut, ResearchFinished, PrototypeBuilt, PatentGranted, PatentLicensed,
    QuestClaimed, VoteCast, ProposalOpened, OrderPlaced, Deleveraged, FundingSettled, OptionExpired,
    DifficultyChanged, SubsidyHalved, RegimeChanged,
)  # fmt: skip


class Record:
    """Series and totals of one season."""

    def __init__(self, numbers: Values) -> None:
        self.counts: Final[Counter[str]] = Counter()
        self.trades: Final[Counter[str]] = Counter()  # by instrument; options together
        self.volume_micro: Final[Counter[str]] = Counter()  # options: premiums
        self.happenings: Final[Counter[str]] = Counter()
        self.quests: Final[Counter[str]] = Counter()
        self.research: Final[Counter[str]] = Counter()
        self.liquidated: Final[set[str]] = set()  # companies
        self.bailout_micro = 0
        self.series: Final[dict[str, list[float]]] = {}
        self.energy: Final[dict[str, list[float]]] = {region: [] for region in REGIONS}
        self._numbers = numbers

    def hear(self, _place: str, event: Event) -> None:
        """Count one event of any world."""
        match event:
            case Traded():
                self._count_trade(event)
            case Liquidated():
                self.counts["Liquidated"] += 1
                self.liquidated.add(event.company)
            case RigsAdded():
                self.counts["RigsAdded"] += event.count
            case RigsFailed() | RigsRepaired():
                self.counts[type(event).__name__] += len(event.rigs)
            case WorldEventBegan():
                self.happenings[event.event.kind] += 1
            case ProposalClosed():
                self.counts[f"Proposals {event.outcome}"] += 1
            case Bailout():
                self.counts["Bailout"] += 1
                self.bailout_micro += event.usd_micro
            case _:
                self._count(event)

    def sample(self, season: Season) -> None:
        """Write down how things stand."""
        market = season.state(MARKET)
        regions: list[Region] = [season.state(region) for region in REGIONS]
        perp = market.listings[PERP]
        worths = worths_of(season, self._numbers)
        values = {
            "day": (market.world.game_s - EPOCH_S) / DAY_S,
            "index_usd": market.world.price.index_micro / MICRO,
            "perp_usd": perp.mark * TICK_MICRO / MICRO,
            "difficulty": float(market.world.chain.difficulty_now),
            "network_ehs": market.world.chain.network_ghs / _GHS_IN_EHS,
            "players_ths": sum(int(region.ledger["hash"].sum()) for region in regions) / 1_000,
            "players_kw": sum(int(region.ledger["power"].sum()) for region in regions) / 1_000,
            "rigs": float(sum(len(region.rigs) for region in regions)),
            "failed_rigs": float(sum(int(region.ledger["failed"].sum()) for region in regions)),
            "mined_btc": sum(int(region.ledger["mined_sat"].sum()) for region in regions) / SAT,
            "funding_ppm": market.funding.rate_ppb / 1_000,
            "insurance_usd": market.fund_micro / MICRO,
            "open_interest_btc": 0.0 if perp.positions is None else perp.positions.open_interest()[0] * LOT_SAT / SAT,
            "trades": float(sum(self.trades.values())),
            "volume_usd": sum(self.volume_micro.values()) / MICRO,
            "liquidations": float(self.counts["Liquidated"]),
            "outages": float(self.counts["OutageBegan"]),
            "failures": float(self.counts["RigsFailed"]),
            "gini": gini(list(worths.values())),
            "worth_usd": float(sum(worths.values())),
        }
        for name, value in values.items():
            self.series.setdefault(name, []).append(round(value, 6))
        for region in regions:
            self.energy[region.region].append(region.weather.price_micro / MICRO)

    def totals(self) -> dict[str, Any]:
        """Give what happened in all."""
        return {
            "events": dict(sorted(self.counts.items())),
            "trades": dict(sorted(self.trades.items())),
            "volume_usd": {name: micro // MICRO for name, micro in sorted(self.volume_micro.items())},
            "happenings": dict(sorted(self.happenings.items())),
            "quests_claimed": dict(sorted(self.quests.items())),
            "research_finished": dict(sorted(self.research.items())),
            "companies_liquidated": len(self.liquidated),
            "bailout_usd": self.bailout_micro // MICRO,
        }

    def _count(self, event: Event) -> None:
        if isinstance(event, _COUNTED):
            self.counts[type(event).__name__] += 1
        if isinstance(event, QuestClaimed):
            self.quests[event.quest] += 1
        elif isinstance(event, ResearchFinished):
            self.research[event.node] += 1

    def _count_trade(self, trade: Traded) -> None:
        if trade.maker in MAKERS and trade.taker in MAKERS:
            return  # the makers' own business
        name = trade.instrument if trade.instrument.endswith(("SPOT", "PERP")) else "options"
        self.trades[name] += 1
        self.volume_micro[name] += notional_micro(trade.lots, trade.price)


def worths_of(season: Season, numbers: Values) -> dict[str, int]:
    """Give what every company is worth, in USD, by id."""
    market = season.state(MARKET)
    regions: list[Region] = [season.state(region) for region in REGIONS]
    worths: dict[str, int] = {}
    for region in regions:
        for row, company in enumerate(region.companies):
            worths[company.id] = worths.get(company.id, 0) + net_worth(region, row, market, numbers)
    return worths
