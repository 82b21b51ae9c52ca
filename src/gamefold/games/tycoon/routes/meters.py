"""What Prometheus is told of Tycoon."""

from collections.abc import Sized

from prometheus_client import CollectorRegistry, Counter, Gauge

from gamefold.engine.feed import Record
from gamefold.games.tycoon.events.border import MarketTicked
from gamefold.games.tycoon.events.market import Deleveraged, Liquidated, PricesMoved, Traded
from gamefold.games.tycoon.state.market import PERP, SPOT
from gamefold.games.tycoon.state.units import MICRO, TICK_MICRO


class Meters:
    """Hears every record of the process's season once."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._players = Gauge("gamefold_tycoon_players_connected", "Players at a WebSocket.", registry=registry)
        self._index = Gauge("gamefold_tycoon_index_usd", "The index, in USD.", registry=registry)
        self._difficulty = Gauge("gamefold_tycoon_difficulty", "Mining difficulty.", registry=registry)
        self._spread = Gauge(
            "gamefold_tycoon_book_spread_usd", "Best ask less best bid.", ("instrument",), registry=registry
        )
        self._fund = Gauge("gamefold_tycoon_insurance_fund_usd", "The insurance fund, in USD.", registry=registry)
        self._trades = Counter("gamefold_tycoon_trades", "Trades by instrument's kind.", ("kind",), registry=registry)
        self._liquidations = Counter("gamefold_tycoon_liquidations", "Positions closed by force.", registry=registry)
        self._deleveragings = Counter(
            "gamefold_tycoon_deleveragings", "Positions reduced against bankrupt ones.", registry=registry
        )

    def count_players(self, viewers: Sized) -> None:
        """Let the gauge of players follow these viewers."""
        self._players.set_function(lambda: len(viewers))

    def heard(self, record: Record) -> None:
        """Count one record."""
        match record.event:
            case Traded(instrument=name):
                self._trades.labels({SPOT: "spot", PERP: "perp"}.get(name, "option")).inc()
            case Liquidated():
                self._liquidations.inc()
            case Deleveraged():
                self._deleveragings.inc()
            case PricesMoved() as prices:
                self._set_spread(SPOT, prices.spot_bid, prices.spot_ask)
                self._set_spread(PERP, prices.perp_bid, prices.perp_ask)
                self._fund.set(prices.fund_micro / MICRO)
            case MarketTicked(news=news):
                self._index.set(news.index_micro / MICRO)
                self._difficulty.set(news.difficulty)
            case _:
                pass

    def _set_spread(self, instrument: str, bid: int | None, ask: int | None) -> None:
        spread = float("nan") if bid is None or ask is None else (ask - bid) * TICK_MICRO / MICRO
        self._spread.labels(instrument).set(spread)
