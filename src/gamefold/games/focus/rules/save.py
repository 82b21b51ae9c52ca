"""A save as a world: how it begins, and what its clock wants."""

from gamefold.engine.ruleset import Context, Due, Event
from gamefold.games.focus.events import HeroCreated
from gamefold.games.focus.intents import SaveSpec, TimeOutSessions
from gamefold.games.focus.state import Save


def new_world(spec: SaveSpec, _ctx: Context) -> tuple[Save, list[Event]]:
    """Begin with a hero of level 1 who owns nothing."""
    save = Save(tenant_id=spec.tenant_id, user_id=spec.user_id)
    return save, [HeroCreated(save.tenant_id, save.user_id, save.hero, save.progress)]


def due(save: Save) -> Due | None:
    """Ask for the next session to be timed out."""
    if not save.sessions:
        return None
    return Due(min(session.times_out_ms for session in save.sessions.values()), TimeOutSessions())
