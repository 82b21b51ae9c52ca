"""A ledger whose rules walk through a set: what they give depends on the process."""

from dataclasses import replace

from gamefold.testkit.toys import ledger


def deposit(state, intent, ctx):
    yield from ledger.deposit(state, intent, ctx)
    state.title = next(iter({f"title {number}" for number in range(50)}))


RULESET = replace(ledger.LEDGER, handlers={**ledger.LEDGER.handlers, ledger.Deposit: deposit})
