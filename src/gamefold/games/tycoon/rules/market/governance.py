"""Votes: who may call one, how ballots are counted, and what a proposal that passed changes, for how long.

Votes are cast at home, where a company's weight is known. A region fixes all weights when it hears of a proposal (in
the news of tick `begins`), and says with that tick's own news how much they add up to. At its deadline a proposal has
passed if the weight of all ballots reaches the quorum and more weight was for it than against it; a tie rejects.
"""

from typing import Final

from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.events.world import (
    BallotCounted,
    ParameterChanged,
    ParameterRestored,
    ProposalClosed,
    ProposalOpened,
)
from gamefold.games.tycoon.intents.world import (
    DESCRIPTION_MAX,
    GUESTS_CANNOT_PROPOSE,
    PARAMETER_OUT_OF_BOUNDS,
    PARAMETER_UNKNOWN,
    PROPOSAL_INVALID,
    PROPOSAL_OPEN,
    TITLE_MAX,
    Propose,
)
from gamefold.games.tycoon.rules import happenings
from gamefold.games.tycoon.rules.border import send
from gamefold.games.tycoon.state.border import Ballot, Border, Prize, RegionNews
from gamefold.games.tycoon.state.units import BP, REGIONS, ticks_of
from gamefold.games.tycoon.state.world import (
    OPEN,
    PASSED,
    REJECTED,
    SEVERITIES,
    ParameterChange,
    Proposal,
    World,
    proposal_of,
)

# What each type of proposal may be about.
SUBJECTS: Final = {
    "EVENT": ("DIFFICULTY_SPIKE", "HARDWARE_SHORTAGE", "REGULATION", "TECH_BREAKTHROUGH"),
    "REGULATION": ("energy_tax_bp", "leverage_cap"),
    "SUBSIDY": ("mining_subsidy_bp",),
}
PROPOSALS_KEPT: Final = 50  # of those that are decided
PROPOSALS_OPEN_MAX: Final = 100
_PRINTABLE_TOO: Final = "\n"  # in descriptions


def propose(world: World, intent: Propose, ctx: Context) -> list[Event]:
    """Call a vote. Refusals: see `Propose`."""
    if intent.guest:
        raise Rejected(GUESTS_CANNOT_PROPOSE, "Guests call no votes; make an account of this company first.")
    title, description = intent.title.strip(), intent.description.strip()
    _check_words(intent, title, description)
    parameter, value = _subject(intent, ctx)
    hours = ctx.balance["vote_effect_hours"] if intent.duration_hours is None else intent.duration_hours
    if not 1 <= hours <= ctx.balance["vote_effect_hours_most"]:
        most = ctx.balance["vote_effect_hours_most"]
        raise Rejected(PROPOSAL_INVALID, f"What is voted on lasts 1 to {most} hours of game time.")
    running = [one for one in world.proposals if one.outcome == OPEN]
    if any(one.company == intent.company for one in running):
        raise Rejected(PROPOSAL_OPEN, "This company has called a vote that is not decided yet.")
    if len(running) >= PROPOSALS_OPEN_MAX:
        raise Rejected(PROPOSAL_INVALID, f"{PROPOSALS_OPEN_MAX} votes are under way; wait until one is decided.")

    compression = ctx.balance["time_compression"]
    begins = world.tick + 1
    proposal = Proposal(
        id=ctx.new_id("proposal"),
        company=intent.company,
        region=intent.region,
        kind=intent.kind,
        title=title,
        description=description,
        parameter=parameter,
        value=value,
        duration_ticks=ticks_of(hours * 3_600, compression),
        begins=begins,
        deadline=begins + ticks_of(ctx.balance["vote_hours"] * 3_600, compression),
    )
    world.proposals.append(proposal)
    world.proposals_begun.append(proposal.id)
    return [
        ProposalOpened(
            id=proposal.id,
            company=proposal.company,
            kind=proposal.kind,
            title=title,
            description=description,
            parameter=parameter,
            value=value,
            duration_ticks=proposal.duration_ticks,
            begins=proposal.begins,
            deadline=proposal.deadline,
        )
    ]


def count_ballot(world: World, ballot: Ballot) -> list[Event]:
    """Count a vote. One for a proposal that is decided or unknown came too late, and changes nothing."""
    proposal = proposal_of(world, ballot.proposal)
    if proposal is None or proposal.outcome != OPEN or ballot.weight <= 0:
        world.ballots_ignored += 1
        return []
    proposal.ballots += 1
    match ballot.choice:
        case "FOR":
            proposal.weight_for += ballot.weight
        case "AGAINST":
            proposal.weight_against += ballot.weight
        case _:
            proposal.weight_abstain += ballot.weight
    return [
        BallotCounted(
            proposal=proposal.id,
            company=ballot.company,
            choice=ballot.choice,
            weight=ballot.weight,
            weight_for=proposal.weight_for,
            weight_against=proposal.weight_against,
            weight_abstain=proposal.weight_abstain,
        )
    ]


def hear_weights(world: World, news: RegionNews) -> None:
    """Note how much weight a region gives to the proposals that began with the tick it tells about."""
    for proposal in world.proposals:
        if proposal.begins == news.tick and proposal.outcome == OPEN:
            proposal.entitled[news.region] = news.voting_weight


