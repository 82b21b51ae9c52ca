"""The rules, a sentence each."""

import pytest

from gamefold.games.spellcasters.balance import (
    ARTIFACT_SPAWN_RATE,
    BOARD_SIZE,
    DIRECTIONS,
    FIREBALL_SPLASH_DAMAGE,
    MANA_REGEN,
    MAX_HP,
    MAX_MANA,
    MELEE_DAMAGE,
    NUMBERS,
    SPELLS,
)
from gamefold.games.spellcasters.intents import Action
from gamefold.games.spellcasters.rules import KeyedChance, board_view, open_turn, view_for
from gamefold.games.spellcasters.rules.board import free_tiles_around
from gamefold.games.spellcasters.state import Artifact, Match, Position

from .builders import STAY, Told, a_match, after, casting, keyed

SOMEWHERE = (0, 9)
NOWHERE = Action(None)


def test_participants_know_these_constants() -> None:
    assert (BOARD_SIZE, MAX_HP, MAX_MANA, MANA_REGEN) == (10, 100, 100, 10)
    assert (MELEE_DAMAGE, ARTIFACT_SPAWN_RATE, FIREBALL_SPLASH_DAMAGE) == (5, 3, 4)
    assert DIRECTIONS == [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 0), (0, 1), (1, -1), (1, 0), (1, 1)]
    assert SPELLS == {
        "fireball": {"cost": 30, "cooldown": 2, "damage": 20, "range": 5},
        "shield": {"cost": 20, "cooldown": 3, "block": 20},
        "teleport": {"cost": 20, "cooldown": 4},
        "summon": {"cost": 50, "cooldown": 5},
        "heal": {"cost": 25, "cooldown": 3, "heal": 20},
        "blink": {"cost": 10, "cooldown": 2, "distance": 2},
        "melee_attack": {"cost": 0, "cooldown": 1, "damage": 10, "range": 1},
    }


# -- moves ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("move", "tile"), [((1, 1), (5, 5)), ((0, 0), (4, 4)), (None, (4, 4)), ((2, 0), (4, 4))])
def test_a_move_is_one_king_step(move: Position | None, tile: Position) -> None:
    match = a_match((4, 4))
    after(match, Action(move))
    assert match.wizard(1).position == tile


def test_both_move_at_the_same_moment_so_they_may_swap_places() -> None:
    match = a_match((4, 4), (5, 4))
    after(match, Action((1, 0)), Action((-1, 0)))
    assert (match.wizard(1).position, match.wizard(2).position) == ((5, 4), (4, 4))


@pytest.mark.parametrize("nothing", [None, NOWHERE, Action((1, 0))], ids=["no action", "no move", "off the board"])
def test_one_without_an_intended_tile_is_walked_onto(nothing: Action | None) -> None:
    match = a_match((8, 4), (9, 4))
    report = after(match, Action((1, 0)), nothing)
    assert match.wizard(1).position == match.wizard(2).position == (9, 4)
    assert not report.collisions


def test_one_who_means_to_stay_collides_with_one_who_comes() -> None:
    match = a_match((4, 4), (5, 4))
    report = after(match, Action((1, 0)), Action((0, 0)), Told(((3, 5), ((6, 3), (4, 4)))))
    assert [(it.first, it.second, it.tile, it.rolls) for it in report.collisions] == [("p1", "p2", (5, 4), (3, 5))]
    assert (match.wizard(1).hp, match.wizard(2).hp) == (97, 95)
    assert (match.wizard(1).position, match.wizard(2).position) == ((6, 3), (4, 4))


def test_minions_never_block_wizards() -> None:
    match = a_match((4, 4), minions=[(2, (5, 4), 30)])
    after(match, Action((1, 0)))
    assert match.wizard(1).position == (5, 4)


# -- collisions -------------------------------------------------------------------------------------------------


def test_a_shield_takes_a_collision_and_is_gone() -> None:
    match = a_match(((4, 4), {"shield_active": True}), (6, 4))
    after(match, Action((1, 0)), Action((-1, 0)), Told(((5, 5), None)))
    assert (match.wizard(1).hp, match.wizard(1).shield_active) == (100, False)
    assert match.wizard(2).hp == 95


