"""The same rigs without laziness: every rig is looked at in every tick, in plain Python, by the plain formulas.

When a rig fails is drawn when it starts, so the reference takes over what was drawn (`fails`), the wear it started with
and the rate; what happens from then on it works out for itself.
"""

from dataclasses import dataclass
from typing import Any

from gamefold.games.tycoon.state.region import FIRMWARES, MODELS, OK, Q30, Region


@dataclass
class Rig:
    """One rig that is watched at every tick."""

    site: int
    started_with: int  # wear, Q30
    worked: int  # since it was started
    rate: int
    fails: int
    model: str
    firmware: str
    quality_bp: int

    @property
    def wear(self) -> int:
        return self.started_with + (self.worked * self.rate >> 24)


class Eager:
    """Watches a region from outside."""

    def __init__(self, region: Region) -> None:
        self.rigs: dict[int, Rig] = {}
        self.loads: dict[int, int] = {}
        self.follow(region)

    def follow(self, region: Region) -> None:
        """Take over rigs that were started, changed or taken away since the last look, as intents do."""
        rows = {int(rid): row for row, rid in enumerate(region.rigs["rid"])}
        self.rigs = {rid: rig for rid, rig in self.rigs.items() if rid in rows}
        for rid, row in rows.items():
            column = {name: int(region.rigs[name][row]) for name in region.rigs}
            if column["status"] != OK:
                self.rigs.pop(rid, None)
                continue
            known = self.rigs.get(rid)
            worked = int(region.sites["load"][column["site"]]) - column["load0"]
            if known is None or (known.started_with, known.rate, known.fails) != (
                column["wear"],
                column["rate"],
                column["fails"],
            ):
                assert worked >= 0
                self.rigs[rid] = Rig(
                    column["site"],
                    column["wear"],
                    worked,
                    column["rate"],
                    column["fails"],
                    MODELS[column["model"]],
                    FIRMWARES[column["firmware"]],
                    column["quality_bp"],
                )
        self.loads = {site: int(load) for site, load in enumerate(region.sites["load"])}

    def tick(self, region: Region) -> set[int]:
        """Let every rig work as its site did in the tick that has just passed; give those that fail."""
        gained = {site: int(load) - self.loads.get(site, 0) for site, load in enumerate(region.sites["load"])}
        self.loads = {site: int(load) for site, load in enumerate(region.sites["load"])}
        failed = set()
        for rid, rig in self.rigs.items():
            rig.worked += gained[rig.site]
            if rig.wear >= rig.fails:
                failed.add(rid)
        for rid in failed:
            del self.rigs[rid]
        return failed

    def hash_of(self, rid: int, balance: dict[str, Any]) -> int:
        """What a rig computes at the wear it has, without research."""
        rig = self.rigs[rid]
        ghs = balance["rig_hash_ghs"][rig.model] * rig.quality_bp // 10_000
        ghs = ghs * balance["firmware_hash_bp"][rig.firmware] // 10_000
        lost_bp = min(10_000, rig.wear * balance["rig_wear_penalty_bp"] // Q30)
        return ghs * (10_000 - lost_bp) // 10_000