def decide(world: World, border: Border, ctx: Context) -> list[Event]:
    """Restore parameters whose time is up, decide proposals that are due, and let what passed act.

    Whoever proposed something that passed rises in the regulators' esteem, at home.
    """
    told = _restore(world, ctx)
    for proposal in world.proposals:
        if proposal.outcome == OPEN and proposal.deadline <= ctx.tick:
            told += _close(world, proposal, ctx)
            if proposal.outcome == PASSED and (points := ctx.balance["vote_passed_points"]):
                told.append(send(border, proposal.region, [Prize(proposal.company, "regulators", points)], ctx.tick))
    decided = [one for one in world.proposals if one.outcome != OPEN]
    if len(decided) > PROPOSALS_KEPT:
        forgotten = {one.id for one in decided[:-PROPOSALS_KEPT]}
        world.proposals = [one for one in world.proposals if one.id not in forgotten]
    return told


def parameter(world: World, name: str, ctx: Context) -> int:
    """Give the value of a world parameter, as votes or else the balance have it."""
    changed = next((one.value for one in world.changes if one.parameter == name), None)
    value: int = ctx.balance["world_parameter"][name] if changed is None else changed
    return value


def _check_words(intent: Propose, title: str, description: str) -> None:
    if intent.kind not in SUBJECTS:
        raise Rejected(PROPOSAL_INVALID, f"A proposal is one of {', '.join(SUBJECTS)}.")
    if intent.region not in REGIONS:
        raise Rejected(PROPOSAL_INVALID, f"There is no region {intent.region}.")
    if not 1 <= len(title) <= TITLE_MAX or not title.isprintable():
        raise Rejected(PROPOSAL_INVALID, f"A title has 1 to {TITLE_MAX} printable characters.")
    words = description.replace(_PRINTABLE_TOO, "")
    if not 1 <= len(description) <= DESCRIPTION_MAX or not words.isprintable():
        raise Rejected(PROPOSAL_INVALID, f"A description has 1 to {DESCRIPTION_MAX} printable characters.")


def _subject(intent: Propose, ctx: Context) -> tuple[str, int]:
    """Give what a proposal would change, and to what. Refuses PARAMETER_UNKNOWN, PARAMETER_OUT_OF_BOUNDS."""
    subjects = SUBJECTS[intent.kind]
    name = intent.parameter
    if name is None or name not in subjects:
        raise Rejected(PARAMETER_UNKNOWN, f"{intent.kind} is about one of {', '.join(subjects)}.")
    if intent.kind == "EVENT":
        severity = 0 if intent.value is None else intent.value
        if not 0 <= severity < len(SEVERITIES):
            raise Rejected(PARAMETER_OUT_OF_BOUNDS, f"A severity is 0 (LOW) to {len(SEVERITIES) - 1} (CRITICAL).")
        return name, severity
    least, most = ctx.balance["vote_least"][name], ctx.balance["vote_most"][name]
    if intent.value is None or not least <= intent.value <= most:
        raise Rejected(PARAMETER_OUT_OF_BOUNDS, f"{name} can be set to {least} .. {most}.")
    return name, intent.value


def _close(world: World, proposal: Proposal, ctx: Context) -> list[Event]:
    cast = proposal.weight_for + proposal.weight_against + proposal.weight_abstain
    entitled = sum(proposal.entitled.values())
    quorum_met = cast > 0 and cast * BP >= entitled * ctx.balance["vote_quorum_bp"]
    passed = quorum_met and proposal.weight_for > proposal.weight_against
    proposal.outcome = PASSED if passed else REJECTED
    world.proposals_ended.append(proposal.id)
    closed = ProposalClosed(
        id=proposal.id,
        company=proposal.company,
        outcome=proposal.outcome,
        weight_for=proposal.weight_for,
        weight_against=proposal.weight_against,
        weight_abstain=proposal.weight_abstain,
        entitled=entitled,
        quorum_met=quorum_met,
    )
    return [closed, *(_enact(world, proposal, ctx) if passed else [])]


def _enact(world: World, proposal: Proposal, ctx: Context) -> list[Event]:
    if proposal.kind == "EVENT":
        return _let_happen(world, proposal, ctx)
    previous = parameter(world, proposal.parameter, ctx)
    ends = ctx.tick + proposal.duration_ticks
    # A later vote on the same parameter takes the place of an earlier one.
    others = [one for one in world.changes if one.parameter != proposal.parameter]
    change = ParameterChange(proposal.parameter, proposal.value, proposal.id, ends)
    world.changes = sorted([*others, change], key=lambda one: one.parameter)
    return [ParameterChanged(proposal.parameter, proposal.value, previous, proposal.id, ends)]


def _let_happen(world: World, proposal: Proposal, ctx: Context) -> list[Event]:
    """Bring the event about, unless chance was faster: then what was voted for is there already."""
    if happenings.is_taken(world.happenings, proposal.parameter):
        return []
    event = happenings.make(
        world.happenings,
        proposal.parameter,
        SEVERITIES[proposal.value],
        ctx,
        ctx.rng("voted", proposal.id),
        ticks=proposal.duration_ticks,
    )
    return [happenings.begin(world.happenings, event)]


def _restore(world: World, ctx: Context) -> list[Event]:
    over = [one for one in world.changes if one.ends <= ctx.tick]
    world.changes = [one for one in world.changes if one.ends > ctx.tick]
    return [
        ParameterRestored(one.parameter, ctx.balance["world_parameter"][one.parameter], one.proposal) for one in over
    ]
