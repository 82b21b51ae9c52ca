"""A server under load that tells every answer it got, until it is killed. Run as a process: URL, name of this life."""

import asyncio
import os
import sys

from gamefold.engine.clock import RealClock
from gamefold.engine.entropy import Entropy
from gamefold.engine.host import Host
from gamefold.storage.journal import SqlJournal
from gamefold.storage.opening import open_database
from gamefold.testkit.toys import LEDGER, PROJECTORS, PURSE
from gamefold.testkit.toys.ledger import Deposit, LedgerSpec
from gamefold.testkit.toys.purse import Earn, PurseSpec

CLIENTS = 32
WORLDS = ("ledger/1", "ledger/2", "purse/1", "purse/2")
RULESETS = {"ledger": LEDGER, "purse": PURSE}


async def client(host: Host, life: str, number: int) -> None:
    for asked in range(1_000_000):
        world = WORLDS[(number + asked) % len(WORLDS)]
        request = f"{life}-{number}-{asked}"
        intent = Earn(1) if world.startswith("purse") else Deposit(1)
        ack = await host.submit(world, f"client-{number}", intent, request=request)
        # One write of less than a pipe's atomic size: a line is whole or not there at all.
        os.write(1, f"{world} {ack.seq} {request}\n".encode())


async def main(url: str, life: str) -> None:
    database = open_database(url)
    clock = RealClock()
    host = Host(SqlJournal(database, PROJECTORS, clock), clock, Entropy(), RULESETS, node=life)
    await host.start()
    for world in WORLDS:
        await host.ensure(world, PurseSpec() if world.startswith("purse") else LedgerSpec())
    os.write(1, b"ready\n")
    await asyncio.gather(*(client(host, life, number) for number in range(CLIENTS)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
