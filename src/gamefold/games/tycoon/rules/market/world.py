"""The market's tick as far as the world around the books goes, and what regions are told of it.

`world_tick` comes first in a tick, `tell_news` last. Between them the market may list and expire options (`calendar`),
and ask for `leverage_cap`.
"""

from collections.abc import Sequence
from typing import Final, Protocol

from gamefold.engine.balance import Values
from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.events.world import SubsidyHalved, WorldEventBegan
from gamefold.games.tycoon.intents.world import CancelEvent, InjectEvent, Propose
from gamefold.games.tycoon.rules import happenings
from gamefold.games.tycoon.rules.market import governance
from gamefold.games.tycoon.rules.market.calendar import sample_index
from gamefold.games.tycoon.rules.market.difficulty import find_blocks, halve, network_conditions, start_chain
from gamefold.games.tycoon.rules.market.patents import grant_patents, tell_patents
from gamefold.games.tycoon.rules.market.price import move_price, shock, start_price
from gamefold.games.tycoon.state.border import Border, Effects, MarketNews
from gamefold.games.tycoon.state.units import BP, TICK_S
from gamefold.games.tycoon.state.world import World

HALVING: Final = "HALVING"


class Surrounded(Protocol):
    """A state with a world around it: the market's."""

    world: World


def start_world(balance: Values) -> World:
    """Give the world as a season begins."""
    world = World(price=start_price(balance), chain=start_chain(balance))
    sample_index(world)
    return world


def world_tick(world: World, border: Border, players_ghs: int, ctx: Context) -> list[Event]:
    """Let a tick of game time pass. `players_ghs` is what all regions' rigs compute, as last heard."""
    world.tick = ctx.tick
    world.game_s += TICK_S * ctx.balance["time_compression"]
    world.chain.players_ghs = players_ghs
    told = happenings.happen(world.happenings, ctx, market_conditions(world, ctx.balance))
    told += governance.decide(world, border, ctx)
    grant_patents(world, ctx)
    told += _strike(world, told, ctx)
    told += move_price(world.price, world.happenings.active, ctx)
    sample_index(world)
    told += _mine(world, ctx)
    return told


def market_conditions(world: World, balance: Values) -> list[str]:
    """Name what holds: the regime of volatility (CALM, NORMAL, WILD), and BOOM or SLUMP of mining."""
    mining = network_conditions(world.chain, world.game_s, world.price.index_micro, balance)
    return [world.price.regime, *mining]


def effects(world: World, ctx: Context) -> Effects:
    """Give what events and votes do to every region."""
    modifiers = happenings.effects_of(world.happenings.active)
    return Effects(
        energy_price_bp=modifiers.energy_price_bp,
        energy_tax_bp=modifiers.energy_tax_bp + governance.parameter(world, "energy_tax_bp", ctx),
        mining_subsidy_bp=governance.parameter(world, "mining_subsidy_bp", ctx),
        rig_price_bp=modifiers.rig_price_bp,
        hashrate_bp=modifiers.hashrate_bp,
        research_bp=modifiers.research_bp,
    )


def leverage_cap(world: World, ctx: Context) -> int:
    """Give the highest leverage that votes and regulation allow, 1 or more."""
    modifiers = happenings.effects_of(world.happenings.active)
    return max(1, governance.parameter(world, "leverage_cap", ctx) * modifiers.leverage_cap_bp // BP)


def tell_news(world: World, ctx: Context) -> MarketNews:
    """Give what regions hear of this tick. Called once a tick: what began and ended since then is told once."""
    chain = world.chain
    begun, world.proposals_begun = tuple(world.proposals_begun), []
    ended, world.proposals_ended = tuple(world.proposals_ended), []
    return MarketNews(
        tick=ctx.tick,
        index_micro=world.price.index_micro,
        difficulty=chain.difficulty_now,
        network_ghs=chain.network_ghs,
        reward_sat=chain.reward_sat,
        subsidy_sat=chain.subsidy_sat,
        effects=effects(world, ctx),
        proposals_begun=begun,
        proposals_ended=ended,
        patents=tell_patents(world),
    )


def inject_event(market: Surrounded, intent: InjectEvent, ctx: Context) -> list[Event]:
    """Handle `InjectEvent` in the market world."""
    return happenings.inject(market.world.happenings, intent, ctx)


def cancel_event(market: Surrounded, intent: CancelEvent, ctx: Context) -> list[Event]:
    """Handle `CancelEvent` in the market world."""
    return happenings.cancel(market.world.happenings, intent, ctx)


def propose(market: Surrounded, intent: Propose, ctx: Context) -> list[Event]:
    """Handle `Propose`."""
    return governance.propose(market.world, intent, ctx)


WORLD_HANDLERS: Final = {InjectEvent: inject_event, CancelEvent: cancel_event, Propose: propose}


def _strike(world: World, told: Sequence[Event], ctx: Context) -> list[Event]:
    """Let events that began with this tick do what they do once."""
    struck: list[Event] = []
    for event in told:
        if isinstance(event, WorldEventBegan):
            shock(world.price, event.event, ctx.balance)
            if event.event.kind == HALVING:
                struck.append(halve(world.chain))
    return struck


def _mine(world: World, ctx: Context) -> list[Event]:
    """Let the network work. A halving that comes with the height is a world event too, which moves the index."""
    befallen = world.happenings
    modifiers = happenings.effects_of(befallen.active)
    told = find_blocks(world.chain, world.game_s, world.price.index_micro, modifiers, ctx)
    if any(isinstance(event, SubsidyHalved) for event in told) and not happenings.is_taken(befallen, HALVING):
        halving = happenings.make(befallen, HALVING, "HIGH", ctx, ctx.rng("halving"))
        shock(world.price, halving, ctx.balance)
        told.append(happenings.begin(befallen, halving))
    return told