def test_after_a_collision_no_spell_is_cast_or_charged() -> None:
    match = a_match(((4, 4), {"mana": 50}), (6, 4))
    after(match, casting("heal", move=(1, 0)), casting("summon", move=(-1, 0)), Told(((0, 0), None)))
    assert match.wizard(1).mana == 60
    assert not any(match.wizard(1).cooldowns.values())
    assert not match.minions


def test_scatter_offers_the_eight_neighbours_that_are_on_the_board_and_free() -> None:
    match = a_match((0, 1), (1, 0), minions=[(1, (1, 1), 30)])
    luck = Told(((0, 0), ((0, 1), (1, 0))))
    after(match, Action((0, -1)), Action((-1, 0)), luck)
    # Both that collide have left where they stood; the minion has not.
    assert luck.offered == [[(0, 1), (1, 0)]]


def test_with_fewer_than_two_free_tiles_both_stay_where_they_were() -> None:
    match = a_match((0, 1), (1, 0), minions=[(1, (1, 1), 30)])
    match.minions[0].ready = False
    assert KeyedChance(keyed()).scatter(1, 0, [(0, 1)]) is None
    after(match, Action((0, -1)), Action((-1, 0)), Told(((1, 2), None)))
    assert (match.wizard(1).position, match.wizard(2).position) == ((0, 1), (1, 0))
    assert (match.wizard(1).hp, match.wizard(2).hp) == (99, 98)


def test_keyed_scatter_gives_two_different_free_tiles() -> None:
    luck = KeyedChance(keyed())
    free = free_tiles_around(a_match((4, 4), (5, 5)), (4, 5))
    dealt = [luck.scatter(turn, 0, free) for turn in range(300)]
    assert all(pair and pair[0] != pair[1] and set(pair) <= set(free) for pair in dealt)
    assert {pair[0] for pair in dealt if pair} == set(free)


def test_keyed_rolls_are_from_0_to_5_and_independent() -> None:
    luck = KeyedChance(keyed())
    rolls = {luck.rolls(turn, number, 5) for turn in range(200) for number in range(4)}
    assert rolls == {(one, two) for one in range(6) for two in range(6)}


# -- artifacts --------------------------------------------------------------------------------------------------


def test_an_artifact_appears_on_every_third_turn_and_never_goes() -> None:
    match = a_match()
    luck = KeyedChance(keyed())
    for _ in range(9):
        after(match, chance=luck)
    assert [artifact.spawn_turn for artifact in match.artifacts] == [3, 6, 9]


def test_bots_see_the_artifact_of_the_turn_they_decide() -> None:
    match = a_match(turn=2)
    open_turn(match, Told(artifacts={3: ("mana", (4, 4))}), NUMBERS)
    view = view_for(match, 1)
    assert view["turn"] == 3
    assert view["artifacts"] == [{"type": "mana", "position": [4, 4], "spawn_turn": 3}]


def test_an_artifact_appears_on_a_free_tile() -> None:
    for seed in range(200):
        match = a_match((1, 1), (2, 2), minions=[(1, (3, 3), 30)], artifacts=[Artifact("mana", (4, 4), 0)], turn=2)
        artifact = open_turn(match, KeyedChance(keyed(seed.to_bytes(32, "big"))), NUMBERS)
        assert artifact is not None
        assert artifact.position not in {(1, 1), (2, 2), (3, 3), (4, 4)}


@pytest.mark.parametrize(("lying", "appears"), [(8, True), (9, False)])
def test_no_artifact_appears_when_more_than_ten_tiles_are_taken(lying: int, *, appears: bool) -> None:
    match = a_match(artifacts=[Artifact("mana", (x, 5), 0) for x in range(lying)], turn=2)
    assert (open_turn(match, KeyedChance(keyed()), NUMBERS) is not None) == appears


