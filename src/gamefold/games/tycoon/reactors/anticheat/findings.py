"""What detectors say: something about one company, how sure they are, and what somebody needs to look at it again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

WASH_PAIR: Final = "WASH_PAIR"
WASH_RING: Final = "WASH_RING"
CHURN: Final = "CHURN"
VALUE_TRANSFER: Final = "VALUE_TRANSFER"
FUNNEL: Final = "FUNNEL"
LINKED_ACCOUNTS: Final = "LINKED_ACCOUNTS"
SPOOFING: Final = "SPOOFING"
ORDER_TO_TRADE: Final = "ORDER_TO_TRADE"
COMMAND_RATE: Final = "COMMAND_RATE"
BOT_RHYTHM: Final = "BOT_RHYTHM"
WORLD_QUARANTINED: Final = "WORLD_QUARANTINED"

SCORE_MOST: Final = 1_000
PEERS_MOST: Final = 20  # companies named in one finding

Evidence = dict[str, int | str | list[int] | list[str] | dict[str, int]]


@dataclass(frozen=True, slots=True)
class Finding:
    """One company (or, of kind WORLD_QUARANTINED, one world) that somebody should look at.

    `score` is 0 .. 1,000. `evidence` holds numbers and ids only, bounded, with the ticks it is about as
    `from_tick` and `upto_tick` (or times as `from_ms`, `upto_ms`), so that they can be played again.
    """

    kind: str
    subject: str
    score: int
    evidence: Evidence


def score_of(least: int, measured: int, limit: int) -> int:
    """Give `least` for what is just beyond the limit, and 60 more for every time it is twice that. At most 1,000."""
    times = measured // max(1, limit)
    return min(SCORE_MOST, least + 60 * max(0, times.bit_length() - 1))


def peers(ids: Sequence[str], companies: Iterable[int]) -> list[str]:
    """Name companies, the first 20 by id."""
    return sorted(ids[company] for company in companies)[:PEERS_MOST]


def strongest(findings: Iterable[Finding], most: int) -> list[Finding]:
    """Keep one finding of each kind about each subject, the one with the highest score, and `most` of them in all."""
    best: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        key = (finding.kind, finding.subject)
        if key not in best or best[key].score < finding.score:
            best[key] = finding
    return sorted(best.values(), key=lambda finding: (-finding.score, finding.kind, finding.subject))[:most]
