"""Players: registration, what is known of them, and how they leave."""

import asyncio
from pathlib import Path
from uuid import UUID

import pytest

from gamefold.games.spellcasters import tables

from .playground import SAMPLE, TACTICAL, Playground, a_playground, refused


async def test_registering_gives_201_and_a_unique_player_id(playground: Playground) -> None:
    answer = await playground.http.post(
        "/players/register", json={"player_name": "FireMage", "submitted_from": "online"}
    )
    assert answer.status_code == 201
    assert set(answer.json()) == {"player_id", "player_name"}
    assert answer.json()["player_name"] == "FireMage"
    assert UUID(answer.json()["player_id"]).version == 4


@pytest.mark.parametrize(
    ("taken", "again"),
    [
        ("FireMage", "FireMage"),
        ("FireMage", "firemage"),
        ("FireMage", "FIREMAGE"),
        ("FireMage", "\uff26\uff49\uff52\uff45\uff2d\uff41\uff47\uff45"),  # full width
        ("FireMage", "  FireMage "),
        ("Straße", "STRASSE"),
        ("\ufb01re", "FIRE"),  # a ligature
        ("\u212bngstrom", "ångstrom"),  # the sign for ångström and the letter
        ("Ρίτσος", "ΡΊΤΣΟΣ"),  # a final sigma
        ("e\u0301clair", "Éclair"),  # an accent by itself
    ],
)
async def test_a_name_is_unique_whatever_its_letter_case_and_form(
    playground: Playground, taken: str, again: str
) -> None:
    await playground.register(taken)
    refused(await playground.http.post("/players/register", json={"player_name": again}), 409, "PLAYER_NAME_TAKEN")
    assert len(await playground.rows(tables.players)) == 3  # the built-in two and one more


@pytest.mark.parametrize("name", ["sample_bot_1", "Tactical_Bot"])
async def test_the_names_of_the_built_in_bots_are_taken(playground: Playground, name: str) -> None:
    refused(await playground.http.post("/players/register", json={"player_name": name}), 409, "PLAYER_NAME_TAKEN")


@pytest.mark.parametrize("name", ["x", "x" * 50, "\U0001f525" * 50, "Zoë van der Berg", "李小龍", "a.b-c_d", "..."])
async def test_a_name_of_1_to_50_characters_is_taken_as_it_is(playground: Playground, name: str) -> None:
    player = await playground.register(name)
    assert (await playground.player(player))["player_name"] == name


NO_NAMES = [
        "", " ", "\u00a0\u2003", "x" * 51, "a/b", "a\\b", "a\nb", "a\tb", "a\x00b", "a\x7fb", "a\u202eb", "\u200b",
        "a\u2028b",
    ]  # fmt: skip


async def test_blank_long_and_treacherous_names_are_refused(playground: Playground) -> None:
    for name in NO_NAMES:
        answer = await playground.http.post("/players/register", json={"player_name": name})
        refused(answer, 422, "INVALID_REQUEST")
        assert answer.json()["error"]["field"] == "player_name"
        assert len(await playground.rows(tables.players)) == 2