@pytest.mark.parametrize(
    ("kind", "hp", "mana", "cooldown"), [("health", 70, 50, 2), ("mana", 50, 80, 2), ("cooldown", 50, 50, 1)]
)
def test_what_an_artifact_gives(kind: str, hp: int, mana: int, cooldown: int) -> None:
    lying = Artifact(kind, (1, 0), 0)  # type: ignore[arg-type]
    match = a_match(((0, 0), {"hp": 50, "mana": 40, "cooldowns": {"summon": 3}}), artifacts=[lying])
    after(match, Action((1, 0)))
    wizard = match.wizard(1)
    assert (wizard.hp, wizard.mana, wizard.cooldowns["summon"]) == (hp, mana, cooldown)
    assert not match.artifacts


def test_player_1_picks_up_first() -> None:
    match = a_match(((5, 4), {"hp": 50}), ((5, 4), {"hp": 50}), artifacts=[Artifact("health", (5, 4), 0)])
    after(match, NOWHERE, NOWHERE)
    assert (match.wizard(1).hp, match.wizard(2).hp) == (70, 50)


# -- spells -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", [{"mana": 29}, {"cooldowns": {"fireball": 1}}])
def test_a_spell_that_may_not_be_cast_costs_nothing(start: dict[str, object]) -> None:
    match = a_match(((4, 4), start), (6, 4))
    mana = match.wizard(1).mana
    after(match, casting("fireball", (6, 4)))
    assert match.wizard(2).hp == 100
    assert match.wizard(1).mana == min(100, mana + 10)
    assert match.wizard(1).cooldowns["fireball"] == 0


@pytest.mark.parametrize(
    ("name", "target"),
    [("fireball", (9, 4)), ("blink", (7, 4)), ("teleport", (4, 10)), ("teleport", (-1, 4)), ("summon", None)],
)
def test_a_spell_that_fizzles_is_charged(name: str, target: Position | None) -> None:
    match = a_match(((3, 4), {"mana": 60}), SOMEWHERE, minions=[(1, (9, 9), 30)])
    after(match, casting(name, target))
    assert match.wizard(1).mana == 60 - SPELLS[name]["cost"] + 10
    assert match.wizard(1).cooldowns[name] == SPELLS[name]["cooldown"] - 1
    assert match.wizard(1).position == (3, 4)


@pytest.mark.parametrize("target", [(5, 5), (4, 4), (6, 4)])
def test_melee_out_of_reach_is_not_charged(target: Position) -> None:
    match = a_match((4, 4), (5, 5))
    report = after(match, casting("melee_attack", target))
    assert match.wizard(2).hp == 100
    assert report.lines == ["A cannot cast melee_attack: out of reach"]


def test_melee_takes_10_and_leaves_the_shield() -> None:
    match = a_match((4, 4), ((5, 4), {"shield_active": True}))
    after(match, casting("melee_attack", (5, 4)))
    assert (match.wizard(2).hp, match.wizard(2).shield_active) == (90, True)


def test_distances_are_measured_after_the_move() -> None:
    match = a_match((3, 4), (9, 4))
    after(match, casting("fireball", (9, 4), move=(1, 0)))
    assert match.wizard(2).hp == 80


@pytest.mark.parametrize(("target", "owner_hp"), [((4, 4), 80), ((5, 4), 100)])
def test_a_fireball_hits_oneself_and_ones_own_minion(target: Position, owner_hp: int) -> None:
    match = a_match((4, 4), SOMEWHERE, minions=[(1, (5, 4), 40)])
    after(match, casting("fireball", target))
    assert match.wizard(1).hp == owner_hp
    assert match.wizard(1).damage_dealt == 0
    assert match.minions[0].hp == (40 if target == (4, 4) else 20)


def test_a_fireball_uses_the_shield_up() -> None:
    match = a_match((4, 4), ((6, 4), {"shield_active": True}))
    after(match, casting("fireball", (6, 4)))
    assert (match.wizard(2).hp, match.wizard(2).shield_active) == (100, False)


def test_a_fireball_on_an_empty_tile_singes_every_enemy_around_it() -> None:
    match = a_match((4, 4), (6, 4), minions=[(1, (5, 3), 30), (2, (6, 5), 30)])
    for minion in match.minions:
        minion.ready = False
    after(match, casting("fireball", (5, 4)))
    assert (match.wizard(1).hp, match.wizard(2).hp) == (100, 96)
    assert match.wizard(1).damage_dealt == 8
    assert [minion.hp for minion in match.minions] == [30, 26]


