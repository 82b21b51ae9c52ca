"""Turns what worlds know into what clients see. Names in worlds carry their unit; here the unit decides the form.

`cost_micro` becomes `cost` in USD, `keep_sat` becomes `keepBtc`, `lots` becomes `quantity` in BTC, `hashrate_ghs`
becomes `hashrate` in TH/s, and `expiry_s` becomes `expiry`, a moment of the game's calendar; all else keeps its
number and gets a camelCase name, or the one the spec has for it. Keys that are data, such as regions, stay as they are.
"""

import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final

import msgspec

from gamefold.games.tycoon.routes.amounts import btc, price, quantity, terahash, usd
from gamefold.games.tycoon.routes.envelope import camel, stamp

Form = Callable[[int], msgspec.Raw | str]

# By the word in a field's name: the word that stands in its place, and how the number is written.
_UNITS: Final[Mapping[str, tuple[str, Form]]] = {
    "micro": ("", usd),
    "sat": ("btc", btc),
    "lots": ("quantity", quantity),
    "ghs": ("", terahash),
}
# What is called otherwise outside.
_NAMES: Final = {
    "capacity_kw": "capacity",
    "contract": "contract_id",
    "cooling": "cooling_type",
    "hash_ghs": "hashrate_ghs",
    "kind": "type",
    "model": "type",
    "order": "order_id",
    "position": "position_id",
    "progress_bp": "progress",
    "proposal": "proposal_id",
    "site": "site_id",
    "tif": "time_in_force",
    "uptime_bp": "uptime",
    "wear_bp": "wear",
}
# Moments of the game, in seconds; all other seconds are how long something takes.
_MOMENTS: Final = {"expiry_s": "expiry", "resets_s": "resets"}
_OWN_NAME: Final = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)


def shape(value: Any, *, ticks: frozenset[str] = frozenset(), without: frozenset[str] = frozenset()) -> Any:
    """Give a Struct, dict or list as JSON. Fields named in `ticks` are prices in ticks; `without` are left out."""
    if isinstance(value, msgspec.Struct):
        value = {name: getattr(value, name) for name in value.__struct_fields__}
    if isinstance(value, Mapping):
        shaped = {}
        for name, part in value.items():
            if name in without:
                continue
            key, form = _form(name, ticks)
            shaped[key] = _money(part, form) if form else shape(part, ticks=ticks, without=without)
        return shaped
    if isinstance(value, list | tuple):
        return [shape(part, ticks=ticks, without=without) for part in value]
    if isinstance(value, bytes):
        return value.hex()
    return value.value if isinstance(value, Enum) else value


def error_shown(code: str, sentence: str, details: Mapping[str, object]) -> object:
    """Give an error as JSON. INSUFFICIENT_FUNDS says how much is `missing`, in USD."""
    return {"error": {"code": code, "message": sentence, **shape(details)}}


def _form(name: Any, ticks: frozenset[str]) -> tuple[Any, Form | None]:
    """Give a field's name outside, and how its number is written there."""
    if not isinstance(name, str) or not _OWN_NAME.fullmatch(name):
        return name, None
    if name in ticks:
        return camel(name), price
    if name in _MOMENTS:
        return _MOMENTS[name], _moment
    name = _NAMES.get(name, name)
    words = name.split("_")
    for unit, (word, form) in _UNITS.items():
        if unit in words:
            words[words.index(unit)] = word
            return camel("_".join(part for part in words if part)), form
    return camel(name), None


def _moment(seconds: int) -> str:
    return stamp(seconds * 1_000)


def _money(part: Any, form: Form) -> Any:
    if isinstance(part, int):
        return form(part)
    if isinstance(part, list | tuple):
        return [_money(one, form) for one in part]
    if isinstance(part, Mapping):
        return {key: _money(one, form) for key, one in part.items()}
    return part
