"""The spec's tables follow from the worlds: forgotten and made again, they are the same, on both databases."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, inspect, select, text

from gamefold.engine.journal import Bulk
from gamefold.games.tycoon.state.border import MARKET
from gamefold.games.tycoon.state.units import REGIONS
from gamefold.games.tycoon.state.worlds import world_of
from gamefold.games.tycoon.tables import TycoonProjector, delete_old
from gamefold.games.tycoon.tables.schema import (
    METADATA,
    TOLD,
    alerts,
    companies,
    orders,
    positions,
    quests,
    research,
    rigs,
    sites,
    tick_snapshots,
    trades,
)
from gamefold.storage.naming import Names

from .floor import NOON_MS, Floor, a_floor, refused

DAY_MS = 86_400_000
# Section 4 of the spec; what we name otherwise or besides stands in the schema.
SPECIFIED = {
    "users": "id email created_at",
    "companies": "id owner_id name region reputation",
    "sites": "id company_id region grid_tier cooling_type uptime",
    "rigs": "id site_id type hashrate efficiency wear firmware status",
    "energy_contracts": "id site_id price_per_kwh capacity start end",
    "positions": "id company_id instrument side qty entry margin status",
    "research": "id company_id node level progress",
    "proposals": "id type description deadline votes outcome",
    "events": "id type severity payload created_at resolved_at",
    "tick_snapshots": "id ts btc_price difficulty regional_prices",
}


async def play(floor: Floor) -> None:
    """A little of everything."""
    one, two = await floor.person(), await floor.guest(region="ASIA")
    for person in (one, two):
        site = await person.site()
        await person.posts("/site/rig/add", {"siteId": site, "type": "ANTMINER_S19", "count": 4}, status=201)
        contract = {"siteId": site, "type": "FIXED", "capacityKw": 5, "durationDays": 1}
        await person.posts("/site/energy", contract, status=201)
    await one.posts("/site/rig/firmware", {"siteId": "europe-1", "rigIds": [1, 2], "firmware": "TURBO"})
    await one.posts("/site/rig/remove", {"siteId": "europe-1", "rigIds": [4]})
    await one.site(region="US_EAST")
    await one.posts("/research/start", {"nodeId": "MINING_EFFICIENCY_1"})
    await floor.ticks(2)
    await one.trades(quantity="0.05")
    bid = (await one.gets("/market/book/BTC-SPOT"))["bids"][0][0]
    order = (await one.trades(price=str(bid - 100)))["order"]["id"]
    await one.asks("DELETE", f"/market/order/{order}")
    await one.trades(price=str(bid - 100))
    position = (await two.trades(instrument="BTC-PERP", side="SHORT", quantity="0.05", leverage=10))["position"]
    await one.trades(instrument="BTC-PERP", side="LONG", quantity="0.02", leverage=3)
    await two.posts("/market/close", {"positionId": position["id"]})
    await one.posts("/quests/FIRST_SITE/claim")
    body = {"type": "SUBSIDY", "title": "T", "description": "D", "parameter": "mining_subsidy_bp", "value": 50}
    proposal = (await one.posts("/governance/propose", body, status=201))["id"]
    await floor.ticks(2)
    await one.posts("/governance/vote", {"proposalId": proposal, "choice": "AGAINST"})
    await floor.ticks(3)


async def all_rows(floor: Floor) -> dict[str, list[Any]]:
    def query(connection: Connection) -> dict[str, list[Any]]:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table)))) for table in TOLD if table is not alerts
        }

    return await floor.server.database.read(query)


async def made_again(floor: Floor) -> None:
    """Forget what the worlds told, and let them tell it again."""
    projector, host = TycoonProjector(), floor.server.host
    for place in (MARKET, *REGIONS):
        world = world_of(1, place)
        records = [record async for record in host.history(world)]

        def again(connection: Connection, world: str = world, records: list[Any] = records) -> None:
            projector.forget(connection, world)
            for record in records:
                projector.project(connection, record)

        await floor.server.database.write(again)
    await up_to_date(floor)


async def up_to_date(floor: Floor) -> None:
    """Do what a snapshot of every world does."""
    for place in (MARKET, *REGIONS):
        world = world_of(1, place)
        bulk = await floor.server.host.look(world, lambda one: Bulk(one.head.seq, one.state))
        await floor.server.database.write(
            lambda connection, world=world, bulk=bulk: TycoonProjector().bulk(connection, world, bulk)
        )


async def check(floor: Floor) -> None:
    await play(floor)
    await up_to_date(floor)
    before = await all_rows(floor)
    empty = {name for name, rows in before.items() if not rows}
    assert empty <= {"events"}, empty
    await made_again(floor)
    assert await all_rows(floor) == before


async def test_tables_forgotten_and_made_again_are_the_same(own_data: Path) -> None:
    async with a_floor(own_data) as floor:
        await check(floor)


@pytest.mark.postgres
async def test_tables_forgotten_and_made_again_are_the_same_on_postgresql(postgres_url: str, tmp_path: Path) -> None:
    async with a_floor(tmp_path, DATABASE_URL=postgres_url) as floor:
        await check(floor)
        me = await floor.person()
        refused(await me.asks("GET", "/player/nobody"), 404, "COMPANY_NOT_FOUND")
        await floor.server.database.read(_check_columns)


async def test_the_rows_say_what_happened(own_data: Path) -> None:
    async with a_floor(own_data) as floor:
        await play(floor)
        await up_to_date(floor)
        [company] = [row for row in await floor.rows(companies) if not row["guest"]]
        own = await floor.rows(rigs)
        assert [rig["id"] for rig in own if rig["world"].endswith("EUROPE")] == [1, 2, 3]
        assert {rig["firmware"] for rig in own} == {"TURBO", "STOCK"}
        assert {(rig["status"], rig["type"]) for rig in own} == {("OK", "ANTMINER_S19")}
        assert [site["uptime"] for site in await floor.rows(sites)] == [10_000] * 3
        assert company["region"] == "EUROPE"
        assert [(row["node"], row["level"], row["progress"]) for row in await floor.rows(research)] == [
            ("MINING_EFFICIENCY_1", 1, 10_000)
        ]
        assert ("FIRST_SITE", "CLAIMED") in {
            (row["quest"], row["status"]) for row in await floor.rows(quests) if row["company_id"] == company["id"]
        }
        assert {row["status"] for row in await floor.rows(orders)} == {"FILLED", "CANCELLED", "OPEN"}
        closed = [row for row in await floor.rows(positions) if row["status"] == "CLOSED"]
        assert [(row["side"], row["qty"]) for row in closed] == [("SHORT", 0)]
        assert closed[0]["entry"] > 0
        snapshots = await floor.rows(tick_snapshots)
        assert [row["id"] for row in snapshots] == list(range(1, 8))
        assert await floor.server.database.read(_emails) != []


async def test_the_tables_are_the_spec_s_and_the_migration_makes_what_statements_expect(own_data: Path) -> None:
    async with a_floor(own_data) as floor:
        await floor.server.database.read(_check_columns)


async def test_old_rows_go_and_open_orders_stay(own_data: Path) -> None:
    async with a_floor(own_data) as floor:
        await play(floor)
        database = floor.server.database
        assert await database.write(lambda connection: delete_old(connection, NOON_MS + DAY_MS)) == 0
        assert await database.write(lambda connection: delete_old(connection, NOON_MS + 60 * DAY_MS)) > 0
        assert [row["status"] for row in await floor.rows(orders)] == ["OPEN"]
        assert (await floor.rows(trades), await floor.rows(tick_snapshots)) == ([], [])


def _emails(connection: Connection) -> list[Any]:
    view = Names(connection, "tycoon").qualified("users")
    return list(connection.execute(text(f"SELECT email FROM {view} WHERE email IS NOT NULL")))


def _check_columns(connection: Connection) -> None:
    names = Names(connection, "tycoon")
    found = {
        table: [
            (column["name"], column["nullable"])
            for column in inspect(connection).get_columns(names.table(table), schema=names.schema)
        ]
        for table in (*SPECIFIED, *(table.name for table in METADATA.sorted_tables))
    }
    for table, columns in SPECIFIED.items():
        assert set(columns.split()) <= {name for name, _ in found[table]}, table
    for table in METADATA.sorted_tables:
        assert found[table.name] == [(column.name, column.nullable) for column in table.columns]
