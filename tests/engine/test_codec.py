"""A snapshot is written in parts, and read as the one value it is."""

import msgspec
import pytest

from gamefold.engine import codec


@pytest.mark.parametrize("size", [0, 1, 255, 256, 70_000])
def test_what_is_framed_and_compressed_in_parts_is_one_value(size: int) -> None:
    head, raw = {"seq": 7, "balance": {"b": 2, "a": 1}}, bytes(range(256)) * (size // 256) + bytes(size % 256)
    packed = codec.compress(codec.framed(head, memoryview(raw)))
    assert msgspec.msgpack.decode(codec.decompress(packed)) == [head, raw]
