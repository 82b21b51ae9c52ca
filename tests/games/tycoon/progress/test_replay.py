"""Whatever companies do: no money is lost, nothing else comes of it in a replay, and all of it can be written down."""

from hypothesis import given, settings
from hypothesis import strategies as st

from gamefold.engine.refusal import Rejected
from gamefold.engine.ruleset import Intent
from gamefold.games.tycoon.intents.progress import (
    BuildPrototype,
    CastVote,
    ClaimQuest,
    LicensePatent,
    OfferLicense,
    SetStandingOrders,
    StartResearch,
)
from gamefold.games.tycoon.state.progress import NEVER
from gamefold.games.tycoon.state.progress_views import patents, quests, research_tree
from gamefold.games.tycoon.state.quest_list import QUESTS
from gamefold.games.tycoon.state.region_codec import decode_region, digest_region, encode_region
from gamefold.games.tycoon.state.research_tree import TREE

from .homes import Home

COMPANIES = 3
company = st.sampled_from([*(f"c{row}" for row in range(COMPANIES)), "stranger"])
node = st.sampled_from([*TREE, "FUSION"])
amount = st.sampled_from([-1, 0, 1, 5, 10**6, 10**9, 1 << 62])
intents: st.SearchStrategy[Intent] = st.one_of(
    st.builds(StartResearch, company, node, amount),
    st.builds(StartResearch, company, node),
    st.builds(BuildPrototype, company, node),
    st.builds(LicensePatent, company, node, st.none() | amount),
    st.builds(OfferLicense, company, node, amount),
    st.builds(ClaimQuest, company, st.sampled_from([*QUESTS, "NONE"])),
    st.builds(SetStandingOrders, company, st.booleans(), st.booleans(), amount),
    st.builds(CastVote, company, st.sampled_from(["p1", "p2"]), st.sampled_from(["FOR", "AGAINST", "MAYBE"])),
)
turns = st.lists(intents | st.tuples(st.integers(1, 30), st.sampled_from([0, 1_000, 900_000])), max_size=60)


def a_home() -> Home:
    home = Home(COMPANIES, usd=400_000, guests=[2])
    for row in range(COMPANIES):
        home.done("MINING_EFFICIENCY_1", "MINING_EFFICIENCY_2", "FIRMWARE_TUNING_1", row=row)
    return home


@settings(max_examples=25, deadline=None)
@given(turns)
def test_random_play_conserves_money_and_is_the_same_in_a_replay(played: list[Intent | tuple[int, int]]) -> None:
    home = a_home()
    home.tick(begun=("p1", "p2"))
    for turn in played:
        if isinstance(turn, tuple):
            ticks, mined_sat = turn
            home.tick(ticks, mined=(mined_sat, 0, mined_sat // 2))
        else:
            before = digest_region(home.region)
            try:
                home.do(turn)
            except Rejected:
                assert digest_region(home.region) == before
        assert home.conserves()

    for row in range(COMPANIES):
        progress = home.progress(row)
        due = int(home.region.standings["research_due"][row])
        assert due == min((one.due for one in progress.running), default=NEVER)
        assert set(progress.prototypes) == {name for name in progress.done if TREE[name].prototype}
        assert research_tree(home.region, row, home.balance)
        assert quests(home.region, row, home.balance)
        patents(home.region, row)

    again = a_home()
    for one in home.played:
        again.world.fold(one.entry)
    assert digest_region(again.region) == digest_region(home.region)

    written = encode_region(home.region)
    read = decode_region(written)
    assert (digest_region(read), encode_region(read)) == (digest_region(home.region), written)
