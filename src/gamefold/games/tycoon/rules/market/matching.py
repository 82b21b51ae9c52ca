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
    heap = resting.heap
    while lots and heap and heap[0][0] <= bound:
        order = heap[0][2]
        if owners[order.account].group == group:
            withdraw(order)
            continue
        filled = order.lots
        if filled > lots:
            filled = lots
            order.lots -= filled
        else:
            order.lots = 0
            resting.remove_first()
        lots -= filled
        fill(order, filled)
    return lots


def fillable(resting: Side, lots: int, bound: int, group: str, owners: Sequence[Account]) -> bool:
    """Tell whether `lots` could be filled up to rank `bound` at once, without orders of `group`."""
    heap = resting.heap
    seen = [0]  # places in the heap: below one that is out of reach, all are
    for place in seen:
        if place < len(heap) and heap[place][0] <= bound:
            order = heap[place][2]
            if owners[order.account].group != group:
                lots -= order.lots
                if lots <= 0:
                    return True
            seen += (2 * place + 1, 2 * place + 2)
    return False
