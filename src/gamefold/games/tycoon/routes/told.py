"""What a record means to viewers: which message, and to whom. The same for live records and for those that are missed.

Nobody is told who the other side of a trade was.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from gamefold.engine.feed import Record
from gamefold.engine.ruleset import Event
from gamefold.games.tycoon.events import market as of_market
from gamefold.games.tycoon.events import progress as of_progress
from gamefold.games.tycoon.events import region as of_region
from gamefold.games.tycoon.events import world as of_world
from gamefold.games.tycoon.events.border import MarketTicked, RegionTicked
from gamefold.games.tycoon.routes.amounts import btc, price, quantity, terahash, usd
from gamefold.games.tycoon.routes.contracts import contract_shown
from gamefold.games.tycoon.routes.envelope import stamp, text
from gamefold.games.tycoon.routes.shapes import shape
from gamefold.games.tycoon.tables import alert_of
from gamefold.web.wire import text_frame

_TICKS: Final = frozenset(
    {"price", "mark", "spot_bid", "spot_ask", "spot_last", "perp_mark", "perp_bid", "perp_ask", "perp_last"}
)
_COMPANY: Final = frozenset({"company"})

PUBLIC: Final[dict[type[Event], str]] = {
    MarketTicked: "tick:update",
    RegionTicked: "region:update",
    of_market.PricesMoved: "prices:update",
    of_market.FundingSettled: "funding:update",
    of_market.OptionListed: "listing:update",
    of_market.OptionExpired: "listing:update",
    of_world.WorldEventBegan: "event:update",
    of_world.WorldEventEnded: "event:update",
    of_world.DifficultyChanged: "network:update",
    of_world.SubsidyHalved: "network:update",
    of_world.ProposalOpened: "governance:update",
    of_world.ProposalClosed: "governance:update",
    of_world.ParameterChanged: "governance:update",
    of_world.ParameterRestored: "governance:update",
}
"""Events that everybody is told, and the type of their message."""

PRIVATE: Final = (
    of_market.OrderPlaced, of_market.OrderAmended, of_market.OrderClosed, of_market.PositionChanged,
    of_market.Liquidated, of_market.Deleveraged, of_market.FundingPaid,
    of_region.BranchFounded,
    of_region.CompanyOpened, of_region.CompanyUpgraded, of_region.FundsChanged, of_region.FundsGranted,
    of_region.SiteCreated, of_region.RigsAdded, of_region.RigsRemoved, of_region.RigsMaintained, of_region.FirmwareSet,
    of_region.RigsFailed, of_region.RigsRepaired, of_region.ContractSigned, of_region.ContractEnded,
    of_region.PayoutChosen, of_region.CurtailmentSet, of_region.OutageBegan, of_region.OutageEnded, of_region.SitesCut,
    of_region.SitesReconnected, of_region.BlocksFound, of_region.CompanyRestored,
    of_progress.ResearchStarted, of_progress.ResearchFinished, of_progress.ResearchTookEffect,
    of_progress.ResearchLostEffect, of_progress.PrototypeBuilt, of_progress.PatentGranted,
    of_progress.PatentExpired, of_progress.LicenseOffered, of_progress.PatentLicensed, of_progress.QuestCompleted,
    of_progress.QuestClaimed, of_progress.QuestLost, of_progress.ReputationChanged, of_progress.StandingOrdersSet,
    of_progress.VoteCast,
)  # fmt: skip
"""Events that only their company is told."""

_PRIVATE: Final = frozenset(PRIVATE)
_MARKET_MODULE: Final = of_market.__name__


@dataclass(frozen=True, slots=True)
class Message:
    """One message without its position: `head`, then the position, then `tail`."""

    head: str
    tail: str
    _frames: dict[str, bytes] = field(default_factory=dict, repr=False, compare=False)

    def text(self, position: str) -> str:
        """Give the whole message."""
        return f'{self.head}"{position}"{self.tail}'

    def at(self, position: str) -> bytes:
        """Give its frame, which is encoded once for all who are at the same position."""
        frame = self._frames.get(position)
        if frame is None:
            frame = self._frames[position] = text_frame(self.text(position))
        return frame


def message(kind: str, data: Any) -> Message:
    """Build a message of a kind."""
    return Message(f'{{"type":"{kind}","position":', f',"data":{text(data)}}}')


@dataclass(frozen=True, slots=True)
class Told:
    """What viewers are told of one record: everybody one message, some companies their own."""

    public: Message | None = None
    private: tuple[tuple[str, Message], ...] = ()


NOTHING: Final = Told()


def told(record: Record) -> Told:
    """Give what viewers are told of a record. Use `record.rendered(told)`: it is built once for all of them."""
    event = record.event
    kind = PUBLIC.get(type(event))
    if kind is not None:
        return Told(public=message(kind, _public_data(record, event)))
    if isinstance(event, of_market.Traded):
        return Told(private=_fills(event))
    alert = alert_of(event)
    if alert is not None:
        data = {"alert": alert.type, "severity": alert.severity, "message": alert.message, **_event_data(record, event)}
        return Told(private=((alert.company, message("alert", data)),))
    if type(event) in _PRIVATE:
        company: str = event.company  # type: ignore[attr-defined]
        return Told(private=((company, message("player:update", _event_data(record, event))),))
    return NOTHING


def _public_data(record: Record, event: Event) -> dict[str, Any]:
    if isinstance(event, MarketTicked):
        news = event.news
        return {
            "tick": news.tick,
            "ts": stamp(record.time_ms),
            "btcPrice": usd(news.index_micro),
            "difficulty": news.difficulty,
            "networkHashrate": terahash(news.network_ghs),
            "reward": btc(news.reward_sat),
            "blockSubsidy": btc(news.subsidy_sat),
            "regionalPrices": {name: usd(micro) for name, micro in sorted(event.region_prices.items())},
            "effects": shape(news.effects),
            "digest": event.digest.hex(),
        }
    if isinstance(event, RegionTicked):
        return {"ts": stamp(record.time_ms), **shape(event.news)}
    if isinstance(event, of_world.WorldEventBegan):
        return {"event": "WorldEventBegan", "tick": record.tick, **shape(event.event)}
    return _event_data(record, event)


def _event_data(record: Record, event: Event) -> dict[str, Any]:
    if isinstance(event, of_region.ContractSigned):
        return {"event": "ContractSigned", "tick": record.tick, **contract_shown(event.contract, event.site, event)}
    ticks = _TICKS if type(event).__module__ == _MARKET_MODULE else frozenset()
    return {"event": type(event).__name__, "tick": record.tick, **shape(event, ticks=ticks, without=_COMPANY)}


def _fills(event: of_market.Traded) -> tuple[tuple[str, Message], ...]:
    """Tell each side its own half of a trade."""
    other = {"BUY": "SELL", "SELL": "BUY"}[event.side]
    halves = (
        (event.taker, event.side, event.taker_order, event.taker_fee_micro, "TAKER"),
        (event.maker, other, event.maker_order, event.maker_fee_micro, "MAKER"),
    )
    return tuple(
        (
            company,
            message(
                "player:update",
                {
                    "event": "Fill",
                    "instrument": event.instrument,
                    "side": side,
                    "price": price(event.price),
                    "quantity": quantity(event.lots),
                    "orderId": order,
                    "fee": usd(fee_micro),
                    "liquidity": liquidity,
                },
            ),
        )
        for company, side, order, fee_micro, liquidity in halves
    )
