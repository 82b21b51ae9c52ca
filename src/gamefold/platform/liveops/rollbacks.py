"""Rollbacks that are looked at before they happen.

A dry run tells what would be undone and gives a token for exactly that. The real call has to show it, and is refused
where the worlds have gone on since: an operator undoes what they saw, not what came after.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from gamefold.engine import codec, history
from gamefold.engine.history import NO_SUCH_ENTRY
from gamefold.engine.host import Host
from gamefold.engine.journal import JournalCorrupt, WorldNotFound
from gamefold.engine.refusal import Rejected
from gamefold.engine.world import World
from gamefold.platform.liveops.refusals import ROLLBACK_BY_TICK, ROLLBACK_STALE
from gamefold.web.errors import InvalidRequest
from gamefold.web.pagination import Key, Pager

_SCOPE: Final = "liveops:rollback"


@dataclass(frozen=True, slots=True)
class Place:
    """A world at one of its entries. A damaged one has no digest."""

    run: int
    seq: int
    tick: int
    events: int
    digest: bytes | None

    @classmethod
    def of(cls, world: World) -> "Place":
        """Say where a world is."""
        head = world.head
        return cls(world.run.run, head.seq, head.tick, head.position, world.digest())


@dataclass(frozen=True, slots=True)
class Undoing:
    """What a rollback undoes in one world: from where it is, back to where it would be."""

    world: str
    now: Place
    then: Place


async def plan_rollback(
    host: Host, together: Callable[[str], Sequence[str]], world_id: str, *, seq: int | None, tick: int | None
) -> list[Undoing]:
    """Say what a rollback would undo, in this world (the first of the list) and in those that move with it.

    Worlds that hear each other go back to the end of one tick; one that has not come that far stays where it is.
    Rejected NO_SUCH_ENTRY, ROLLBACK_BY_TICK. WorldNotFound, JournalCorrupt.
    """
    others = sorted(set(together(world_id)) - {world_id})
    if tick is None and others:
        raise Rejected(ROLLBACK_BY_TICK, f"{world_id} goes back together with others, so name a tick.")
    plan = [await _undoing(host, world_id, await _target(host, world_id, seq, tick))]
    for other in others:
        try:
            now = await _now(host, other)
        except WorldNotFound:
            continue
        assert tick is not None
        plan.append(await _undoing(host, other, now.seq if now.tick <= tick else await _end_of(host, other, tick)))
    return plan


async def _now(host: Host, world_id: str) -> Place:
    """Say where a world is, also one whose end is damaged: that may be what somebody wants to undo."""
    try:
        return await host.look(world_id, Place.of)
    except JournalCorrupt as error:
        journal, seq, tick, events = host.journal, error.seq - 1, 0, 0
        [segment] = (await journal.lineage(world_id))[-1:]
        while page := await journal.batches(segment, seq):
            seq, events = page[-1].last_seq, page[-1].last_position
            tick = codec.entries_of(page[-1])[-1].tick
        return Place(segment.run.run, seq, tick, events, None)


async def _target(host: Host, world_id: str, seq: int | None, tick: int | None) -> int:
    if tick is not None:
        return await _end_of(host, world_id, tick)
    if seq is None:
        raise Rejected(NO_SUCH_ENTRY, "A rollback needs an entry or a tick to go back to.")
    return seq


async def _end_of(host: Host, world_id: str, tick: int) -> int:
    return await history.last_seq_of(host.journal, world_id, tick)


async def _undoing(host: Host, world_id: str, seq: int) -> Undoing:
    now = await _now(host, world_id)
    then = Place.of(await history.world_at(host.journal, host.rulesets, world_id, seq=seq))
    return Undoing(world_id, now, then)


def seal(pager: Pager, plan: Sequence[Undoing]) -> str:
    """Make the token of a dry run."""
    return pager.seal(_SCOPE, _key(plan))


def check_seal(pager: Pager, confirm: str, plan: Sequence[Undoing], also_undo: int) -> None:
    """Refuse ROLLBACK_STALE unless the token is of this very rollback, and the worlds have hardly gone on since.

    `also_undo` is how many entries more than the dry run told may be undone, over all worlds: one that ticks is
    never where it was a moment ago.
    """
    try:
        known = pager.open(_SCOPE, confirm)
    except InvalidRequest:
        known = None
    fresh = _key(plan)
    if known is None or len(known) != len(fresh):
        raise _stale()
    more = 0
    for index, (before, now) in enumerate(zip(known, fresh, strict=True)):
        if index % 4 == 3:  # where a world is; the rest is which world, which run, and back to where
            assert isinstance(before, int)
            assert isinstance(now, int)
            more += now - before
        elif before != now:
            raise _stale()
    if more > also_undo:
        raise _stale(f"{more} entries more than in the dry run would be undone.")


def _key(plan: Sequence[Undoing]) -> Key:
    return tuple(part for one in plan for part in (one.world, one.now.run, one.then.seq, one.now.seq))


def _stale(why: str = "This is not the rollback that was looked at.") -> Rejected:
    return Rejected(ROLLBACK_STALE, f"{why} Try a dry run again.")
