"""What the routes work with: the season's worlds, whose company is where, and how its worlds are asked."""

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, TypeVar

from gamefold.engine.balance import Values
from gamefold.engine.clock import Clock
from gamefold.engine.entropy import Entropy
from gamefold.engine.host import Ack, Host
from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Intent
from gamefold.games.tycoon import tables
from gamefold.games.tycoon.events.border import Crossed
from gamefold.games.tycoon.intents.border import ALREADY_RECEIVED, TOO_EARLY, Receive
from gamefold.games.tycoon.intents.market import NOTHING_TO_SEND, AdjustMargin, AmendOrder, PlaceOrder, SendHome
from gamefold.games.tycoon.intents.region import (
    COMPANY_EXISTS,
    COMPANY_NOT_FOUND,
    COMPANY_NOT_GUEST,
    INSUFFICIENT_FUNDS,
    ChoosePayout,
    OpenBranch,
    OpenCompany,
    SendToRegion,
    UpgradeCompany,
)
from gamefold.games.tycoon.routes.funds import AtHome, Funds, at_home, at_work
from gamefold.games.tycoon.routes.seasons import Seasons
from gamefold.games.tycoon.state.border import MARKET
from gamefold.games.tycoon.state.market import Market
from gamefold.games.tycoon.state.region import FPPS, PAYOUTS, Region
from gamefold.games.tycoon.state.worlds import world_of
from gamefold.games.tycoon.tables import Home
from gamefold.platform.accounts.players import Player
from gamefold.platform.opening import Platform
from gamefold.storage.database import Database
from gamefold.web.streams import Streams

T = TypeVar("T")

HOMES_KEPT: Final = 50_000
DEFAULT_REGION: Final = "US_WEST"
BEHIND_S: Final = 0.05  # how long a region that is a tick behind is given each time
BEHIND_TRIES: Final = 20
TRIES: Final = 3  # a tick may send away what was just fetched, and another request may spend it

