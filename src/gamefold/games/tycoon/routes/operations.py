"""What operators may do in Tycoon: events, grants, restores, seasons, leaderboards. All of it by intents."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from sqlalchemy import RowMapping

from gamefold.engine.history import NO_SUCH_ENTRY, world_at
from gamefold.engine.host import Ack
from gamefold.engine.refusal import Rejected
from gamefold.games.tycoon import tables
from gamefold.games.tycoon.intents.market import LinkAccounts
from gamefold.games.tycoon.intents.region import (
    AMOUNT_INVALID,
    COMPANY_NOT_FOUND,
    INSUFFICIENT_FUNDS,
    GrantFunds,
    RestoreCompany,
)
from gamefold.games.tycoon.intents.world import EVENT_INVALID, EVENT_TYPE_UNKNOWN, InjectEvent
from gamefold.games.tycoon.routes.answers.operations import (
    CurrentHappeningTold,
    ExcludedTold,
    GrantedTold,
    IncludedTold,
    InjectedTold,
    LineTold,
    LinkedTold,
    RestoredTold,
    SeasonEndedTold,
    SeasonStartedTold,
    SeasonTold,
)
from gamefold.games.tycoon.routes.board import Board, By, ordered, reckon, shown_standing
from gamefold.games.tycoon.routes.desk import Desk
from gamefold.games.tycoon.routes.envelope import stamp, text
from gamefold.games.tycoon.routes.funds import AtHome, at_home, elsewhere
from gamefold.games.tycoon.routes.shapes import shape
from gamefold.games.tycoon.routes.statuses import SEASON_NOT_FOUND, SEASON_OVER, SEASON_RUNNING
from gamefold.games.tycoon.state.border import MARKET
from gamefold.games.tycoon.state.company_document import company_document, no_document, with_money
from gamefold.games.tycoon.state.region import Region
from gamefold.games.tycoon.state.region_views import company_view
from gamefold.games.tycoon.state.units import REGIONS
from gamefold.games.tycoon.state.world import MARKET_EVENTS, REGION_EVENTS
from gamefold.games.tycoon.state.worlds import world_of, worlds_of
from gamefold.games.tycoon.tables import Home
from gamefold.platform.liveops.live_game import EventAsk, LiveGame, Operation, Says, Told
from gamefold.platform.refusals import ACCOUNT_NOT_FOUND
from gamefold.storage.columns import milliseconds

SEVERITY_USUAL: Final = "MEDIUM"
_BY: Final[Mapping[str | None, By]] = {
    None: "netWorth",
    "netWorth": "netWorth",
    "hashrate": "hashrate",
    "reputation": "reputation",
}


class TycoonLive(LiveGame):
    """Live operations of Tycoon. `request` of an operation makes every intent of it happen once."""

    grantable: Mapping[str, int] = {"usd": 6, "btc": 8}
    says: Mapping[str, Says] = {
        "inject_event": Says(InjectedTold, (EVENT_TYPE_UNKNOWN, EVENT_INVALID, SEASON_OVER)),
        "events": Says(CurrentHappeningTold, (SEASON_OVER,)),
        "grant": Says(GrantedTold, (COMPANY_NOT_FOUND, AMOUNT_INVALID, INSUFFICIENT_FUNDS, SEASON_OVER)),
        "restore": Says(RestoredTold, (COMPANY_NOT_FOUND, NO_SUCH_ENTRY, SEASON_OVER)),
        "start_season": Says(SeasonStartedTold, (SEASON_RUNNING,)),
        "end_season": Says(SeasonEndedTold, (SEASON_OVER, SEASON_NOT_FOUND)),
        "seasons": Says(SeasonTold),
        "leaderboard": Says(LineTold, (SEASON_NOT_FOUND,)),
        "exclude": Says(ExcludedTold, (ACCOUNT_NOT_FOUND,)),
        "include": Says(IncludedTold),
        "link": Says(LinkedTold, (COMPANY_NOT_FOUND, SEASON_OVER)),
    }

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._board = Board(desk)

    # -- events -------------------------------------------------------------------------------------------------

    async def inject_event(self, operation: Operation, ask: EventAsk) -> Told:
        """Let an event befall the market, one region, or (an event of regions, without one named) every region.

        Rejected EVENT_TYPE_UNKNOWN, EVENT_INVALID.
        """
        season = await self._desk.seasons.now()
        if ask.type not in (*MARKET_EVENTS, *REGION_EVENTS):
            raise Rejected(EVENT_TYPE_UNKNOWN, "There is no such event.")
        if ask.region is not None and (ask.type in MARKET_EVENTS or ask.region not in REGIONS):
            raise Rejected(EVENT_INVALID, "This event does not befall that region.")
        of_market = ask.type in MARKET_EVENTS
        places = (MARKET,) if of_market else REGIONS if ask.region is None else (ask.region,)
        planned: list[dict[str, Any]] = []
        for place in places:
            intent = InjectEvent(
                ask.type,
                ask.severity or SEVERITY_USUAL,
                None if of_market else place,
                ask.starts_in_ticks,
                ask.duration_ticks,
            )
            ack = await self._ask(operation, world_of(season, place), intent)
            planned.extend(_plain(shape(event)) for event in ack.events)
        return {"planned": planned}

    async def events(self) -> Sequence[Told]:
        """Give what befalls the worlds now, and what is planned."""
        season = await self._desk.seasons.now()
        market = await self._desk.host.query(
            world_of(season, MARKET), lambda state: _happenings(state.world.happenings)
        )
        found = [*market]
        for region in REGIONS:
            found += await self._desk.host.query(world_of(season, region), lambda state: _happenings(state.happenings))
        return found

    # -- companies ----------------------------------------------------------------------------------------------

    async def grant(self, operation: Operation, account_id: str, amounts: Mapping[str, int]) -> Told:
        """Give USD and BTC to an account's company, or take them. Rejected COMPANY_NOT_FOUND, INSUFFICIENT_FUNDS."""
        home = await self._home(account_id)
        before = (await self._desk.funds([home]))[home.company_id].shown()
        intent = GrantFunds(home.company_id, amounts.get("usd", 0), amounts.get("btc", 0), operation.reason)
        await self._ask(operation, world_of(home.season, home.region), intent)
        after = (await self._desk.funds([home]))[home.company_id].shown()
        return {"companyId": home.company_id, "before": _plain(before), "after": _plain(after)}

    async def restore(self, operation: Operation, account_id: str, to_tick: int, *, dry_run: bool) -> Told:
        """Give a company back what it had at the end of a tick.

        Its regions become what they were; a branch that was not there yet loses everything. Orders and positions of
        then cannot come back, because others were on their other side: home gets what they were worth in money. What
        the company has in the market now stays there, and is taken off. Rejected COMPANY_NOT_FOUND, NO_SUCH_ENTRY
        where one of its worlds never got to that tick.
        """
        home, host = await self._home(account_id), self._desk.host
        company, market = home.company_id, world_of(home.season, MARKET)
        worlds = [world_of(home.season, place) for place in await self._desk.regions(home)]
        documents: dict[str, bytes] = {}
        of_then: list[dict[str, int]] = []
        houses_then: list[AtHome] = []
        for world in worlds:
            then = await world_at(host.journal, host.rulesets, world, tick=to_tick)
            if then.state.row_of(company) is not None:
                documents[world], summary = await asyncio.to_thread(_document, then.state, company)
                of_then.append(summary)
                houses_then.append(at_home(then.state, company))
            elif world == worlds[0]:
                raise Rejected(COMPANY_NOT_FOUND, "This company was not there at that tick.")
        market_then = await world_at(host.journal, host.rulesets, market, tick=to_tick)
        had = elsewhere(market_then.state, company, houses_then)
        houses = [await host.query(world, partial(at_home, company=company)) for world in worlds]
        has = await host.query(market, partial(elsewhere, company=company, houses=houses))
        told = {
            "companyId": company,
            "before": await self._summaries(home, worlds),
            "market": {"then": _plain(had.shown()), "now": _plain(has.shown())},
        }
        change = had.usd - has.usd, had.sat - has.sat
        if dry_run:
            of_then[0]["usd_micro"] = max(0, of_then[0]["usd_micro"] + change[0])
            of_then[0]["sat"] = max(0, of_then[0]["sat"] + change[1])
            return {**told, "after": _together(of_then)}
        documents[worlds[0]] = with_money(documents[worlds[0]], *change)
        for world, house in zip(worlds, houses, strict=True):
            document = documents.get(world)
            if document is None:
                document = await host.query(world, lambda region: no_document(region, company))
            out = house.usd_sent - house.usd_received, house.sat_sent - house.sat_received
            await self._ask(operation, world, RestoreCompany(company, document, operation.reason, *out))
        return {**told, "after": await self._summaries(home, worlds)}

    # -- seasons ------------------------------------------------------------------------------------------------

    async def start_season(self, operation: Operation, name: str | None) -> Told:
        """Begin the next season with new worlds. Rejected SEASON_RUNNING."""
        desk, now_ms = self._desk, self._desk.clock.now_ms()
        del operation

        def transaction(connection: Any) -> int:
            if tables.running_season(connection) is not None:
                raise Rejected(SEASON_RUNNING, "A season is running; end it first.")
            number = len(tables.all_seasons(connection)) + 1
            return tables.begin_season(connection, name or f"Season {number}", now_ms)

        number = await desk.database.write(transaction)
        await desk.seasons.look()
        return {"season": number, "worlds": list(worlds_of(number))}

    async def end_season(self, operation: Operation, name: str | None) -> Told:
        """End the running season: freeze its leaderboard, then let its worlds stand still.

        Rejected SEASON_OVER, SEASON_NOT_FOUND where another one than `name` runs.
        """
        desk, now_ms = self._desk, self._desk.clock.now_ms()
        running = await desk.database.read(tables.running_season)
        if running is None:
            raise Rejected(SEASON_OVER, "No season is running.")
        if name is not None and name != running["name"]:
            raise Rejected(SEASON_NOT_FOUND, "The running season has another name.")
        number = int(running["number"])
        standings = await reckon(desk, number)
        rows: list[dict[str, object]] = [
            {
                "company_id": one.company_id,
                "name": one.name,
                "region": one.region,
                "net_worth": one.net_worth,
                "hashrate": one.hashrate,
                "reputation": one.reputation,
            }
            for one in standings
        ]

        def transaction(connection: Any) -> None:
            tables.freeze_leaderboard(connection, number, rows)
            tables.end_season(connection, number, now_ms)

        await desk.database.write(transaction)
        desk.seasons.forget()
        await desk.seasons.rest()
        del operation
        return {"season": number, "companies": len(rows), "first": _plain(_first(standings))}

    async def seasons(self) -> Sequence[Told]:
        """Give all seasons, the newest first."""
        return [_season(row) for row in await self._desk.database.read(tables.all_seasons)]

    # -- leaderboards -------------------------------------------------------------------------------------------

    async def leaderboard(self, season: str | None, by: str | None) -> Sequence[Told]:
        """Give a leaderboard with those who are excluded. Rejected SEASON_NOT_FOUND."""
        rows = await self._desk.database.read(tables.all_seasons)
        number = rows[0]["number"] if season is None and rows else None
        number = next((row["number"] for row in rows if season in (str(row["number"]), row["name"])), number)
        if number is None or by not in _BY:
            raise Rejected(SEASON_NOT_FOUND, "There is no such season, or no such order.")
        out = await self._desk.database.read(tables.excluded_owners)
        standings = ordered(await self._board.standings(number), _BY[by])
        return [
            {
                "rank": rank,
                **_plain(shown_standing(one)),
                "accountId": one.owner_id,
                "excluded": one.owner_id in out,
            }
            for rank, one in enumerate(standings, 1)
        ]

    async def exclude(self, operation: Operation, account_id: str) -> Told:
        """Leave an account out of the leaderboards. Rejected ACCOUNT_NOT_FOUND."""
        await self._desk.platform.accounts.user(account_id)
        now_ms = self._desk.clock.now_ms()
        await self._desk.database.write(
            lambda connection: tables.exclude_owner(connection, account_id, operation.reason, now_ms)
        )
        return {"accountId": account_id, "excluded": True}

    async def include(self, operation: Operation, account_id: str) -> Told:
        """Undo `exclude`."""
        del operation
        was = await self._desk.database.write(lambda connection: tables.include_owner(connection, account_id))
        return {"accountId": account_id, "excluded": False, "was": was}

    # -- owners -------------------------------------------------------------------------------------------------

    async def link(self, operation: Operation, account_ids: Sequence[str], group: str | None) -> Told:
        """Keep the companies of accounts from trading with each other, for this season. Rejected COMPANY_NOT_FOUND."""
        homes = [await self._home(account_id) for account_id in account_ids]
        companies = tuple(sorted({home.company_id for home in homes}))
        intent = LinkAccounts(companies, group or "", operation.reason)
        await self._ask(operation, world_of(homes[0].season, MARKET), intent)
        return {"companyIds": list(companies), "group": group}

    # -- inside -------------------------------------------------------------------------------------------------

    async def _ask(self, operation: Operation, world: str, intent: Any) -> Ack:
        return await self._desk.host.submit(world, operation.actor, intent, request=operation.request)

    async def _summaries(self, home: Home, worlds: Sequence[str]) -> Told:
        """Give what a company has in all of its regions."""
        query = self._desk.host.query
        return _together([await query(world, lambda region: _summary(region, home.company_id)) for world in worlds])

    async def _home(self, account_id: str) -> Home:
        season = await self._desk.seasons.now()
        home = await self._desk.database.read(lambda connection: tables.home_of(connection, season, account_id))
        if home is None:
            raise Rejected(COMPANY_NOT_FOUND, "This account has no company in this season.")
        return home


