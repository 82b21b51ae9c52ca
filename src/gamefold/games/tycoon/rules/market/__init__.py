"""The market world: index, order books, positions, governance, difficulty."""

from collections.abc import Mapping
from typing import Final

from gamefold.engine.ruleset import Handler, Intent, Tick
from gamefold.games.tycoon.intents.border import HearRegion, Receive
from gamefold.games.tycoon.intents.market import (
    AdjustMargin,
    AmendOrder,
    CancelAll,
    CancelOrder,
    ClosePosition,
    LinkAccounts,
    PlaceOrder,
    SendHome,
)
from gamefold.games.tycoon.intents.world import CancelEvent, InjectEvent, Propose
from gamefold.games.tycoon.rules.market.backing import adjust_margin
from gamefold.games.tycoon.rules.market.crossings import hear_region, link_accounts, receive, send_home
from gamefold.games.tycoon.rules.market.handlers import (
    amend_order,
    cancel_all,
    cancel_order,
    close_position,
    place_order,
)
from gamefold.games.tycoon.rules.market.quote import quote
from gamefold.games.tycoon.rules.market.start import new_market
from gamefold.games.tycoon.rules.market.tick import tick
from gamefold.games.tycoon.rules.market.world import cancel_event, inject_event, propose

HANDLERS: Final[Mapping[type[Intent], Handler]] = {
    AdjustMargin: adjust_margin,
    AmendOrder: amend_order,
    CancelAll: cancel_all,
    CancelOrder: cancel_order,
    ClosePosition: close_position,
    HearRegion: hear_region,
    LinkAccounts: link_accounts,
    PlaceOrder: place_order,
    Receive: receive,
    SendHome: send_home,
    Tick: tick,
    CancelEvent: cancel_event,
    InjectEvent: inject_event,
    Propose: propose,
}

__all__ = ["HANDLERS", "new_market", "quote"]