Quote = Callable[[Market, PlaceOrder | AmendOrder | AdjustMargin], tuple[int, int]]
"""What an order needs beyond what is free in its company's market account: micro-USD and satoshi."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything the routes ask. `quote` is the market's own reckoning; `link_secret` hides addresses."""

    host: Host
    database: Database
    clock: Clock
    entropy: Entropy
    platform: Platform
    streams: Streams
    seasons: Seasons
    quote: Quote
    link_secret: bytes = field(repr=False)
    _homes: OrderedDict[tuple[int, str], Home] = field(default_factory=OrderedDict)

    # -- whose company ------------------------------------------------------------------------------------------

    async def home_of(self, player: Player) -> Home:
        """Give where a player's company of this season is; it is founded where they have none yet."""
        season = await self.seasons.now()
        home = self._homes.get((season, player.id))
        if home is not None:
            return home
        home = await self.database.read(lambda connection: tables.home_of(connection, season, player.id))
        if home is None:
            home = await self.found_again(season, player.id)
        await self.open_company(home, guest=player.is_guest)
        return home

    def plan_home(self, season: int, owner_id: str, region: str, name: str | None, entropy: str | None = None) -> Home:
        """Give a company its id, region and name. Nothing is made yet."""
        company_id = self.entropy.new_id(entropy and f"{entropy}:company")
        return Home(season, owner_id, company_id, region, name or f"Company {company_id[:8]}")

    async def found(self, season: int, owner_id: str, region: str, name: str | None) -> Home:
        """Give somebody a home, or the one they have."""
        planned, now_ms = self.plan_home(season, owner_id, region, name), self.clock.now_ms()
        return await self.database.write(lambda connection: tables.claim_home(connection, planned, now_ms))

    async def found_again(self, season: int, owner_id: str) -> Home:
        """Give somebody a home in a new season, where and by which name they had the last one."""
        last = await self.database.read(lambda connection: tables.last_home_of(connection, owner_id))
        region, name = (DEFAULT_REGION, None) if last is None else (last.region, last.name)
        return await self.found(season, owner_id, region, name)

    async def open_company(self, home: Home, *, guest: bool) -> None:
        """Found the company of a home in its world, where it is not there; or make it an account's, where it is not."""
        world = world_of(home.season, home.region)
        is_guest = await self.host.query(world, partial(_is_guest, company=home.company_id))
        try:
            if is_guest is None:
                await self.host.submit(
                    world, home.owner_id, OpenCompany(home.company_id, home.owner_id, home.name, guest)
                )
            elif is_guest and not guest:
                await self.host.submit(world, home.owner_id, UpgradeCompany(home.company_id))
        except Rejected as refusal:
            if refusal.code not in (COMPANY_EXISTS, COMPANY_NOT_GUEST):
                raise
        self._homes[home.season, home.owner_id] = home
        while len(self._homes) > HOMES_KEPT:
            self._homes.popitem(last=False)

    def forget(self, owner_id: str) -> None:
        """Look a home up again."""
        for key in [key for key in self._homes if key[1] == owner_id]:
            del self._homes[key]

    async def note_link(self, owner_id: str, address: str) -> None:
        """Note from which network somebody came in, as a hash that only anti-cheat compares."""
        key, now_ms = tables.link_key(self.link_secret, address), self.platform.wall.now_ms()
        await self.database.write(lambda connection: tables.note_link(connection, owner_id, key, now_ms))

    # -- asking at home -----------------------------------------------------------------------------------------

    async def submit(self, home: Home, intent: Intent, request: str | None = None, at: str | None = None) -> Ack:
        """Ask a company's home, or its branch `at` another region.

        What home lacks may lie idle in the market or be on its way from there, what a branch lacks may be at home:
        that is fetched first.
        """
        if at not in (None, home.region):
            return await self._submit_away(home, at, intent, request)
        world = world_of(home.season, home.region)
        for _ in range(TRIES - 1):
            try:
                return await self.host.submit(world, home.owner_id, intent, request=request)
            except Rejected as refusal:
                if refusal.code == COMPANY_NOT_FOUND:
                    await self._begin_again(home)
                elif refusal.code != INSUFFICIENT_FUNDS:
                    raise
                elif not await self.fetch_idle(home):
                    await self._landing(home)
        return await self.host.submit(world, home.owner_id, intent, request=request)

    async def fetch_idle(self, home: Home) -> bool:
        """Bring home what lies idle in the market now; give whether there was anything."""
        try:
            ack = await self.host.submit(world_of(home.season, MARKET), home.owner_id, SendHome(home.company_id))
        except Rejected as refusal:
            if refusal.code in (NOTHING_TO_SEND, COMPANY_NOT_FOUND):
                return False
            raise
        await self.hand_over(home.season, MARKET, ack)
        return True

    async def _landing(self, home: Home) -> None:
        """Wait a moment for what is on its way between a company's worlds."""
        for _ in range(BEHIND_TRIES):
            funds = (await self.funds([home]))[home.company_id]
            if not (funds.usd_under_way or funds.sat_under_way):
                return
            await asyncio.sleep(BEHIND_S)

    async def view(self, home: Home, view: Callable[[Region, int, Values], T], *, own: bool = True) -> T:
        """Look at a company's home: `view(region, row of the company, balance)`.

        An `own` company that is not there any more begins again; another one's is Rejected COMPANY_NOT_FOUND.
        """
        world = world_of(home.season, home.region)
        values = await self.balance(world)

        def look(region: Region) -> T:
            row = region.row_of(home.company_id)
            if row is None:
                raise Rejected(COMPANY_NOT_FOUND, "There is no such company.")
            return view(region, row, values)

        try:
            return await self.host.query(world, look)
        except Rejected as refusal:
            if refusal.code != COMPANY_NOT_FOUND or not own:
                raise
        await self._begin_again(home)
        return await self.host.query(world, look)

    # -- branches -----------------------------------------------------------------------------------------------

    async def regions(self, home: Home) -> tuple[str, ...]:
        """Give where a company has something: its home first, then its branches."""
        return await self.view(home, lambda region, row, _: (home.region, *region.companies[row].branches))

    async def region(self, season: int, place: str, view: Callable[[Region, Values], T]) -> T:
        """Look at a region, whoever is at home there: `view(region, balance)`."""
        world = world_of(season, place)
        values = await self.balance(world)
        return await self.host.query(world, lambda region: view(region, values))

    async def open_branch(self, home: Home, place: str) -> None:
        """Let a company have sites in another region too. Twice does no harm."""
        name, guest, payout = await self.view(
            home,
            lambda region, row, _: (
                region.companies[row].name,
                region.companies[row].guest,
                int(region.ledger["payout"][row]),
            ),
        )
        intent = OpenBranch(home.company_id, home.owner_id, name, guest, home.region)
        try:
            ack = await self.host.submit(world_of(home.season, place), home.owner_id, intent)
        except Rejected as refusal:
            if refusal.code != COMPANY_EXISTS:
                raise
            return
        await self.hand_over(home.season, place, ack)
        if payout != FPPS:
            await self.submit(home, ChoosePayout(home.company_id, PAYOUTS[payout]), at=place)

    async def branch_positions(self, home: Home) -> dict[str, int]:
        """Give the branches of a company, each with the position in its world at which it was opened."""
        return await self.database.read(
            lambda connection: tables.branch_positions(connection, home.season, home.company_id)
        )

    async def _submit_away(self, home: Home, place: str, intent: Intent, request: str | None) -> Ack:
        world = world_of(home.season, place)
        for _ in range(TRIES - 1):
            try:
                return await self.host.submit(world, home.owner_id, intent, request=request)
            except Rejected as refusal:
                missing = refusal.details.get("missing_micro")
                if refusal.code != INSUFFICIENT_FUNDS or not isinstance(missing, int):
                    raise
            sent = await self.submit(home, SendToRegion(home.company_id, place, missing))
            await self.hand_over(home.season, home.region, sent)
        return await self.host.submit(world, home.owner_id, intent, request=request)

    async def balance(self, world: str) -> Values:
        """Give the numbers a world of this process goes by."""
        ruleset = world.partition("/")[0]
        return (await self.host.balances(ruleset)).get(world) or self.host.rulesets[ruleset].balance.values()

    # -- asking the market --------------------------------------------------------------------------------------

    async def market(self, view: Callable[[Market], T]) -> T:
        """Look at the market of this season."""
        return await self.host.query(world_of(await self.seasons.now(), MARKET), view)

    async def ask_market(self, home: Home, intent: Intent, request: str | None = None, run: int | None = None) -> Ack:
        """Ask the market for a company. All worlds of a season are in the same run: what crossed in one that a
        rollback has ended must not arrive in the next, so `run` is that of the world it comes from.
        """
        world = world_of(home.season, MARKET)
        return await self.host.submit(world, home.owner_id, intent, request=request, run=run)

    async def funds(self, homes: Sequence[Home]) -> dict[str, Funds]:
        """Give what companies of one season own, wherever it is."""
        if not homes:
            return {}
        season = homes[0].season
        by_region: dict[str, list[str]] = {}
        for home in homes:
            by_region.setdefault(home.region, []).append(home.company_id)
        every = [home.company_id for home in homes]
        houses: dict[str, AtHome] = {}
        for region, ids in sorted(by_region.items()):
            houses |= await self.host.query(world_of(season, region), partial(_each, at_home, companies=ids))
        by_branch: defaultdict[str, list[str]] = defaultdict(list)
        for company, house in houses.items():
            for region in house.branches:
                by_branch[region].append(company)
        branches: defaultdict[str, list[AtHome]] = defaultdict(list)
        for region, ids in sorted(by_branch.items()):
            found = await self.host.query(world_of(season, region), partial(_each, at_home, companies=ids))
            for company, branch in found.items():
                branches[company].append(branch)
        works = await self.host.query(world_of(season, MARKET), partial(_each, at_work, companies=every))
        return {company: Funds(houses[company], works[company], tuple(branches[company])) for company in every}

    async def _begin_again(self, home: Home) -> None:
        """A rollback took a company back to before it was founded: its owner begins again with what is there."""
        user = await self.platform.accounts.user(home.owner_id)
        await self.open_company(home, guest=user.is_guest)

    async def hand_over(self, season: int, sender: str, ack: Ack) -> None:
        """Deliver now what has left a world; who was quicker does no harm.

        A region that is a tick behind is waited for. One that stands still gets it from the border's carrier.
        """
        for event in ack.events:
            if not isinstance(event, Crossed):
                continue
            receive = Receive(sender, event.no, event.cargo, event.tick)
            for _ in range(BEHIND_TRIES):
                try:
                    await self.host.submit(world_of(season, event.to), "border", receive, run=ack.run)
                except Rejected as refusal:
                    if refusal.code == TOO_EARLY:
                        await asyncio.sleep(BEHIND_S)
                        continue
                    if refusal.code != ALREADY_RECEIVED:
                        raise
                break


def _is_guest(region: Region, *, company: str) -> bool | None:
    row = region.row_of(company)
    return None if row is None else region.companies[row].guest


def _each(read: Callable[[Any, str], T], state: Any, *, companies: Iterable[str]) -> dict[str, T]:
    return {company: read(state, company) for company in companies}
