"""What a simulated season came to: one document for programs, and one for people."""

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any, Final

from gamefold.games.tycoon.reactors.simulated.record import worths_of
from gamefold.games.tycoon.reactors.simulated.season import Season
from gamefold.games.tycoon.reactors.simulated.simulation import Simulation
from gamefold.games.tycoon.reactors.simulated.wealth import deciles, gini, lorenz
from gamefold.games.tycoon.state.border import MARKET
from gamefold.games.tycoon.state.region import Region
from gamefold.games.tycoon.state.units import DAY_S, EPOCH_S, REGIONS
from gamefold.games.tycoon.state.worlds import PLACES

CROSSINGS: Final = frozenset({"sent", "received", "unclaimed", "from_home", "to_home"})  # reasons of `Flows`
BROKE_USD: Final = 500


def report(simulation: Simulation, seconds: float) -> dict[str, Any]:
    """Give everything worth knowing. `seconds` of real time it took; only what stands under `speed` depends on them."""
    season, record = simulation.season, simulation.record
    game_s = season.state(MARKET).world.game_s - EPOCH_S
    return {
        "game": "tycoon",
        "seed": simulation.seed,
        "players": len(simulation.crowd.players),
        "time_compression": simulation.numbers["time_compression"],
        "days_asked": simulation.days,
        "days": round(game_s / DAY_S, 4),
        "ticks": season.ticks,
        "complete": season.ticks == simulation.ticks,
        "totals": record.totals(),
        "wealth": _wealth(simulation),
        "wishes": _by_kind(simulation.crowd.done),
        "refusals": _by_kind(simulation.crowd.refused),
        "conservation": conservation(season),
        "digests": {place: season.digest(place).hex() for place in PLACES},
        "series": {**record.series, "energy_usd_per_kwh": record.energy},
        "speed": {
            "seconds": round(seconds, 2),
            "ticks_per_second": round(season.ticks / seconds, 1) if seconds else None,
        },
    }


def conservation(season: Season) -> dict[str, Any]:
    """Prove that nothing was made or lost: in each world, and at the border between them.

    Whatever all worlds hold must be what came into being less what went, for other reasons than crossing the border.
    """
    held = {region: _at_home(season.state(region)) for region in REGIONS}
    held[MARKET] = season.state(MARKET).holdings()
    flows = {place: season.state(place).flows for place in PLACES}
    crossing_usd = sum(flow.usd_micro.get(reason, 0) for flow in flows.values() for reason in CROSSINGS)
    crossing_sat = sum(flow.sat.get(reason, 0) for flow in flows.values() for reason in CROSSINGS)
    made_usd, made_sat = Counter[str](), Counter[str]()
    for flow in flows.values():
        made_usd.update({reason: micro for reason, micro in flow.usd_micro.items() if reason not in CROSSINGS})
        made_sat.update({reason: sat for reason, sat in flow.sat.items() if reason not in CROSSINGS})
    usd_micro, sat = (sum(one[unit] for one in held.values()) for unit in (0, 1))
    holds = (
        all(held[place] == flows[place].balance() for place in PLACES)
        and (crossing_usd, crossing_sat) == (0, 0)
        and (usd_micro, sat) == (sum(made_usd.values()), sum(made_sat.values()))
    )
    return {
        "holds": holds,
        "held_micro_usd": usd_micro,
        "held_sat": sat,
        "micro_usd_by_reason": dict(sorted(made_usd.items())),
        "sat_by_reason": dict(sorted(made_sat.items())),
    }


