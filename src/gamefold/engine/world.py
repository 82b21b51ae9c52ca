"""One world in memory: a state that only entries may change.

Playing a new intent and folding a stored entry are the same step; the first writes an entry down, the second
holds the result against what was written.
"""

from typing import Any, Final

import msgspec
import zstandard

from gamefold.engine import codec
from gamefold.engine.balance import Values
from gamefold.engine.codec import codec_of
from gamefold.engine.entropy import commitment_of
from gamefold.engine.feed import Record
from gamefold.engine.journal import Entry, JournalCorrupt, Run, Snapshot, StoredEvent
from gamefold.engine.lifecycle import BRANCHES, Begin, Forked, Rewound, Thaw, Tune, Upgrade
from gamefold.engine.ruleset import (
    CLOCK,
    Context,
    Due,
    Event,
    Handler,
    Intent,
    Lag,
    Rejected,
    Ruleset,
    Tick,
    Written,
)

INTENT_INVALID: Final = "INTENT_INVALID"

REQUESTS_KEPT: Final = 16  # per actor: how far back a resent intent is recognised
ACTORS_KEPT: Final = 1_024
PROMISES: Final = (Begin, Rewound, Forked)  # what begins a run publishes the hash of its seed
LATE_MS: Final = 1_000  # a clock intent later than this counts as lag where the ruleset dilates


class RuleCrash(Exception):
    """A rule failed in a way only its author can cause. The world in memory is worthless now."""


class Head(msgspec.Struct):
    """What the engine knows of a world besides the game's state. Folded from entries, kept in snapshots."""

    version: int
    seq: int = 0
    tick: int = 0
    time_ms: int = 0  # of the last entry, by the world's clock
    position: int = 0  # of the last event
    hash: bytes = b""  # of the last entry
    origin_ms: int = 0  # tick n is due at origin_ms + n * period
    frozen_ms: int = 0  # the world's clock is the host's clock minus this
    balance: Values = {}
    tuned: Values = {}  # takes effect with the next tick
    requests: dict[str, list[tuple[str, int]]] = {}  # by actor: the sender's ids and the entries they became


class Played(msgspec.Struct, frozen=True):
    """One accepted intent, written down but not yet durable."""

    entry: Entry
    raw: bytes
    stored: list[StoredEvent]
    records: list[Record]
    position: int  # of the last event so far


