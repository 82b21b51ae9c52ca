"""Hears every world of the season once, and tells each viewer what is theirs to know.

A socket that listened to whole worlds itself would be handed a thousand records for each one it shows. Here every
message is built once, and encoded once for all who hear the same worlds: they are at the same position.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, Protocol

import structlog

from gamefold.engine.feed import Ended, QueueLimits, Record
from gamefold.engine.host import Host, HostStopped
from gamefold.games.tycoon.events.border import MarketTicked, RegionTicked
from gamefold.games.tycoon.events.market import OrderAmended, OrderClosed, OrderPlaced, Traded
from gamefold.games.tycoon.events.region import BranchFounded
from gamefold.games.tycoon.routes.funds import Funds
from gamefold.games.tycoon.routes.places import Place, position_text
from gamefold.games.tycoon.routes.told import PUBLIC, Message, message, told
from gamefold.games.tycoon.state.border import MARKET
from gamefold.games.tycoon.state.worlds import PLACES, world_of
from gamefold.games.tycoon.tables import Home
from gamefold.web.talks import End, Outbox

EVERYTHING: Final = QueueLimits(count=1 << 30, bytes=1 << 40, age_s=float("inf"))
RETRY_S: Final = 1.0
CALM_S: Final = 0.05  # balances and books that change many times within this are told once

_OF_BOOKS: Final = (Traded, OrderPlaced, OrderAmended, OrderClosed)

log = structlog.get_logger("gamefold.tycoon")


class Viewer(Protocol):
    """One socket's viewer."""

    home: Home
    regions: set[str]  # where their company has something
    outbox: Outbox
    channels: set[str]
    places: tuple[str, ...]  # whose worlds they hear; the hub keeps it

    def join_region(self, place: str) -> None:
        """Hear one region more: their company gets a branch there with what is told next."""
        ...

    def tell(self, frame: Message) -> None:
        """Tell them something that has just happened, or how something stands now."""
        ...


BalancesOf = Callable[[Sequence[Home]], Awaitable[Mapping[str, Funds]]]
BooksOf = Callable[[Iterable[str]], Awaitable[Mapping[str, dict[str, Any]]]]


