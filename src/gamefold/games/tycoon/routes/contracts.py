"""How energy contracts and their offers are shown. One by INDEX has a share of the spot price instead of a price."""

from typing import Any

from gamefold.games.tycoon.events.region import ContractSigned
from gamefold.games.tycoon.routes.amounts import usd
from gamefold.games.tycoon.routes.shapes import shape
from gamefold.games.tycoon.state.energy import Quote
from gamefold.games.tycoon.state.region import Contract


def contract_shown(contract_id: str, site_id: str, terms: Contract | ContractSigned) -> dict[str, Any]:
    """Give an energy contract. `capacity` is kW, `start` and `end` are ticks."""
    return {
        "id": contract_id,
        "siteId": site_id,
        "type": terms.kind,
        "provider": terms.provider,
        **_price(terms.kind, terms.price),
        "capacity": terms.capacity_kw,
        "start": terms.starts,
        "end": terms.ends,
    }


def quote_shown(quote: Quote, days: int) -> dict[str, Any]:
    """Give what a provider offers."""
    return {
        "type": quote.kind,
        "provider": quote.provider,
        **_price(quote.kind, quote.price),
        **shape({"price_now_micro": quote.price_now_micro}),
        "durationDays": days,
    }


def _price(kind: str, price: int) -> dict[str, Any]:
    if kind == "INDEX":
        return {"pricePerKWh": None, "spotShareBp": price}
    return {"pricePerKWh": usd(price), "spotShareBp": None}