def test_a_shield_stops_the_splash_and_stays() -> None:
    match = a_match((4, 4), ((6, 4), {"shield_active": True}))
    after(match, casting("fireball", (5, 4)))
    assert (match.wizard(2).hp, match.wizard(2).shield_active) == (100, True)


def test_a_splash_may_come_from_off_the_board() -> None:
    match = a_match((6, 4), (9, 4))
    after(match, casting("fireball", (10, 4)))
    assert match.wizard(2).hp == 96


def test_a_wizard_covers_the_minion_that_shares_its_tile() -> None:
    match = a_match((4, 4), ((6, 4), {"shield_active": True}), minions=[(2, (6, 4), 30)])
    after(match, casting("fireball", (5, 4)), NOWHERE)
    assert match.minions[0].hp == 30


def test_teleport_goes_anywhere_even_where_somebody_stands_and_picks_up() -> None:
    match = a_match(
        ((0, 0), {"mana": 20}), (7, 7), artifacts=[Artifact("health", (7, 7), 0), Artifact("mana", (7, 7), 0)]
    )
    after(match, casting("teleport", (7, 7)))
    assert match.wizard(1).position == (7, 7)
    assert match.wizard(1).mana == 20 - 20 + 30 + 10  # the health lay there longer, so B took that before
    assert not match.artifacts


def test_a_minion_is_summoned_on_the_first_free_tile_and_only_gets_ready() -> None:
    match = a_match((4, 4), (3, 3))
    after(match, casting("summon"))
    minion = match.minions[0]
    assert (minion.id, minion.seat, minion.hp, minion.position, minion.ready) == ("A-1", 1, 30, (3, 4), True)
    assert match.wizard(2).hp == 100


def test_there_is_one_living_minion_per_owner() -> None:
    match = a_match((4, 4), SOMEWHERE, minions=[(1, (5, 5), 30)])
    after(match, casting("summon"))
    assert len(match.minions) == 1


def test_player_2_casts_on_what_player_1_left() -> None:
    match = a_match((4, 4), (6, 4))
    after(match, casting("shield"), casting("fireball", (4, 4)))
    assert (match.wizard(1).hp, match.wizard(1).shield_active) == (100, False)


def test_a_wizard_without_hp_still_casts_and_may_heal_back() -> None:
    match = a_match((4, 4), ((6, 4), {"hp": 15}))
    after(match, casting("fireball", (6, 4)), casting("heal"))
    assert match.wizard(2).hp == 15
    assert match.status == "running"


@pytest.mark.parametrize("spell", [casting("fireball"), casting("polymorph", (1, 1))])
def test_a_spell_nobody_can_cast_changes_nothing(spell: Action) -> None:
    match, idle = a_match(), a_match()
    after(match, spell)
    after(idle)
    assert match == idle


# -- minions ----------------------------------------------------------------------------------------------------


def test_a_minion_steps_toward_the_nearest_enemy_and_strikes_if_it_gets_there() -> None:
    match = a_match((0, 0), ((5, 5), {"shield_active": True}), minions=[(1, (5, 8), 30)])
    after(match)
    assert (match.minions[0].position, match.wizard(2).hp) == ((5, 7), 100)
    after(match)
    assert (match.minions[0].position, match.wizard(2).hp) == ((5, 6), 90)
    assert match.wizard(2).shield_active
    assert match.wizard(1).damage_dealt == 10


def test_a_minion_prefers_the_wizard_to_a_minion_as_near() -> None:
    match = a_match((0, 0), (5, 4), minions=[(1, (5, 5), 30), (2, (5, 6), 30)])
    match.minions[1].ready = False
    after(match)
    assert (match.wizard(2).hp, match.minions[1].hp) == (90, 30)


def test_a_minion_that_walks_into_a_wizard_collides_even_with_its_own() -> None:
    match = a_match((4, 4), SOMEWHERE, minions=[(1, (5, 3), 30)])
    report = after(match, chance=Told(((2, 3), ((9, 9), (4, 5)))))
    assert [(it.first, it.second, it.tile) for it in report.collisions] == [("minion:p1", "p1", (4, 4))]
    assert (match.minions[0].hp, match.wizard(1).hp) == (28, 97)
    assert (match.minions[0].position, match.wizard(1).position) == ((9, 9), (4, 5))


