"""Plots of a simulated season. The only place that needs matplotlib, which the extra `plots` installs."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl

mpl.use("Agg")

from matplotlib.axes import Axes
from matplotlib.figure import Figure

Document = Mapping[str, Any]

_STYLE: Final[Any] = {
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "font.size": 9,
    "grid.alpha": 0.25,
    "legend.frameon": False,
    "lines.linewidth": 1.3,
    "svg.hashsalt": "gamefold",  # the same report gives the same file
}


def draw(document: Document, directory: Path, kind: str) -> list[str]:
    """Draw every plot of a report into a directory as `svg` or `png`; give the names of the files."""
    names = []
    with mpl.rc_context(_STYLE):
        for name, (rows, paint) in _PLOTS.items():
            figure = Figure(figsize=(9, 2.6 * rows), layout="constrained")
            axes = figure.subplots(rows, 1, squeeze=False)[:, 0]
            paint(document, list(axes))
            file = f"{name}.{kind}"
            figure.savefig(directory / file, dpi=110, metadata={"Date": None} if kind == "svg" else {"Software": None})
            names.append(file)
    return names


def _price(document: Document, axes: list[Axes]) -> None:
    series = document["series"]
    _lines(axes[0], series, "Bitcoin, USD", index_usd="index", perp_usd="perpetual's mark")
    _lines(axes[1], series, "Funding rate, ppm", funding_ppm="")
    axes[1].axhline(0, color="grey", linewidth=0.6)


def _network(document: Document, axes: list[Axes]) -> None:
    series = document["series"]
    _lines(axes[0], series, "Difficulty", difficulty="")
    _lines(axes[1], series, "Network, EH/s", network_ehs="")
    _lines(axes[2], series, "Players, TH/s", players_ths="")


def _market(document: Document, axes: list[Axes]) -> None:
    series = document["series"]
    _lines(axes[0], series, "Volume so far, USD", volume_usd="")
    _lines(axes[1], series, "Open interest of the perpetual, BTC", open_interest_btc="")
    _lines(axes[2], series, "Liquidations so far", liquidations="")
    _lines(axes[3], series, "Insurance fund, USD", insurance_usd="")


def _plant(document: Document, axes: list[Axes]) -> None:
    series = document["series"]
    _lines(axes[0], series, "Rigs", rigs="all", failed_rigs="broken")
    _lines(axes[1], series, "So far", failures="failures of rigs", outages="outages of sites")
    _lines(axes[2], series, "Mined by players so far, BTC", mined_btc="")


def _energy(document: Document, axes: list[Axes]) -> None:
    series = document["series"]
    for region, prices in series["energy_usd_per_kwh"].items():
        axes[0].plot(series["day"], prices, label=region.replace("_", " "))
    _finish(axes[0], "Energy at the spot, USD per kWh")


def _wealth(document: Document, axes: list[Axes]) -> None:
    wealth, series = document["wealth"], document["series"]
    curve = wealth["lorenz"]
    axes[0].plot([poor for poor, _ in curve], [has for _, has in curve], label=f"Gini {wealth['gini']:.3f}")
    axes[0].plot([0, 1], [0, 1], color="grey", linewidth=0.8, linestyle="--", label="all the same")
    axes[0].set_title("Lorenz curve: what the poorest share of all has", loc="left")
    axes[0].legend()
    kinds = list(wealth["by_kind"])
    middles = [wealth["by_kind"][kind]["median_usd"] for kind in kinds]
    axes[1].bar([kind.replace("_", " ") for kind in kinds], middles)
    axes[1].set_title("Median worth by kind of player, USD", loc="left")
    _lines(axes[2], series, "Gini", gini="")
    _lines(axes[3], series, "All companies, USD", worth_usd="")


def _lines(axes: Axes, series: Mapping[str, Any], title: str, **labels: str) -> None:
    for name, label in labels.items():
        axes.plot(series["day"], series[name], label=label or None)
    _finish(axes, title, legend=any(labels.values()))


def _finish(axes: Axes, title: str, *, legend: bool = True) -> None:
    axes.set_title(title, loc="left")
    axes.set_xlabel("game day")
    axes.margins(x=0)
    if legend:
        axes.legend(ncols=5)


_PLOTS: Final[Mapping[str, tuple[int, Callable[[Document, list[Axes]], None]]]] = {
    "price": (2, _price),
    "network": (3, _network),
    "market": (4, _market),
    "plant": (3, _plant),
    "energy": (1, _energy),
    "wealth": (4, _wealth),
}
