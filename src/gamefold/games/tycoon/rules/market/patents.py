"""Who holds which patent: one company for each node in the whole game, whichever region it is at home in.

Regions send claims; of those that came since the last tick, the one that was finished first is granted, then the older
company's. All regions hear of it with the tick's news. Nothing is granted twice: what has expired is everybody's.
"""

import msgspec

from gamefold.engine.ruleset import Context
from gamefold.games.tycoon.state.border import LicenseFee, LicenseSold, PatentClaim, PatentTerms
from gamefold.games.tycoon.state.units import DAY_S
from gamefold.games.tycoon.state.world import World


def hear_claim(world: World, region: str, claim: PatentClaim) -> None:
    """Note a claim until the tick decides. One for what is somebody's came too late."""
    if claim.node not in world.patents:
        world.patent_claims.append((region, claim))


def hear_license(world: World, told: LicenseFee | LicenseSold) -> None:
    """Note another fee, or a license sold."""
    patent = world.patents[told.node]
    if isinstance(told, LicenseFee):
        patent = msgspec.structs.replace(patent, fee_micro=told.fee_micro)
    else:
        patent = msgspec.structs.replace(patent, licenses=patent.licenses + 1)
    _change(world, patent)


def grant_patents(world: World, ctx: Context) -> None:
    """Decide all claims."""
    claims, world.patent_claims = world.patent_claims, []
    today = world.game_s // DAY_S
    for region, claim in sorted(claims, key=lambda one: (one[1].due, one[1].founded_tick, one[1].company)):
        if claim.node not in world.patents:
            expires_day = today + ctx.balance["patent_days"]
            _change(
                world, PatentTerms(claim.node, claim.company, region, today, expires_day, fee_micro=claim.fee_micro)
            )


def tell_patents(world: World) -> tuple[PatentTerms, ...]:
    """Give what has changed since this was asked last."""
    changed, world.patents_changed = world.patents_changed, []
    return tuple(world.patents[node] for node in changed)


def _change(world: World, patent: PatentTerms) -> None:
    world.patents[patent.node] = patent
    world.patents_changed = sorted({*world.patents_changed, patent.node})