def test_a_minion_that_walks_onto_a_tile_another_walked_to_collides() -> None:
    match = a_match((0, 0), (9, 9), minions=[(1, (3, 3), 30), (2, (5, 5), 30)])
    report = after(match, chance=Told(((1, 2), ((5, 3), (3, 3)))))
    assert [(it.first, it.second, it.tile) for it in report.collisions] == [("minion:p2", "minion:p1", (4, 4))]
    assert [(minion.hp, minion.position) for minion in match.minions] == [(28, (3, 3)), (29, (5, 3))]


def test_a_minion_that_dies_in_its_own_collision_does_nothing_more() -> None:
    match = a_match((5, 4), SOMEWHERE, minions=[(2, (4, 3), 3)])
    after(match, chance=Told(((5, 0), ((5, 5), (5, 4)))))
    assert not match.minions
    assert match.wizard(1).hp == 100


def test_a_dead_minion_is_not_struck_again() -> None:
    match = a_match((0, 0), (9, 9), minions=[(1, (3, 3), 3), (2, (5, 5), 30)])
    after(match, chance=Told(((0, 5), ((4, 5), (4, 6)))))
    assert [minion.id for minion in match.minions] == ["B-1"]


def test_minions_collect_nothing() -> None:
    match = a_match(minions=[(1, (5, 5), 30)], artifacts=[Artifact("mana", (6, 6), 0)])
    after(match)
    assert match.minions[0].position == (6, 6)
    assert match.artifacts


# -- the end of a turn ------------------------------------------------------------------------------------------


def test_mana_comes_back_and_cooldowns_go_down_to_their_bounds() -> None:
    match = a_match(((0, 0), {"mana": 95, "cooldowns": {"heal": 1}}))
    after(match)
    assert (match.wizard(1).mana, match.wizard(1).cooldowns["heal"]) == (100, 0)
    assert min(match.wizard(1).cooldowns.values()) == 0


@pytest.mark.parametrize(("hp_one", "hp_two", "winner"), [(0, 10, 2), (10, -5, 1), (0, 0, None), (-3, 0, None)])
def test_who_has_no_hp_left_loses_and_both_draw(hp_one: int, hp_two: int, winner: int | None) -> None:
    match = a_match(((0, 0), {"hp": hp_one}), ((9, 9), {"hp": hp_two}))
    after(match)
    assert (match.status, match.winner) == ("completed", winner)


def test_after_the_last_turn_it_is_a_draw() -> None:
    match = a_match(((0, 0), {"hp": 1}), turn=99)
    after(match)
    assert (match.turn, match.status, match.winner) == (100, "completed", None)


# -- views ------------------------------------------------------------------------------------------------------


def test_each_bot_sees_itself_first_and_may_do_what_it_likes_to_its_view() -> None:
    match = a_match((1, 2), (3, 4), minions=[(2, (5, 6), 30)], artifacts=[Artifact("mana", (7, 8), 3)])
    one, two = view_for(match, 1), view_for(match, 2)
    assert one["self"] == two["opponent"]
    assert one["opponent"] == two["self"]
    assert one["minions"] == [{"id": "B-1", "owner": "B", "hp": 30, "position": [5, 6]}]
    assert set(one["self"]) == {"name", "hp", "mana", "position", "cooldowns", "shield_active"}
    assert set(one["self"]["cooldowns"]) == set(SPELLS)

    one["self"]["position"][0] = one["self"]["cooldowns"]["heal"] = one["minions"][0]["position"][0] = 77
    one["artifacts"].clear()
    assert view_for(match, 2) == two


def test_the_board_view_stays_as_it_was_when_the_match_goes_on() -> None:
    match: Match = a_match((4, 4), minions=[(1, (5, 5), 30)])
    view = board_view(match)
    after(match, casting("heal", move=(1, 0)), STAY)
    assert view == board_view(a_match((4, 4), minions=[(1, (5, 5), 30)]))