def _happenings(happenings: Any) -> list[Told]:
    return [
        {"status": status, **_plain(shape(event))}
        for status, events in (("ACTIVE", happenings.active), ("PLANNED", happenings.planned))
        for event in events
    ]


def _document(region: Region, company: str) -> tuple[bytes, dict[str, int]]:
    return company_document(region, company), _summary(region, company)


def _summary(region: Region, company: str) -> dict[str, int]:
    view = company_view(region, company)
    if view is None:
        return {}
    return {"tick": region.tick, "sites": view.sites, "rigs": view.rigs, "usd_micro": view.usd_micro, "sat": view.sat}


def _together(summaries: Sequence[Mapping[str, int]]) -> Told:
    """Add up what a company has in its regions. The tick is its home's, which comes first."""
    first = summaries[0]
    total = {name: sum(one.get(name, 0) for one in summaries) for name in first}
    plain: Told = _plain(shape({**total, **({"tick": first["tick"]} if first else {})}))
    return plain


def _season(row: RowMapping) -> Told:
    ended = row["ended_at"]
    return {
        "number": row["number"],
        "name": row["name"],
        "status": row["status"],
        "startedAt": stamp(milliseconds(row["started_at"])),
        "endedAt": None if ended is None else stamp(milliseconds(ended)),
    }


def _first(standings: Sequence[Any]) -> dict[str, Any]:
    return shown_standing(ordered(standings, "netWorth")[0]) if standings else {}


def _plain(told: Any) -> Any:
    """Give decimals as text: what operators are told goes through encoders that have no exact numbers."""
    return json.loads(text(told), parse_float=str)
