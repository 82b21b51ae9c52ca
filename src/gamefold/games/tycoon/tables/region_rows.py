"""What a region's events do to the tables."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Connection, Table, delete, update

from gamefold.engine.feed import Record
from gamefold.engine.ruleset import Event
from gamefold.games.tycoon.events.region import (
    BranchFounded,
    CompanyOpened,
    CompanyRestored,
    CompanyUpgraded,
    ContractEnded,
    ContractSigned,
    FirmwareSet,
    FundsChanged,
    RigsAdded,
    RigsFailed,
    RigsMaintained,
    RigsRemoved,
    RigsRepaired,
    SiteCreated,
)
from gamefold.games.tycoon.state.progress import REPUTATION_MIDDLE, REPUTATIONS
from gamefold.games.tycoon.state.worlds import place_of, season_of
from gamefold.games.tycoon.tables.schema import branches, companies, energy_contracts, rigs, sites
from gamefold.storage.columns import moment

_IDS_AT_ONCE: Final = 500  # SQLite takes some thousand parameters in one statement


def efficiency_mj(power_w: int, hash_ghs: int) -> int:
    """Give J/TH in thousandths, which is what W by TH/s are."""
    return power_w * 1_000_000 // hash_ghs if hash_ghs else 0


def _opened(connection: Connection, record: Record, event: CompanyOpened) -> None:
    connection.execute(
        companies.insert().values(
            world=record.world,
            id=event.company,
            season=season_of(record.world),
            owner_id=event.owner,
            name=event.name,
            region=event.region,
            guest=event.guest,
            reputation=REPUTATION_MIDDLE,
            **{f"reputation_{name}": REPUTATION_MIDDLE for name in REPUTATIONS},
            usd_micro=event.usd_micro,
            sat=0,
            created_at=moment(record.time_ms),
        )
    )


def _branch(connection: Connection, record: Record, event: BranchFounded) -> None:
    connection.execute(
        branches.insert().values(
            world=record.world,
            id=event.company,
            region=event.region,
            usd_micro=0,
            sat=0,
            position=record.position,
            created_at=moment(record.time_ms),
        )
    )


def _upgraded(connection: Connection, record: Record, event: CompanyUpgraded) -> None:
    _change(connection, companies, record, event.company, guest=False, name=event.name)


def _funds(connection: Connection, record: Record, event: FundsChanged | CompanyRestored) -> None:
    """Write what a company has at home, or in a branch."""
    has = {"usd_micro": event.usd_micro, "sat": event.sat}
    if not _change(connection, companies, record, event.company, **has):
        _change(connection, branches, record, event.company, **has)


def _site(connection: Connection, record: Record, event: SiteCreated) -> None:
    connection.execute(
        sites.insert().values(
            world=record.world,
            id=event.site,
            company_id=event.company,
            region=place_of(record.world),
            name=event.name,
            grid_tier=event.grid_tier,
            cooling_type=event.cooling,
            uptime=10_000,
            created_at=moment(record.time_ms),
        )
    )


def _rigs_added(connection: Connection, record: Record, event: RigsAdded) -> None:
    rows = [
        {
            "world": record.world,
            "id": event.first_rid + number,
            "site_id": event.site,
            "type": event.model,
            "hashrate": hash_ghs,
            "efficiency": efficiency_mj(power_w, hash_ghs),
            "wear": 0,
            "firmware": "STOCK",
            "status": "OK",
        }
        for number, (hash_ghs, power_w) in enumerate(zip(event.hash_ghs, event.power_w, strict=True))
    ]
    connection.execute(rigs.insert(), rows)


def _rigs_removed(connection: Connection, record: Record, event: RigsRemoved) -> None:
    for some in _portions(event.rigs):
        connection.execute(delete(rigs).where(rigs.c.world == record.world, rigs.c.id.in_(some)))


def _maintained(connection: Connection, record: Record, event: RigsMaintained) -> None:
    _change_rigs(connection, record, event.renewed, wear=0)
    _change_rigs(connection, record, event.repairing, status="REPAIRING")


def _firmware(connection: Connection, record: Record, event: FirmwareSet) -> None:
    _change_rigs(connection, record, event.rigs, firmware=event.firmware)


def _failed(connection: Connection, record: Record, event: RigsFailed) -> None:
    _change_rigs(connection, record, event.rigs, status="FAILED")


def _repaired(connection: Connection, record: Record, event: RigsRepaired) -> None:
    _change_rigs(connection, record, event.rigs, status="OK", wear=0)


def _signed(connection: Connection, record: Record, event: ContractSigned) -> None:
    connection.execute(
        energy_contracts.insert().values(
            world=record.world,
            id=event.contract,
            site_id=event.site,
            type=event.kind,
            provider=event.provider,
            price_per_kwh=event.price,
            capacity=event.capacity_kw,
            start=event.starts,
            end=event.ends,
        )
    )


def _contract_ended(connection: Connection, record: Record, event: ContractEnded) -> None:
    _change(connection, energy_contracts, record, event.contract, end=event.tick)


def _restored(connection: Connection, record: Record, event: CompanyRestored) -> None:
    """Take away what may be gone; what is there stands in the tables after the next snapshot of the world."""
    of_company = sites.c.world == record.world, sites.c.company_id == event.company
    ids = list(connection.execute(sites.select().with_only_columns(sites.c.id).where(*of_company)).scalars())
    for some in _portions(ids):
        connection.execute(delete(rigs).where(rigs.c.world == record.world, rigs.c.site_id.in_(some)))
    connection.execute(delete(sites).where(*of_company))
    _funds(connection, record, event)


def _change(connection: Connection, table: Table, record: Record, row_id: str, **values: Any) -> int:
    """Change one row; give how many there were of it."""
    own = table.c.world == record.world, table.c.id == row_id
    return connection.execute(update(table).where(*own).values(**values)).rowcount


def _change_rigs(connection: Connection, record: Record, ids: Iterable[int], **values: Any) -> None:
    for some in _portions(ids):
        connection.execute(update(rigs).where(rigs.c.world == record.world, rigs.c.id.in_(some)).values(**values))


def _portions(ids: Iterable[Any]) -> Iterable[list[Any]]:
    every = list(ids)
    return (every[first : first + _IDS_AT_ONCE] for first in range(0, len(every), _IDS_AT_ONCE))


REGION_ROWS: Final[Mapping[type[Event], Callable[[Connection, Record, Any], None]]] = {
    CompanyOpened: _opened,
    BranchFounded: _branch,
    CompanyUpgraded: _upgraded,
    FundsChanged: _funds,
    SiteCreated: _site,
    RigsAdded: _rigs_added,
    RigsRemoved: _rigs_removed,
    RigsMaintained: _maintained,
    FirmwareSet: _firmware,
    RigsFailed: _failed,
    RigsRepaired: _repaired,
    ContractSigned: _signed,
    ContractEnded: _contract_ended,
    CompanyRestored: _restored,
}
