"""Price-time priority, and nothing else: no money, no events. What a fill means is its caller's."""

from collections.abc import Callable, Sequence

from gamefold.games.tycoon.state.book import Order, Side
from gamefold.games.tycoon.state.market import Account


def match(
    resting: Side,
    lots: int,
    bound: int,
    group: str,
    owners: Sequence[Account],
    fill: Callable[[Order, int], None],
    withdraw: Callable[[Order], None],
) -> int:
    """Fill `lots` from the resting orders up to rank `bound`; give what is left.

    Each fill takes the lots off the order (and a filled order off the book), then calls `fill(order, lots)`. Resting
    orders of `group` are not filled but handed to `withdraw`, which must take them off the book. Both may take other
    orders off the book, but put none on it.
    """
    heap, levels = resting.heap, resting.levels
    while lots and heap:
        rank = heap[0]
        if rank > bound:
            break
        level = levels[rank]
        while lots and level:
            order = next(iter(level.values()))
            if owners[order.account].group == group:
                withdraw(order)
                continue
            filled = order.lots
            if filled > lots:
                filled = lots
                order.lots -= filled
            else:
                order.lots = 0
                del level[order.id]
            lots -= filled
            fill(order, filled)
        if not level:
            resting.best()  # takes the emptied level away
    return lots


def fillable(resting: Side, lots: int, bound: int, group: str, owners: Sequence[Account]) -> bool:
    """Tell whether `lots` could be filled up to rank `bound` at once, without orders of `group`."""
    heap, levels = resting.heap, resting.levels
    seen = [0]  # places in the heap: below one that is out of reach, all are
    for place in seen:
        if place < len(heap) and heap[place] <= bound:
            for order in levels[heap[place]].values():
                if owners[order.account].group != group:
                    lots -= order.lots
                    if lots <= 0:
                        return True
            seen += (2 * place + 1, 2 * place + 2)
    return False
