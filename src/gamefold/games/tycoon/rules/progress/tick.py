"""What a region's tick means for the progress of its companies."""

from collections.abc import Iterator
from typing import Any

from numpy.typing import NDArray

from gamefold.engine.ruleset import Context, Event
from gamefold.games.tycoon.rules.progress.patents import expire_patents, hear_patents
from gamefold.games.tycoon.rules.progress.quests import begin_day, begin_week, count_mined
from gamefold.games.tycoon.rules.progress.reputation import decay
from gamefold.games.tycoon.rules.progress.research import advance_research
from gamefold.games.tycoon.rules.progress.standing import obey_standing_orders
from gamefold.games.tycoon.rules.progress.votes import hear_proposals
from gamefold.games.tycoon.state.border import MarketNews
from gamefold.games.tycoon.state.progress import day_of, week_of
from gamefold.games.tycoon.state.region import Region
from gamefold.games.tycoon.state.units import game_seconds


def progress_tick(region: Region, ctx: Context, news: MarketNews, *, mined_sat: NDArray[Any]) -> Iterator[Event]:
    """Let one tick pass, after mining and bills. `mined_sat` is what each company mined in it (int64, by row).

    Costs a few comparisons over the columns of all companies, and what finishes, completes or begins.
    """
    yield from _turn_the_calendar(region, ctx)
    # A new day counts what is mined in its first tick, so nobody completes a quest of a day that is over.
    yield from count_mined(region, mined_sat, ctx)
    # What somebody finished before is known before anybody finishes it now.
    yield from hear_patents(region, news, ctx)
    yield from advance_research(region, news.effects.research_bp, ctx)
    yield from obey_standing_orders(region, ctx)
    hear_proposals(region, news)


def _turn_the_calendar(region: Region, ctx: Context) -> Iterator[Event]:
    book = region.book
    before_s = book.game_s
    book.game_s += game_seconds(1, ctx.balance["time_compression"])
    days = day_of(book.game_s) - day_of(before_s)
    if not days:
        return
    yield from begin_day(region)
    if week_of(book.game_s) != week_of(before_s):
        yield from begin_week(region)
    decay(region, days, ctx)
    yield from expire_patents(region, ctx)