class World:
    """State, head, and the run whose seed feeds its chance."""

    __slots__ = ("_codec", "_newest", "head", "id", "ruleset", "run", "state")

    def __init__(self, world_id: str, ruleset: Ruleset, run: Run, head: Head | None = None, state: Any = None) -> None:
        self.id = world_id
        self.run = run
        self.head = head or Head(version=ruleset.version, hash=codec.first_previous(run.world))
        self.state = state
        self._newest = ruleset
        self.ruleset = ruleset.at(self.head.version)
        self._codec = codec_of(self.ruleset)

    def enter(self, run: Run) -> None:
        """Go on in another run: its world, and its seed from here on."""
        self.id, self.run = run.world, run

    # -- playing ------------------------------------------------------------------------------------------------

    def play(self, intent: Intent, actor: str, now_ms: int, request: str | None = None) -> Played:
        """Let the rules decide on a new intent. Raises Rejected (nothing changed) or RuleCrash (drop this world)."""
        head = self.head
        heard, written = self._heard(intent, actor, request)
        previous, version, tick = head.hash, head.version, head.tick
        events = self._apply(heard, actor, max(now_ms, head.time_ms), request)
        entry = Entry(
            seq=head.seq,
            tick=head.tick,
            time_ms=head.time_ms,
            actor=actor,
            version=version,
            intent=written,
            previous=previous,
            digest=self._digest_after(heard, ticked=head.tick != tick),
            request=request,
        )
        raw = codec.encode(entry)
        head.hash = codec.entry_hash(raw)
        stored, records = self._written(events)
        return Played(entry, raw, stored, records, head.position)

    def fold(self, entry: Entry) -> tuple[list[StoredEvent], list[Record]]:
        """Apply a stored entry and hold the outcome against it. JournalCorrupt names the first entry that differs."""
        head = self.head
        if entry.seq != head.seq + 1:
            raise JournalCorrupt(self.id, head.seq + 1, f"is missing (the next one is {entry.seq})")
        if entry.previous != head.hash:
            raise JournalCorrupt(self.id, entry.seq, "does not follow the entry before it")
        if entry.version != head.version:
            raise JournalCorrupt(self.id, entry.seq, f"is of rules {entry.version}, not {head.version}")
        try:
            intent = self._codec.intent(entry.intent)
        except msgspec.DecodeError as error:
            raise JournalCorrupt(self.id, entry.seq, f"holds an intent these rules do not know ({error})") from error
        if isinstance(intent, PROMISES) and intent.commitment != commitment_of(self.run.seed):
            raise JournalCorrupt(self.id, entry.seq, "promised another seed")
        try:
            tick = head.tick
            events = self._apply(intent, entry.actor, entry.time_ms, entry.request)
            digest = self._digest_after(intent, ticked=head.tick != tick)
            if (head.tick, head.time_ms, digest) != (entry.tick, entry.time_ms, entry.digest):
                raise JournalCorrupt(self.id, entry.seq, "gives another state than it gave when it was played")
            head.hash = codec.entry_hash(codec.encode(entry))
            return self._written(events)
        except Rejected as refusal:
            raise JournalCorrupt(self.id, entry.seq, f"is refused by its own rules ({refusal.code})") from refusal
        except RuleCrash as crash:
            raise JournalCorrupt(self.id, entry.seq, f"crashes its own rules ({crash})") from crash

    def _heard(self, intent: Intent, actor: str, request: str | None) -> tuple[Intent, bytes]:
        """Write an intent down and read it back, so that the rules hear now what every replay will hear."""
        try:
            written = codec.encode(intent)
            # The entry will hold these as UTF-8, which not every string can be.
            actor.encode()
            if request is not None:
                request.encode()
            return self._codec.intent(written), written
        except Exception as error:
            raise Rejected(INTENT_INVALID, f"{type(intent).__name__} cannot be written down: {error}") from error

    def _apply(self, intent: Intent, actor: str, time_ms: int, request: str | None) -> list[Event]:
        head = self.head
        ticks = self.ruleset.ticks_in(intent)
        if isinstance(intent, BRANCHES):
            # The parent's clock goes on in the new run from where it was.
            time_ms = head.time_ms
        context = Context(
            world=self.id,
            seq=head.seq + 1,
            tick=head.tick + ticks,
            now_ms=time_ms,
            actor=actor,
            balance={**head.balance, **head.tuned} if ticks else head.balance,
            _seed=self.run.seed,
            _coordinate=("tick", head.tick + ticks) if ticks else ("seq", head.seq + 1),
        )
        events = self._decide(intent, context)
        head.seq, head.tick, head.time_ms = context.seq, context.tick, time_ms
        head.balance = context.balance
        if ticks:
            head.tuned = {}
            if self.ruleset.tick_ms is not None:
                self._keep_the_beat(time_ms, self.ruleset.tick_ms)
        if request is not None:
            self._remember(actor, request)
        return events

    def _decide(self, intent: Intent, context: Context) -> list[Event]:
        handler = self.ruleset.handlers.get(type(intent))
        if handler is not None:
            return self._ask_the_rules(handler, intent, context)
        match intent:
            case Begin():
                return self._begin(intent, context)
            case Upgrade():
                self._upgrade(intent.version)
                return []
            case Rewound() | Forked():
                self.head.frozen_ms = intent.frozen_ms
                return []
            case Thaw():
                self.head.frozen_ms += intent.gap_ms
                return []
            case Tune():
                self.ruleset.balance.check(intent.changes)
                if not self.ruleset.ticks:
                    context.balance = {**context.balance, **intent.changes}
                else:
                    self.head.tuned = {**self.head.tuned, **intent.changes}
                return []
            case _:
                raise Rejected(INTENT_INVALID, f"{self.ruleset.name} cannot be asked for {type(intent).__name__}.")

    def _begin(self, begin: Begin, context: Context) -> list[Event]:
        try:
            spec = self._codec.spec(begin.spec)
        except msgspec.DecodeError as error:
            raise Rejected(INTENT_INVALID, f"{self.id} cannot be made from this: {error}") from error
        context.balance = dict(begin.balance)
        self.head.origin_ms = context.now_ms
        try:
            self.state, opening = self.ruleset.new_world(spec, context)
            return list(opening)
        except Rejected:
            raise
        except Exception as error:
            raise RuleCrash(f"a new world failed: {type(error).__name__}: {error}") from error

    def _ask_the_rules(self, handler: Handler, intent: Intent, context: Context) -> list[Event]:
        events: list[Event] = []
        try:
            events.extend(handler(self.state, intent, context))
        except Rejected as refusal:
            if events:
                raise RuleCrash(f"{type(intent).__name__} was refused after it had told {events[0]}") from refusal
            raise
        except Exception as error:
            raise RuleCrash(f"{type(intent).__name__} failed: {type(error).__name__}: {error}") from error
        return events

    def _upgrade(self, version: int) -> None:
        try:
            for step in range(self.head.version + 1, version + 1):
                migrate = self._newest.at(step).migrate
                self.state = migrate(self.state) if migrate else self.state
            self.ruleset = self._newest.at(version)
        except Exception as error:
            raise RuleCrash(f"moving to version {version} failed: {type(error).__name__}: {error}") from error
        self._codec, self.head.version = codec_of(self.ruleset), version

    @property
    def outdated(self) -> bool:
        """Whether newer rules were released and this world should move to them."""
        return self._newest.version > self.head.version and self._newest.adopt_running

    @property
    def newest_version(self) -> int:
        """The version of the newest released rules."""
        return self._newest.version

    def _keep_the_beat(self, time_ms: int, period_ms: int) -> None:
        if self.ruleset.lag is Lag.DILATE:
            # A tick that ran late moves the schedule: the next one is due a whole period after it.
            self.head.origin_ms = max(self.head.origin_ms, time_ms - self.head.tick * period_ms)

    def _remember(self, actor: str, request: str) -> None:
        requests = self.head.requests
        mine = requests.pop(actor, [])
        requests[actor] = [*mine[-(REQUESTS_KEPT - 1) :], (request, self.head.seq)]
        if len(requests) > ACTORS_KEPT:
            # By what they sent, not by their place: a snapshot does not keep the order of a dict.
            del requests[min(requests, key=lambda one: requests[one][-1][1])]

    def _digest_after(self, intent: Intent, *, ticked: bool) -> bytes | None:
        if self.ruleset.digest_ticks_only and not (ticked or isinstance(intent, Begin)):
            return None
        try:
            return self._codec.digest(self.state)
        except Exception as error:
            raise RuleCrash(f"{type(intent).__name__} left a state that cannot be written down: {error}") from error

    def _written(self, events: list[Event]) -> tuple[list[StoredEvent], list[Record]]:
        head, world, run = self.head, self.id, self.run.run
        seq, tick, version = head.seq, head.tick, head.version
        # By the host's clock, for people: the world's own may have stood still.
        time_ms = head.time_ms + head.frozen_ms
        stored: list[StoredEvent] = []
        records: list[Record] = []
        for position, event in enumerate(events, head.position + 1):
            try:
                raw = codec.encode(event)
            except Exception as error:
                raise RuleCrash(f"{type(event).__name__} cannot be written down: {error}") from error
            stored.append(StoredEvent(position, seq, tick, time_ms, version, raw))
            records.append(Record(world, run, position, seq, tick, time_ms, event, len(raw)))
        head.position += len(stored)
        return stored, records

    # -- asking -------------------------------------------------------------------------------------------------

    def entry_of(self, actor: str, request: str) -> int | None:
        """Give the seq of the entry that an intent sent before under this id became."""
        return next((seq for sent, seq in self.head.requests.get(actor, ()) if sent == request), None)

    @property
    def over(self) -> bool:
        """Whether the rules say that nothing more will happen. RuleCrash."""
        try:
            return self.ruleset.over(self.state)
        except Exception as error:
            raise RuleCrash(f"whether {self.id} is over cannot be told: {type(error).__name__}: {error}") from error

    def due(self) -> Due | None:
        """Give what time itself wants next, by the world's clock. RuleCrash."""
        try:
            wanted = self.ruleset.due(self.state)
        except Exception as error:
            raise RuleCrash(f"what is due cannot be told: {type(error).__name__}: {error}") from error
        if self.ruleset.tick_ms is not None and not self.over:
            tick = Due(self.head.origin_ms + (self.head.tick + 1) * self.ruleset.tick_ms, Tick())
            if wanted is None or tick.at_ms <= wanted.at_ms:
                return tick
        return wanted

    def overdue(self, now_ms: int) -> tuple[Intent, int] | None:
        """Give the clock's next intent and its time where one is due at `now_ms`, by the lag policy."""
        due = self.due()
        if due is None or due.at_ms > now_ms:
            return None
        late_ms, lag = now_ms - due.at_ms, self.ruleset.lag
        if not isinstance(due.intent, Tick):
            return due.intent, now_ms if late_ms > LATE_MS and lag is not Lag.CATCH_UP else due.at_ms
        period_ms = self.ruleset.tick_ms
        assert period_ms is not None
        missed = late_ms // period_ms
        if missed and lag is Lag.FREEZE:
            return Thaw(missed * period_ms), self.head.time_ms
        if missed and lag is Lag.SHED:
            return Tick(missed), due.at_ms + missed * period_ms
        if missed and lag is Lag.DILATE:
            return due.intent, now_ms
        return due.intent, due.at_ms

    def slept(self, now_ms: int) -> Thaw | None:
        """Give the entry with which a world that was in no process goes on where it stood, if its rules freeze.

        Nobody could act since its last entry, so nobody's time ran. Ticks see to themselves (see `overdue`).
        """
        due = self.due() if self.ruleset.lag is Lag.FREEZE else None
        if due is None or isinstance(due.intent, Tick) or now_ms - due.at_ms <= LATE_MS:
            return None
        return Thaw(now_ms - self.head.time_ms)

    def clock_ms(self, now_ms: int) -> int:
        """Turn the host's time into the world's, which never runs backwards."""
        return max(now_ms - self.head.frozen_ms, self.head.time_ms)

    # -- snapshots ----------------------------------------------------------------------------------------------

    def payload(self) -> tuple[Written, ...]:
        """Encode head and state, for a snapshot: parts that follow one another."""
        return codec.framed(self.head, self._codec.encode_state(self.state))

    @classmethod
    def from_snapshot(cls, world_id: str, ruleset: Ruleset, run: Run, snapshot: Snapshot) -> "World":
        """Open what `payload` wrote, compressed. JournalCorrupt where it is not what was folded."""
        try:
            head, raw = _payloads.decode(codec.decompress(snapshot.payload))
            state = codec_of(ruleset.at(head.version)).decode_state(raw)
        except (msgspec.DecodeError, zstandard.ZstdError, LookupError, ValueError) as error:
            raise JournalCorrupt(world_id, snapshot.seq, f"has a snapshot that cannot be read ({error})") from error
        world = cls(world_id, ruleset, run, head, state)
        if (head.seq, world.digest()) != (snapshot.seq, snapshot.digest):
            raise JournalCorrupt(world_id, snapshot.seq, "has a snapshot of another state")
        return world

    def digest(self) -> bytes:
        """Hash the state as it is."""
        return self._codec.digest(self.state)


_payloads = msgspec.msgpack.Decoder(tuple[Head, memoryview])

__all__ = ["CLOCK", "Head", "Played", "RuleCrash", "World"]
