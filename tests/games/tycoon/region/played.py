"""Play a region for a while and print its digests: run as a module by processes that must agree."""

from gamefold.games.tycoon.intents.progress import StartResearch
from gamefold.games.tycoon.intents.region import ChoosePayout, SetCurtailment, SetFirmware, SignContract

from .builders import Home, seeded_region


def played() -> list[str]:
    """Give digests along the way."""
    home = Home(calm=False, time_compression=720, rig_life_days=30)
    for company, payout in (("c1", "FPPS"), ("c2", "PPLNS"), ("c3", "SOLO")):
        home.open(company, usd=200_000)
        site = home.build(company, tier=2)
        home.add(site, 30, company=company)
        home.do(ChoosePayout(company, payout))
        home.do(SignContract(company, site, "INDEX", 50, 5))
        home.do(StartResearch(company, "FIRMWARE_TUNING_1"))
    home.do(SetFirmware("c2", "europe-2", tuple(range(31, 45)), "TURBO"))
    home.do(SetCurtailment("c1", "europe-1", -2_000))
    digests = []
    for _ in range(8):
        home.tick(20, network_ghs=10_000_000)
        digests.append(home.world.digest().hex())

    home = Home(calm=False)
    home.world.state = seeded_region(4_000, 900, 300)
    home.tick(20)
    return [*digests, home.world.digest().hex()]


if __name__ == "__main__":
    print("\n".join(played()))  # noqa: T201 - for the process that asks
