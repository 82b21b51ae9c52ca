"""Health and version, for supervisors and load balancers."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import structlog
from fastapi import APIRouter, FastAPI
from starlette.responses import JSONResponse

from gamefold.web.drain import Drain

CHECK_SECONDS_MAX: Final = 2.0

Check = Callable[[], Awaitable[None]]
"""Returns where all is well, raises where it is not. Say what is wrong, for everybody to read, with `Unhealthy`."""

log = structlog.get_logger("gamefold.web")


class Unhealthy(Exception):
    """Raised by a check. The text is public."""


def add_health(router: FastAPI | APIRouter, version: str, checks: Mapping[str, Check], drain: Drain) -> None:
    """Add `/health`, `/health/live`, `/health/ready` and `/version`.

    Ready is 200 `{"status": "ok", "checks": {name: {"status": "ok"}}}`, or 503 with `failing` and a `detail` where
    a check fails or takes over 2 s, or 503 `draining`.
    """

    @router.get("/health", tags=["health"])
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/health/live", tags=["health"])
    async def live() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/health/ready", tags=["health"])
    async def ready() -> JSONResponse:
        results = dict(zip(checks, await asyncio.gather(*map(_checked, checks, checks.values())), strict=True))
        well = all(result["status"] == "ok" for result in results.values())
        status = "draining" if drain.draining else "ok" if well else "failing"
        return JSONResponse({"status": status, "checks": results}, 200 if status == "ok" else 503)

    @router.get("/version", tags=["health"])
    async def version_() -> dict[str, str]:
        return {"version": version}


async def _checked(name: str, check: Check) -> dict[str, str]:
    try:
        async with asyncio.timeout(CHECK_SECONDS_MAX):
            await check()
    except TimeoutError:
        return {"status": "failing", "detail": f"no answer within {CHECK_SECONDS_MAX:g} s"}
    except Unhealthy as unhealthy:
        return {"status": "failing", "detail": str(unhealthy)}
    except Exception as error:  # its text may hold addresses and passwords: for the log only
        log.exception("health check failed", check=name, exc_info=error)
        return {"status": "failing", "detail": "failed"}
    return {"status": "ok"}
