"""Where detectors draw the line: the numbers `anticheat_*` of the balance sheet, which say what each one means."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

PREFIX: Final = "anticheat_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Every number of the sheet whose name begins with `anticheat_`, without that beginning."""

    churn_net_bp: int
    churn_top_bp: int
    churn_trades_least: int
    findings_most: int
    funnel_feeders_least: int
    funnel_purpose_bp: int
    funnel_share_bp: int
    funnel_usd_least: int
    link_accounts_most: int
    order_to_trade_most: int
    orders_least: int
    rate_per_minute_most: int
    rhythm_commands_least: int
    rhythm_pause_minutes: int
    rhythm_phase_bp: int
    rhythm_spread_bp: int
    rows_most: int
    sizes_least: int
    spoof_episodes_least: int
    spoof_one_sided: int
    spoof_ratio: int
    spoof_ticks: int
    spoof_touch: int
    transfer_deviations: int
    transfer_pairs_least: int
    transfer_usd_least: int
    wash_net_bp: int
    wash_share_bp: int
    wash_trades_least: int


def thresholds_of(balance: Mapping[str, Any]) -> Thresholds:
    """Take them out of a world's numbers."""
    return Thresholds(**{field.name: balance[PREFIX + field.name] for field in fields(Thresholds)})
