"""One viewer at a WebSocket: what they missed, what they are told, and what they may ask for.

They hear the market, and every region where their company has something: home, and its branches.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final

from gamefold.engine.feed import Record
from gamefold.engine.host import Host
from gamefold.games.tycoon.routes.hub import Hub
from gamefold.games.tycoon.routes.places import Place, position_text
from gamefold.games.tycoon.routes.told import Message, message, told
from gamefold.games.tycoon.state.border import MARKET
from gamefold.games.tycoon.state.units import REGIONS
from gamefold.games.tycoon.state.worlds import world_of
from gamefold.games.tycoon.tables import Home
from gamefold.web.strict_json import InvalidJson, parse
from gamefold.web.talks import Outbox

CHANNELS_MAX: Final = 20
REPLAY_EVENTS_MAX: Final = 50_000  # of one world; who is further behind begins anew
INSTRUMENT_CHARACTERS_MAX: Final = 40
LOOKS_MOST: Final = 3  # at where the branches are, while they come in

Branches = Callable[[], Awaitable[Mapping[str, int]]]
"""Gives where their company has branches, each with the position in its world at which it was opened."""


@dataclass(frozen=True, slots=True)
class Missed:
    """What a viewer has not seen of one world: after `after`, up to and including `upto`."""

    place: str
    after: int
    upto: Place


class TycoonViewer:
    """Speaks with one player. Make it, `start` it, hand it to `Streams.talk`, and `leave` in the end."""

    def __init__(self, hub: Hub, host: Host, home: Home, branches: Branches) -> None:
        self.home = home
        self.regions = {home.region}
        self.outbox = Outbox()
        self.channels: set[str] = {f"region:{home.region}"}
        self.places: tuple[str, ...] = ()
        self._hub = hub
        self._host = host
        self._branches = branches
        self._told = ""  # the position of what they were told last
        self._sent: dict[str, Place] = {}  # while what was missed is sent: what they have seen
        self._missed: list[Missed] = []
        self._too_old = False

    async def start(self, asked: tuple[int, Mapping[str, Place]] | None) -> bool:
        """Begin to hear; `asked` is the position they have seen everything up to, None for a first visit.

        Gives False where one of their worlds is not heard at the moment: they should come back.
        """
        season, places = asked or (self._hub.season, {})
        if season != self._hub.season:
            places, self._too_old = {}, True
        self.channels |= {f"region:{place}" for place in places if place != MARKET}
        for _ in range(LOOKS_MOST):
            opened = await self._branches()
            self.regions = {self.home.region, *opened}
            self.channels |= {f"region:{place}" for place in self.regions}
            wanted = (MARKET, *sorted(channel.partition(":")[2] for channel in self.channels))
            if not await self._hub.wait_for(wanted):
                return False
            # Whoever has a position that does not know of a branch left before it was opened.
            behind = {place: position - 1 for place, position in opened.items() if places}
            behind |= {place: await self._position_now(place, *places[place]) for place in wanted if place in places}
            # From here on nothing waits until the viewer has joined: what happens is either missed or heard.
            if self._hub.new_branches(self.home.company_id) <= self.regions:
                return self._join(wanted, behind)
        return False

    def _join(self, wanted: tuple[str, ...], behind: Mapping[str, int]) -> bool:
        for place in wanted:
            now = self._hub.place(place)
            if now is None:
                return False
            after = min(behind.get(place, now[1]), now[1])
            if now[1] - after > REPLAY_EVENTS_MAX:
                self._too_old, after = True, now[1]
            self._sent[place] = (now[0], after)
            if after < now[1]:
                self._missed.append(Missed(place, after, now))
        self._hub.join(self)
        self._told = self._hub.position(self.places)
        return True

    def leave(self) -> None:
        """Hear nothing more."""
        self._hub.leave(self)

    # -- being told ---------------------------------------------------------------------------------------------

    def join_region(self, place: str) -> None:
        """Hear one region more: their company gets a branch there."""
        self.regions.add(place)
        channel = f"region:{place}"
        if channel not in self.channels:
            self._hub.tune_in(self, channel)
            self.tell(message("subscribed", {"channel": channel}))

    def tell(self, frame: Message) -> None:
        """Tell them something that has just happened, or how something stands now."""
        position = self._hub.position(self.places)
        if self.outbox.offer(frame.at(position)):
            self._told = position

    async def opening(self) -> AsyncGenerator[bytes, None]:
        """Say where they stand, then what they have missed, in the order in which it happened."""
        hello = {"channels": sorted(self.channels), "season": self._hub.season, "companyId": self.home.company_id}
        yield message("subscribed", hello).at(self._seen())
        if self._too_old:
            yield _error("POSITION_TOO_OLD", "What happened since is not told any more.").at(self._seen())
        async with aclosing(self._replay()) as missed:
            async for place, record in missed:
                self._sent[place] = (record.run, record.position)
                for frame in self._frames_of(record):
                    yield frame.at(self._seen())
        self._sent = {}

    def farewell(self) -> bytes:
        """Say that the server goes down."""
        return message("bye", {"reason": "DRAINING"}).at(self._seen() if self._sent else self._told)

    # -- being asked --------------------------------------------------------------------------------------------

    async def heard(self, text: str) -> None:
        """Answer one frame; what cannot be understood gets an error and hurts nobody."""
        try:
            asked = parse(text.encode("utf-8", "surrogatepass"))
        except InvalidJson as error:
            return self._refuse("INVALID_MESSAGE", f"The message {error}.")
        if not isinstance(asked, dict):
            return self._refuse("INVALID_MESSAGE", "The message must be a JSON object.")
        match asked:
            case {"type": "ping"}:
                self.tell(message("pong", {}))
            case {"type": "subscribe", "channel": str(channel)}:
                await self._subscribe(channel)
            case {"type": "unsubscribe", "channel": str(channel)}:
                self._unsubscribe(channel)
            case _:
                self._refuse("INVALID_MESSAGE", "The message must be ping, subscribe or unsubscribe with a channel.")
        return None

    async def _subscribe(self, channel: str) -> None:
        kind, _, name = channel.partition(":")
        if kind == "region":
            known = name in REGIONS
        else:
            known = kind == "book" and len(name) <= INSTRUMENT_CHARACTERS_MAX and await self._hub.has_book(name)
        if not known:
            return self._refuse("CHANNEL_NOT_FOUND", "Channels are book:<instrument> and region:<region>.")
        if channel not in self.channels and len(self.channels) >= CHANNELS_MAX:
            return self._refuse("TOO_MANY_CHANNELS", f"A socket may have {CHANNELS_MAX} channels.")
        self._hub.tune_in(self, channel)
        self.tell(message("subscribed", {"channel": channel}))
        return None

    def _unsubscribe(self, channel: str) -> None:
        kind, _, name = channel.partition(":")
        if kind == "region" and name in self.regions:
            return self._refuse("CHANNEL_NEEDED", "A region where the company is cannot be unsubscribed.")
        if channel in self.channels:
            self._hub.tune_out(self, channel)
        self.tell(message("unsubscribed", {"channel": channel}))
        return None

    def _refuse(self, code: str, sentence: str) -> None:
        self.tell(_error(code, sentence))

    # -- what was missed ----------------------------------------------------------------------------------------

    async def _position_now(self, place: str, run: int, position: int) -> int:
        return await self._host.resume_from(world_of(self._hub.season, place), run, position)

    def _seen(self) -> str:
        return position_text(self._hub.season, self._sent)

    def _frames_of(self, record: Record) -> list[Message]:
        told_ = told(record)
        if told_.public is not None:
            return [told_.public]
        return [frame for company, frame in told_.private if company == self.home.company_id]

    async def _replay(self) -> AsyncGenerator[tuple[str, Record], None]:
        """Give the missed records of all worlds by their time, each world's in its order."""
        sources = {missed.place: aiter(self._records(missed)) for missed in self._missed}
        heads: dict[str, Record] = {}
        while True:
            for place, source in sources.items():
                if place not in heads and (record := await anext(source, None)) is not None:
                    heads[place] = record
            if not heads:
                return
            place = min(heads, key=lambda one: (heads[one].time_ms, one != MARKET, one))
            yield place, heads.pop(place)

    async def _records(self, missed: Missed) -> AsyncIterator[Record]:
        async for record in self._host.history(world_of(self._hub.season, missed.place), missed.after):
            if record.position > missed.upto[1]:
                return
            yield record


def _error(code: str, sentence: str) -> Message:
    data: dict[str, Any] = {"code": code, "message": sentence}
    return message("error", data)