class Hub:
    """The live end of one season in this process."""

    def __init__(
        self,
        host: Host,
        season: int,
        balances: BalancesOf,
        books: BooksOf,
        *,
        running: Callable[[], Awaitable[int | None]],
        heard: Callable[[Record], None],
    ) -> None:
        """`running` gives the season that runs; `heard` hears every record of every world, for metrics."""
        self.season = season
        self._host = host
        self._balances = balances
        self._books = books
        self._running = running
        self._heard = heard
        self._places: dict[str, Place] = {}
        self._positions: dict[tuple[str, ...], str] = {}  # of those places
        self._here = {place: asyncio.Event() for place in PLACES}
        self._viewers: set[Viewer] = set()
        self._of_company: defaultdict[str, set[Viewer]] = defaultdict(set)
        self._of_channel: defaultdict[str, set[Viewer]] = defaultdict(set)
        self._branches: dict[str, set[str]] = {place: set() for place in PLACES}  # companies, since it is heard
        self._changed_companies: set[str] = set()
        self._changed_books: set[str] = set()
        self._told_balances: dict[str, tuple[Funds, str]] = {}
        self._change = asyncio.Event()
        self._tasks = [asyncio.create_task(self._watch(place)) for place in PLACES]
        self._tasks.append(asyncio.create_task(self._mention_changes()))

    def __len__(self) -> int:
        return len(self._viewers)

    async def close(self) -> None:
        """Hear nothing more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def wait_for(self, places: Iterable[str], within_s: float = 5.0) -> bool:
        """Wait until these worlds are heard; give whether that was in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                for place in places:
                    await self._here[place].wait()
                return True
        return False

    def place(self, name: str) -> Place | None:
        """Give the run and position a world was heard up to, None while it is not heard."""
        return self._places.get(name)

    def position(self, places: tuple[str, ...]) -> str:
        """Give the position of all who hear these worlds and were told what is heard up to now."""
        text = self._positions.get(places)
        if text is None:
            heard = {name: self._places[name] for name in places if name in self._places}
            text = self._positions[places] = position_text(self.season, heard)
        return text

    def new_branches(self, company: str) -> set[str]:
        """Give where a company's branches were opened since these worlds are heard here."""
        return {place for place, companies in self._branches.items() if company in companies}

    def sockets_of(self, company: str) -> int:
        """Count a company's viewers."""
        return len(self._of_company.get(company, ()))

    async def has_book(self, instrument: str) -> bool:
        """Say whether there is such an instrument now."""
        return bool(await self._books([instrument]))

    # -- viewers ------------------------------------------------------------------------------------------------

    def join(self, viewer: Viewer) -> None:
        """Let somebody hear what happens from now on."""
        self._viewers.add(viewer)
        self._of_company[viewer.home.company_id].add(viewer)
        for channel in viewer.channels:
            self._of_channel[channel].add(viewer)
        viewer.places = _places_of(viewer)
        self._told_balances.pop(viewer.home.company_id, None)  # whoever comes is told how things stand
        self._note_company(viewer.home.company_id)

    def leave(self, viewer: Viewer) -> None:
        """Forget somebody."""
        self._viewers.discard(viewer)
        _drop(self._of_company, viewer.home.company_id, viewer)
        if viewer.home.company_id not in self._of_company:
            self._told_balances.pop(viewer.home.company_id, None)
        for channel in viewer.channels:
            _drop(self._of_channel, channel, viewer)

    def tune_in(self, viewer: Viewer, channel: str) -> None:
        """Let a viewer hear one channel more."""
        viewer.channels.add(channel)
        viewer.places = _places_of(viewer)
        self._of_channel[channel].add(viewer)
        kind, _, name = channel.partition(":")
        if kind == "book":
            self._changed_books.add(name)
            self._change.set()

    def tune_out(self, viewer: Viewer, channel: str) -> None:
        """Let a viewer hear a channel no more."""
        viewer.channels.discard(channel)
        viewer.places = _places_of(viewer)
        _drop(self._of_channel, channel, viewer)

    # -- hearing ------------------------------------------------------------------------------------------------

    async def _watch(self, place: str) -> None:
        world = world_of(self.season, place)
        while True:
            ended: Ended | None = None
            try:
                # To listen is to open, and a season's regions have to be where its market is.
                if place != MARKET:
                    await self._here[MARKET].wait()
                if await self._running() != self.season:
                    return  # nobody may wake a world whose season is over
                ended = await self._hear(place, world)
            except HostStopped:
                return
            except Exception as error:  # noqa: BLE001 - a world that is elsewhere, or not yet; it is tried again
                log.debug("a world cannot be heard", world=world, error=str(error))
            finally:
                self._unheard(place, End.DRAINING if ended is Ended.DRAINING else End.WORLD_STOPPED)
            if ended in (Ended.DRAINING, Ended.WORLD_OVER):
                return
            if ended is None:
                await asyncio.sleep(RETRY_S)

    def _unheard(self, place: str, why: End) -> None:
        """Send away who hears a world that is not heard any more: what it tells meanwhile would be a gap."""
        self._here[place].clear()
        self._branches[place].clear()
        if self._places.pop(place, None) is None:
            return
        self._positions.clear()
        for viewer in self._viewers_at(place):
            viewer.outbox.end(why)

    async def _hear(self, place: str, world: str) -> Ended | None:
        subscription = await self._host.subscribe(world, EVERYTHING)
        try:
            # The subscription is older than this look, so nothing falls between the two.
            heard = await self._host.look(world, lambda one: (one.run.run, one.head.position))
            self._now_at(place, heard)
            self._here[place].set()
            async for record in subscription:
                if record.position > self._places[place][1]:
                    self._publish(place, record)
            return subscription.ended
        finally:
            subscription.close()

    def _now_at(self, place: str, heard: Place) -> None:
        self._places[place] = heard
        self._positions.clear()

    def _publish(self, place: str, record: Record) -> None:
        self._heard(record)
        event = record.event
        companies = (event.maker, event.taker) if isinstance(event, Traded) else (getattr(event, "company", ""),)
        if isinstance(event, BranchFounded):
            self._branches[place].add(event.company)
            for viewer in tuple(self._of_company.get(event.company, ())):
                viewer.join_region(place)
        self._now_at(place, (record.run, record.position))  # all who hear it are about to be told
        if type(event) in PUBLIC or any(company in self._of_company for company in companies):
            for_whom = told(record)
            if for_whom.public is not None:
                for viewer in tuple(self._viewers_at(place)):
                    viewer.tell(for_whom.public)
            for company, frame in for_whom.private:
                for viewer in tuple(self._of_company.get(company, ())):
                    viewer.tell(frame)
                self._note_company(company)
        self._note_changes(place, record)

    def _viewers_at(self, place: str) -> Iterable[Viewer]:
        return self._viewers if place == MARKET else self._of_channel.get(f"region:{place}", ())

    # -- how things stand ---------------------------------------------------------------------------------------

    def _note_company(self, company: str) -> None:
        if company in self._of_company:
            self._changed_companies.add(company)
            self._change.set()

    def _note_changes(self, place: str, record: Record) -> None:
        event = record.event
        if isinstance(event, RegionTicked):
            at_home = (one.home.company_id for one in self._viewers_at(place) if place in one.regions)
            self._changed_companies.update(at_home)
            self._change.set()
        elif isinstance(event, MarketTicked):
            self._changed_books.update(name for kind, _, name in self._channels() if kind == "book")
            self._change.set()
        elif isinstance(event, _OF_BOOKS) and f"book:{event.instrument}" in self._of_channel:
            self._changed_books.add(event.instrument)
            self._change.set()

    def _channels(self) -> Iterable[tuple[str, str, str]]:
        return (channel.partition(":") for channel in self._of_channel)

    async def _mention_changes(self) -> None:
        while True:
            await self._change.wait()
            await asyncio.sleep(CALM_S)
            self._change.clear()
            try:
                await self._mention_balances()
                await self._mention_books()
            except HostStopped:
                return
            except Exception as error:  # noqa: BLE001 - the next tick tells how things stand
                log.debug("cannot tell how things stand", error=str(error))

    async def _mention_balances(self) -> None:
        changed, self._changed_companies = self._changed_companies, set()
        homes = [next(iter(viewers)).home for company in sorted(changed) if (viewers := self._of_company.get(company))]
        if not homes:
            return
        for company, funds in (await self._balances(homes)).items():
            told_funds, told_tail = self._told_balances.get(company, (None, ""))
            if funds == told_funds:  # of most, with each tick
                continue
            frame = message("player:update", {"event": "Balances", **funds.shown()})
            self._told_balances[company] = funds, frame.tail
            if frame.tail == told_tail:
                continue
            for viewer in tuple(self._of_company.get(company, ())):
                viewer.tell(frame)

    async def _mention_books(self) -> None:
        changed, self._changed_books = self._changed_books, set()
        wanted = sorted(name for name in changed if f"book:{name}" in self._of_channel)
        if not wanted:
            return
        for name, book in (await self._books(wanted)).items():
            frame = message("book:update", {"channel": f"book:{name}", **book})
            for viewer in tuple(self._of_channel.get(f"book:{name}", ())):
                viewer.tell(frame)


def _places_of(viewer: Viewer) -> tuple[str, ...]:
    regions = sorted(channel.partition(":")[2] for channel in viewer.channels if channel.startswith("region:"))
    return (MARKET, *regions)


def _drop(index: defaultdict[str, set[Viewer]], key: str, viewer: Viewer) -> None:
    viewers = index.get(key)
    if viewers is not None:
        viewers.discard(viewer)
        if not viewers:
            del index[key]
