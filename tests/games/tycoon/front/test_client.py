"""A typed client, generated from the description: it type-checks, and plays."""

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.typed_client import description_of, typed_client

from .floor import PASSWORD, Floor

# What a frontend's developer would write, and a type checker would hold against the client.
PROGRAM = """
from tycoon_client import AuthenticatedClient
from tycoon_client.api.tycoon import tycoon_create_site, tycoon_trade
from tycoon_client.models import CreateSiteBody, Refusal, SiteDetailShown, SiteShownStatus, TradedShown


def build(client: AuthenticatedClient) -> SiteShownStatus | str:
    answer = tycoon_create_site.sync(client=client, body=CreateSiteBody(name="Lone Pine"))
    if isinstance(answer, SiteDetailShown):
        return answer.site.status
    return answer.error.code if isinstance(answer, Refusal) else ""


def spent(answer: TradedShown) -> float:
    return sum(fill.price * fill.quantity + fill.fee for fill in answer.fills)
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    description = description_of("tycoon", tmp_path_factory.mktemp("description"))
    with typed_client(description, "tycoon_client") as package:
        yield package


def test_what_is_written_with_it_is_type_checked(client: Path) -> None:
    program = client.parent / "program.py"
    program.write_text(PROGRAM)

    def checked() -> str:
        # Of the client itself only what was made from our description counts: `client.py` is the generator's.
        command = (sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "program.py")
        folders = ("tycoon_client/models", "tycoon_client/api")
        told = subprocess.run((*command, *folders), check=False, capture_output=True, text=True, cwd=client.parent)
        return told.stdout

    assert checked().startswith("Success")
    program.write_text(PROGRAM.replace("fill.fee", "fill.fees"))
    assert '"FillShown" has no attribute "fees"' in checked()


@pytest.mark.asyncio(loop_scope="module")
async def test_it_founds_a_company_builds_a_site_and_trades(floor: Floor, client: Path) -> None:
    package, models = importlib.import_module("tycoon_client"), importlib.import_module("tycoon_client.models")

    async def call(name: str, caller: Any, *arguments: Any, tag: str = "tycoon", **more: Any) -> Any:
        module = importlib.import_module(f"tycoon_client.api.{tag}.{name}")
        return await module.asyncio(*arguments, client=caller, **more)

    async with package.Client(base_url=floor.url) as nobody:
        body = models.RegisterBody(email="typed@example.com", password=PASSWORD, region=models.RegisterBodyRegion.ASIA)
        me = await call("tycoon_register", nobody, tag="auth", body=body)
        assert (me.user.email, me.company.balances.usd) == ("typed@example.com", 50_000)
    await floor.ticks(1)
    async with package.AuthenticatedClient(base_url=floor.url, token=me.access_token) as mine:
        built = await call("tycoon_create_site", mine, body=models.CreateSiteBody(name="Typed"))
        assert (built.site.region, built.site.status, built.rigs) == ("ASIA", "EMPTY", [])
        order = models.TradeBody(instrument="BTC-SPOT", side=models.TradeBodySide.BUY, quantity="0.01")
        traded = await call("tycoon_trade", mine, body=order)
        assert traded.order.status == "FILLED"
        assert sum(fill.quantity for fill in traded.fills) == pytest.approx(0.01)
        refused = await call("tycoon_site", mine, "asia-900000")
        assert refused.error.code == "SITE_NOT_FOUND"
        again = await call("tycoon_trade", mine, body=order, idempotency_key="once")
        assert again == await call("tycoon_trade", mine, body=order, idempotency_key="once")
