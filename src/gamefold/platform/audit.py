"""The audit log: who did what to whom, in lines that cannot be changed unnoticed.

A line is written in the transaction of the thing it tells, so there is never one without the other. Each line's hash
covers the line and the hash before it; the last hash of a chain is kept beside the chain as well. Whoever edits,
removes, adds or cuts off lines has to compute all hashes after them anew, and the head then differs from every head
that was written down elsewhere: `verify_audit` gives the head, and compares with one that is handed in.

Writers of one chain wait for each other until their transactions end. So a game has a chain of its own, and a line
is the last thing a transaction writes.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final

from sqlalchemy import BigInteger, Column, Connection, Index, LargeBinary, Row, Table, Text, select, update

from gamefold.platform.schema import METADATA
from gamefold.storage.columns import UtcTime, milliseconds, moment
from gamefold.storage.statements import insert
from gamefold.web.trace import current_trace_id

PLATFORM: Final = "platform"  # the chain of accounts and tenants
SYSTEM: Final = "system"  # the actor where nobody asked
BEGIN: Final = bytes(32)
_PAGE: Final = 1_000

chains: Final = Table(
    "audit_chains",
    METADATA,
    Column("chain", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

audit: Final = Table(
    "audit",
    METADATA,
    Column("chain", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", UtcTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("details", Text, nullable=False),
    Column("trace_id", Text),
    Column("hash", LargeBinary, nullable=False),
    Index("ix_platform_audit_at", "at"),
    Index("ix_platform_audit_subject", "subject", "at"),
)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and in which request.

    Make it outside of the transaction: that may run in a thread that knows no request.
    """

    id: str
    trace_id: str | None = field(default_factory=current_trace_id)


@dataclass(frozen=True, slots=True)
class AuditVerdict:
    """What became of a chain. `head` is its last hash; `first_bad_seq` the first line that is not as it was written."""

    chain: str
    lines: int
    head: bytes
    first_bad_seq: int | None = None
    reason: str = ""

    @property
    def holds(self) -> bool:
        """Whether every line is as it was written."""
        return self.first_bad_seq is None


def write_audit(
    connection: Connection,
    actor: Actor,
    action: str,
    subject: str,
    now_ms: int,
    *,
    details: Mapping[str, object] | None = None,
    chain: str = PLATFORM,
) -> int:
    """Write one line, in the transaction of what it tells and as its last statement; give its number.

    `action` is `<thing>.<past tense>`. Ids and numbers belong into `details`, never addresses, names or secrets: the
    line outlives the person.
    """
    connection.execute(
        insert(connection, chains).values(chain=chain, seq=0, hash=BEGIN).on_conflict_do_nothing(),
    )
    head = connection.execute(select(chains.c.seq, chains.c.hash).where(chains.c.chain == chain).with_for_update())
    before = head.one()
    line = {
        "chain": chain,
        "seq": before.seq + 1,
        "at": moment(now_ms),
        "actor": actor.id,
        "action": action,
        "subject": subject,
        "details": json.dumps(details or {}, sort_keys=True, separators=(",", ":")),
        "trace_id": actor.trace_id,
    }
    line_hash = _hash(before.hash, line)
    connection.execute(audit.insert().values(**line, hash=line_hash))
    connection.execute(update(chains).where(chains.c.chain == chain).values(seq=line["seq"], hash=line_hash))
    return int(before.seq) + 1


def verify_audit(
    connection: Connection, chain: str = PLATFORM, *, known: tuple[int, bytes] | None = None
) -> AuditVerdict:
    """Compute a chain anew and name the first line that differs.

    `known` is the number and hash of a line as somebody wrote it down outside of this database: with it, even a
    chain that was computed anew from an edit on is noticed.
    """
    seq, last = 0, BEGIN
    for row in _lines(connection, chain):
        if row.seq != seq + 1:
            return AuditVerdict(chain, seq, last, seq + 1, "the line is missing")
        seq, last = row.seq, _hash(last, dict(row._mapping))  # noqa: SLF001 - the documented way to read by name
        if row.hash != last:
            return AuditVerdict(chain, seq - 1, last, seq, "the line was changed")
        if known is not None and known[0] == seq and known[1] != last:
            return AuditVerdict(chain, seq - 1, last, seq, "this or an earlier line is not what was written down")
    head = connection.execute(select(chains.c.seq, chains.c.hash).where(chains.c.chain == chain)).first()
    end = 0 if head is None else head.seq
    if (end, BEGIN if head is None else head.hash) != (seq, last):
        first_bad = min(seq, end) + 1 if end != seq else seq
        return AuditVerdict(chain, seq, last, first_bad, "the chain does not end where it was left")
    if known is not None and known[0] > seq:
        return AuditVerdict(chain, seq, last, seq + 1, "the lines up to the one written down are missing")
    return AuditVerdict(chain, seq, last)


def audit_lines(
    connection: Connection,
    limit: int,
    *,
    chain: str | None = None,
    subject: str | None = None,
    before_ms: int | None = None,
) -> list[Row[Any]]:
    """Read lines, newest first."""
    query = select(audit)
    if chain is not None:
        query = query.where(audit.c.chain == chain)
    if subject is not None:
        query = query.where(audit.c.subject == subject)
    if before_ms is not None:
        query = query.where(audit.c.at < moment(before_ms))
    newest = query.order_by(audit.c.at.desc(), audit.c.chain, audit.c.seq.desc()).limit(limit)
    return list(connection.execute(newest))


def _lines(connection: Connection, chain: str) -> Iterator[Row[Any]]:
    seen = 0
    while True:
        query = select(audit).where(audit.c.chain == chain, audit.c.seq > seen).order_by(audit.c.seq).limit(_PAGE)
        page = connection.execute(query).all()
        yield from page
        if len(page) < _PAGE:
            return
        seen = page[-1].seq


def _hash(before: bytes, line: Mapping[str, Any]) -> bytes:
    parts = [line[name] for name in ("chain", "seq", "actor", "action", "subject", "details", "trace_id")]
    told = json.dumps([milliseconds(line["at"]), *parts], separators=(",", ":"))
    return blake2b(before + told.encode(), digest_size=32).digest()
