"""What a hero owns and wears."""

from fastapi import APIRouter
from sqlalchemy import Connection, RowMapping

from gamefold.games.focus import tables
from gamefold.games.focus.balance import Slot
from gamefold.games.focus.intents import EquipItem, UnequipSlot
from gamefold.games.focus.routes.desk import Desk
from gamefold.games.focus.routes.envelope import Asked, Reply, Shown, Uuid, ok
from gamefold.games.focus.routes.profile import CurrentScope, EquippedShown, HeroShown, equipped_shown, hero_shown
from gamefold.games.focus.routes.sessions import ItemShown
from gamefold.games.focus.state import day_of
from gamefold.games.focus.tables import Scope, stamp
from gamefold.web.route import StrictRoute


class OwnedShown(ItemShown):
    """An item somebody owns."""

    obtained_at: str


class DropShown(ItemShown):
    """An item the hero could still find; featured ones come first."""

    unlock_level: int
    room_affinity: str | None
    featured: bool


class Inventory(Shown):
    """Everything owned, what is worn, and what could still drop."""

    items: list[OwnedShown]
    equipped: EquippedShown
    available_drops: list[DropShown]


class EquipBody(Asked):
    """Which item goes into the slot of its type."""

    item_id: Uuid


class UnequipBody(Asked):
    """Which slot is emptied."""

    slot: Slot


def build(desk: Desk) -> APIRouter:
    """Give the routes of inventories."""
    router = APIRouter(prefix="/api/inventory", tags=["inventory"], route_class=StrictRoute)

    @router.get("")
    async def show(scope: CurrentScope) -> Reply[Inventory]:
        hero, _ = await desk.hero(scope)
        today = day_of(desk.clock.now_ms())

        def query(connection: Connection, scope: Scope) -> tuple[list[RowMapping], list[RowMapping]]:
            return tables.inventory_of(connection, scope), tables.available_drops(connection, scope, today)

        owned, drops = await desk.read(scope, query)
        return ok(
            Inventory(
                items=[_owned(row) for row in owned],
                equipped=equipped_shown(hero),
                available_drops=[_drop(row) for row in drops],
            )
        )

    @router.post("/equip")
    async def equip(body: EquipBody, scope: CurrentScope) -> Reply[HeroShown]:
        await desk.submit(scope, EquipItem(body.item_id))
        hero, _ = await desk.hero(scope)
        return ok(hero_shown(hero))

    @router.post("/unequip")
    async def unequip(body: UnequipBody, scope: CurrentScope) -> Reply[HeroShown]:
        await desk.submit(scope, UnequipSlot(body.slot))
        hero, _ = await desk.hero(scope)
        return ok(hero_shown(hero))

    return router


def _owned(row: RowMapping) -> OwnedShown:
    return OwnedShown(
        id=row["item_id"],
        name=row["name"],
        type=row["type"],
        rarity=row["rarity"],
        sprite_key=row["sprite_key"],
        obtained_at=stamp(row["obtained_at"]),
    )


def _drop(row: RowMapping) -> DropShown:
    return DropShown(
        id=row["id"],
        name=row["name"],
        type=row["type"],
        rarity=row["rarity"],
        sprite_key=row["sprite_key"],
        unlock_level=row["unlock_level"],
        room_affinity=row["room_affinity"],
        featured=bool(row["featured"]),
    )
