"""A process that runs a job every second and tells every run; for tests that need two of them, and kill one."""

import asyncio
import sys

from prometheus_client import CollectorRegistry

from gamefold.engine.clock import RealClock
from gamefold.platform.jobs.runner import Job, JobMetrics, JobRunner
from gamefold.platform.jobs.schedules import every
from gamefold.storage.opening import open_database
from gamefold.web.logs import configure_logs


async def main(url: str, node: str, work_s: float) -> None:
    configure_logs("error")
    database = open_database(url)

    async def run(fire_ms: int) -> None:
        print(f"begun {fire_ms}", flush=True)  # noqa: T201
        await asyncio.sleep(work_s)
        print(f"done {fire_ms}", flush=True)  # noqa: T201

    job = Job(name="tick", schedule=every(seconds=1), run=run, lease_ms=1_000)
    runner = JobRunner(database, RealClock(), [job], node=node, metrics=JobMetrics(CollectorRegistry()))
    print("ready", flush=True)  # noqa: T201
    runner.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
