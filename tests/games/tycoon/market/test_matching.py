"""Price-time priority: fills equal those of a sorted list."""

from hypothesis import given, settings
from hypothesis import strategies as st

from gamefold.games.tycoon.rules.market.matching import fillable, match
from gamefold.games.tycoon.state.book import Book, Order, id_name, id_of, serial_id
from gamefold.games.tycoon.state.market import Account

GROUPS = ("a", "b", "c")
OWNERS = [Account(group, "EUROPE", group) for group in GROUPS]

Command = tuple[str, int, int, int, int]

commands = st.lists(
    st.tuples(
        st.sampled_from(("limit", "limit", "limit", "ioc", "cancel")),
        st.integers(0, len(GROUPS) - 1),
        st.sampled_from((1, -1)),
        st.integers(1, 12),  # price
        st.integers(1, 9),  # lots, or which order to cancel
    ),
    max_size=80,
)


def an_order(serial: int, account: int, sign: int, price: int, lots: int) -> Order:
    return Order(serial, str(serial), account, "X", sign, -sign * price, lots, lots, 0, 0)


def by_ladder(flow: list[Command]) -> tuple[list[tuple[int, int, int, int]], list[tuple[int, int]]]:
    """Play with the book of the game: fills (taker, maker, price, lots) and what rests."""
    book, alive = Book(), dict[int, Order]()
    fills: list[tuple[int, int, int, int]] = []
    for serial, (kind, account, sign, price, lots) in enumerate(flow, 1):
        if kind == "cancel":
            if alive:
                order = alive.pop(sorted(alive)[lots % len(alive)])
                book.side(order.sign).remove(order)
            continue
        if kind == "limit" and not lots % 3:
            fillable(book.side(-sign), lots, sign * price, GROUPS[account], OWNERS)  # asking changes nothing

        def fill(order: Order, filled: int, serial: int = serial) -> None:
            fills.append((serial, order.id, order.price, filled))
            if not order.lots:
                del alive[order.id]

        def withdraw(order: Order) -> None:
            book.side(order.sign).remove(order)
            del alive[order.id]

        left = match(book.side(-sign), lots, sign * price, GROUPS[account], OWNERS, fill, withdraw)
        if left and kind == "limit":
            alive[serial] = an_order(serial, account, sign, price, left)
            book.side(sign).add(alive[serial])
        for side in (book.bids, book.asks):
            assert not side.heap or side.heap[0][2].lots  # the first is always on the book
            assert list(side.best_first()) == side.orders()
    return fills, [(order.id, order.lots) for order in book.orders()]


def by_sorting(flow: list[Command]) -> tuple[list[tuple[int, int, int, int]], list[tuple[int, int]]]:
    """Play with a list that is sorted for every order."""
    resting: list[list[int]] = []  # serial, account, sign, price, lots
    fills: list[tuple[int, int, int, int]] = []
    for serial, (kind, account, sign, price, lots) in enumerate(flow, 1):
        if kind == "cancel":
            if resting:
                resting.remove(sorted(resting)[lots % len(resting)])
            continue
        left = lots
        for one in sorted((one for one in resting if one[2] == -sign), key=lambda one: (sign * one[3], one[0])):
            if not left or sign * one[3] > sign * price:
                break
            if one[1] == account:
                resting.remove(one)
                continue
            filled = min(left, one[4])
            fills.append((serial, one[0], one[3], filled))
            left -= filled
            one[4] -= filled
            if not one[4]:
                resting.remove(one)
        if left and kind == "limit":
            resting.append([serial, account, sign, price, left])
    book = sorted(resting, key=lambda one: (-one[2], -one[2] * one[3], one[0]))
    return fills, [(one[0], one[4]) for one in book]


@settings(max_examples=200, deadline=None)
@given(commands)
def test_fills_and_books_equal_those_of_a_sorted_list(flow: list[Command]) -> None:
    assert by_ladder(flow) == by_sorting(flow)


@settings(max_examples=100, deadline=None)
@given(commands, st.integers(0, 2), st.sampled_from((1, -1)), st.integers(1, 12), st.integers(1, 30))
def test_fillable_says_what_matching_would_fill(
    flow: list[Command], who: int, sign: int, price: int, lots: int
) -> None:
    _, resting = by_ladder(flow)
    serials = {serial: (account, way, at) for serial, (_, account, way, at, _) in enumerate(flow, 1)}
    there = sum(
        left
        for serial, left in resting
        for account, way, at in [serials[serial]]
        if way == -sign and account != who and sign * at <= sign * price
    )
    orders = [
        an_order(serial, serials[serial][0], serials[serial][1], serials[serial][2], left) for serial, left in resting
    ]
    book = Book(orders)
    assert fillable(book.side(-sign), lots, sign * price, GROUPS[who], OWNERS) == (there >= lots)


def test_orders_that_are_gone_do_not_pile_up() -> None:
    book = Book()
    for serial in range(10_000):
        order = an_order(serial, 0, 1, 1 + serial % 5_000, 1)
        book.bids.add(order)
        book.bids.remove(order)
    assert book.bid() is None
    assert book.bids.heap == []
    for serial in range(10_000):
        order = an_order(serial, 0, 1, 1 + serial % 5_000, 1)
        book.bids.add(order)
        if serial % 5_000:
            book.bids.remove(order)
    assert len(book.bids.heap) < 200


def test_ids_are_read_as_they_are_written_and_in_no_other_way() -> None:
    assert id_name(serial_id(412, 7)) == "412-7"
    assert id_of("412-7") == serial_id(412, 7)
    for wrong in ("", "-", "412", "412-", "-7", "0412-7", "412-07", "412-7 ", "412--7", "٤-7", "1" * 40 + "-1"):
        assert id_of(wrong) is None, wrong


def test_later_things_have_larger_ids() -> None:
    assert serial_id(1, 5) < serial_id(1, 6) < serial_id(2, 1)
