"""How those who asked hear of what came of it, once that is durable."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

from gamefold.engine import codec
from gamefold.engine.asked import Ack, Asked, HostStopped, Repeated
from gamefold.engine.codec import codec_of
from gamefold.engine.history import ruleset_of
from gamefold.engine.journal import Journal
from gamefold.engine.life import Life
from gamefold.engine.ruleset import Ruleset


class Answers:
    """Settles what was asked. An intent that was sent before is answered with what it did the first time."""

    def __init__(self, journal: Journal, rulesets: Mapping[str, Ruleset], life: Life) -> None:
        self._journal = journal
        self._rulesets = rulesets
        self._life = life

    def settle(self, world_id: str, asked: Asked, outcome: Any) -> None:
        """Answer with a value, an exception, or what a repeated intent did."""
        if isinstance(outcome, Repeated):
            # A callback, and no `try` inside the task: one that is cut off before its first step enters nothing.
            self._life.spawn(self._first_answer(world_id, outcome)).add_done_callback(partial(_pass_on, asked))
        else:
            asked.settle(outcome)

    async def _first_answer(self, world_id: str, repeated: Repeated) -> Ack:
        ruleset, seq = ruleset_of(self._rulesets, world_id), repeated.seq
        lineage = await self._journal.lineage(world_id)
        segment = next(part for part in lineage if part.after_seq < seq <= (part.upto_seq or seq))
        [batch] = await self._journal.batches(segment, seq - 1, 1)
        [entry] = [entry for entry in codec.entries_of(batch) if entry.seq == seq]
        stored = [event for event in codec.events_of(batch) if event.seq == seq]
        events = tuple(codec_of(ruleset.at(event.version)).event(event.event) for event in stored)
        return Ack(world_id, repeated.run, seq, entry.time_ms, events, entry.tick, repeated=True)


def _pass_on(asked: Asked, answer: asyncio.Task[Ack]) -> None:
    if answer.cancelled():
        asked.settle(HostStopped("the host went down"))
    else:
        asked.settle(answer.exception() or answer.result())