def markdown(document: Mapping[str, Any], plots: Sequence[str]) -> str:
    """Write a report for people. `plots` are file names beside it."""
    series, totals, wealth = document["series"], document["totals"], document["wealth"]
    speed = document["speed"]
    proof = "nothing was made or lost" if document["conservation"]["holds"] else "THE SUMS DO NOT HOLD"
    lines = [
        "# Bitcoin Tycoon, simulated",
        "",
        f"{document['days']:g} game days ({document['ticks']} ticks, a second is {document['time_compression']}) "
        f"with {document['players']} simulated players; seed {document['seed']}."
        + ("" if document["complete"] else f" Interrupted: {document['days_asked']} days were asked for."),
        f"It took {speed['seconds']} s ({speed['ticks_per_second']} ticks a second).",
        "",
        "| | start | end | least | most |",
        "|---|---:|---:|---:|---:|",
        *(_row(title, series[name], unit) for title, name, unit in _ROWS),
        "",
        f"Money: {proof}, in any world and between them.",
        "",
        "## What happened",
        "",
        *_list(totals["events"]),
        f"- companies liquidated at least once: {totals['companies_liquidated']} of {document['players']}",
        f"- bailouts: {totals['bailout_usd']:,} USD",
        *(
            f"- traded {name}: {count:,} times, {totals['volume_usd'][name]:,} USD"
            for name, count in totals["trades"].items()
        ),
        "",
        "World events: " + (_inline(totals["happenings"]) or "none") + ".",
        "Quests claimed: " + (_inline(totals["quests_claimed"]) or "none") + ".",
        "Research finished: " + (_inline(totals["research_finished"]) or "none") + ".",
        "",
        "## Wealth",
        "",
        f"Gini {wealth['gini']:.3f}. The median company is worth {wealth['median_usd']:,} USD.",
        f"{wealth['broke']} have less than {BROKE_USD} USD.",
        "",
        "| kind | players | least | median | most |",
        "|---|---:|---:|---:|---:|",
        *(
            f"| {kind} | {one['players']} | {one['least_usd']:,} | {one['median_usd']:,} | {one['most_usd']:,} |"
            for kind, one in wealth["by_kind"].items()
        ),
        "",
        "## What the players did",
        "",
        "| kind | wishes that came true | refused |",
        "|---|---|---|",
        *(
            f"| {kind} | {_inline(done)} | {_inline(document['refusals'].get(kind, {})) or 'nothing'} |"
            for kind, done in document["wishes"].items()
        ),
        "",
        *(f"![{name.partition('.')[0]}]({name})\n" for name in plots),
        "## Digests of the worlds",
        "",
        *(f"- {place}: `{digest}`" for place, digest in document["digests"].items()),
        "",
    ]
    return "\n".join(lines)


_ROWS: Final = (
    ("Index, USD", "index_usd", ",.0f"),
    ("Difficulty", "difficulty", ",.3g"),
    ("Network, EH/s", "network_ehs", ",.1f"),
    ("Players, TH/s", "players_ths", ",.0f"),
    ("Players' rigs", "rigs", ",.0f"),
    ("Broken rigs", "failed_rigs", ",.0f"),
    ("Funding, ppm", "funding_ppm", ",.1f"),
    ("Insurance fund, USD", "insurance_usd", ",.0f"),
    ("Open interest, BTC", "open_interest_btc", ",.2f"),
    ("Gini", "gini", ".3f"),
    ("All companies, USD", "worth_usd", ",.0f"),
)


def _at_home(region: Region) -> tuple[int, int]:
    """Give all micro-USD and satoshi in a region, with what waits for companies nobody knows."""
    waiting = region.unclaimed.values()
    usd_micro = int(region.ledger["usd"].sum()) + sum(usd for usd, _ in waiting)
    return usd_micro, int(region.ledger["sat"].sum()) + sum(sat for _, sat in waiting)


def _wealth(simulation: Simulation) -> dict[str, Any]:
    worths = worths_of(simulation.season, simulation.numbers)
    values = list(worths.values())
    by_kind: dict[str, list[int]] = {}
    for person in simulation.crowd.players:
        if person.company in worths:
            by_kind.setdefault(person.kind, []).append(worths[person.company])
    return {
        "gini": gini(values),
        "median_usd": int(median(values)) if values else 0,
        "broke": sum(value < BROKE_USD for value in values),
        "deciles_usd": deciles(values),
        "lorenz": lorenz(values),
        "by_kind": {
            kind: {
                "players": len(ones),
                "least_usd": min(ones),
                "median_usd": int(median(ones)),
                "most_usd": max(ones),
            }
            for kind, ones in sorted(by_kind.items())
        },
        "companies_usd": dict(sorted(worths.items())),
    }


def _by_kind(counts: Mapping[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    nested: dict[str, dict[str, int]] = {}
    for (kind, name), count in sorted(counts.items()):
        nested.setdefault(kind, {})[name] = count
    return nested


def _row(title: str, values: Sequence[float], form: str) -> str:
    shown = (values[0], values[-1], min(values), max(values))
    return f"| {title} | " + " | ".join(format(value, form) for value in shown) + " |"


def _list(counts: Mapping[str, int]) -> list[str]:
    return [f"- {name}: {count:,}" for name, count in counts.items()]


def _inline(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())