async def test_of_20_parallel_registrations_of_one_name_exactly_one_succeeds(playground: Playground) -> None:
    names = ["FireMage", "firemage", "FIREMAGE", "fireMAGE"] * 5
    answers = await asyncio.gather(
        *(playground.http.post("/players/register", json={"player_name": name}) for name in names)
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19


async def test_a_registration_sent_twice_with_one_key_makes_one_player(playground: Playground) -> None:
    body, headers = {"player_name": "FireMage"}, {"Idempotency-Key": "once"}
    first, again = [await playground.http.post("/players/register", json=body, headers=headers) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()


async def test_a_player_is_shown_with_metadata_and_basic_stats(playground: Playground) -> None:
    player = await playground.player(await playground.register())
    times = {name: player.pop(name) for name in ("created_at", "updated_at")}
    assert all(time.endswith("Z") for time in times.values())
    assert UUID(player.pop("player_id"))
    assert player == {
        "player_name": "FireMage",
        "is_builtin": False,
        "sprite_path": None,
        "minion_sprite_path": None,
        "submitted_from": "online",
        "total_matches": 0,
        "wins": 0,
        "losses": 0,
        "draws": 0,
    }


@pytest.mark.parametrize("player", [SAMPLE, TACTICAL])
async def test_the_built_in_players_are_there_from_the_start(playground: Playground, player: str) -> None:
    assert (await playground.player(player))["is_builtin"] is True


@pytest.mark.parametrize("player", ["nobody", "BUILTIN_SAMPLE_1", "00000000-0000-4000-8000-000000000000"])
async def test_an_unknown_player_is_404(playground: Playground, player: str) -> None:
    refused(await playground.http.get(f"/players/{player}"), 404, "PLAYER_NOT_FOUND")
    refused(await playground.http.delete(f"/players/{player}"), 404, "PLAYER_NOT_FOUND")


async def test_deleting_a_player_gives_204_without_content_and_frees_the_name(playground: Playground) -> None:
    player = await playground.register()
    answer = await playground.http.delete(f"/players/{player}")
    assert (answer.status_code, answer.content) == (204, b"")
    refused(await playground.http.get(f"/players/{player}"), 404, "PLAYER_NOT_FOUND")
    refused(await playground.http.delete(f"/players/{player}"), 404, "PLAYER_NOT_FOUND")
    assert await playground.register() != player


@pytest.mark.parametrize("player", [SAMPLE, TACTICAL])
async def test_a_built_in_player_cannot_be_deleted(playground: Playground, player: str) -> None:
    refused(await playground.http.delete(f"/players/{player}"), 400, "PLAYER_IS_BUILTIN")
    assert (await playground.player(player))["player_id"] == player


async def test_a_player_in_a_running_session_cannot_be_deleted(playground: Playground) -> None:
    one, two = await playground.register("One"), await playground.register("Two")
    session = await playground.start(one, two)
    for player in (one, two):
        refused(await playground.http.delete(f"/players/{player}"), 409, "PLAYER_IN_SESSION")
    assert (await playground.http.delete(f"/playground/{session}")).status_code == 204
    assert (await playground.http.delete(f"/players/{one}")).status_code == 204


async def test_deleting_a_player_cascades_results_and_leaves_a_tombstone_in_the_archive(playground: Playground) -> None:
    player = await playground.register()
    session = await playground.start(player, SAMPLE)
    await playground.http.delete(f"/playground/{session}")
    other = await playground.played()

    assert (await playground.http.delete(f"/players/{player}")).status_code == 204

    assert {row["session_id"] for row in await playground.rows(tables.sessions)} == {other}
    assert {row["session_id"] for row in await playground.rows(tables.game_results)} == {other}
    record = await playground.match(session)
    assert (record["player_1_name"], record["player_1_id"]) == ("deleted player", player)
    assert record["player_2_name"] == "sample_bot_1"
    assert [event.name for event in await playground.history(session)] == ["replay_turn", "game_over"]


async def test_a_player_deleted_after_a_finished_match_takes_its_result_along(tmp_path: Path) -> None:
    async with a_playground(tmp_path, MAX_TURNS=1) as playground:
        player = await playground.register()
        session = await playground.start(player, SAMPLE)
        await playground.plays(session, player, 1)
        await playground.ended(session)
        before = await playground.player(SAMPLE)
        assert [row["session_id"] for row in await playground.rows(tables.game_results)] == [session]

        assert (await playground.http.delete(f"/players/{player}")).status_code == 204

        assert await playground.rows(tables.game_results) == []
        assert await playground.rows(tables.sessions) == []
        assert await playground.player(SAMPLE) == before, "the opponent did play that match"
