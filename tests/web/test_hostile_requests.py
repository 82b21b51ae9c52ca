"""A corpus of hostile bodies and addresses: each is a 4xx in the right envelope, and none comes back to its sender."""

import json

import httpx
import pytest

from .house import a_house
from .test_errors import ARENA, QUEST, error_of

MARK = "hostilemark"
M = MARK.encode()


def with_turn(value: bytes) -> bytes:
    return b'{"player_id":"' + M + b'","turn":' + value + b"}"


def with_more(more: bytes) -> bytes:
    return b'{"player_id":"' + M + b'","turn":1,' + more + b"}"


def deep(opening: bytes, closing: bytes, levels: int) -> bytes:
    return with_more(b'"action":' + opening * levels + closing * levels)


VALID = with_turn(b"1")
TEXT = VALID.decode()

BODIES: dict[str, bytes] = {
    "empty object": b"{}",
    "blank": b"  \n",
    "a NUL byte": b"\x00",
    "null": b"null",
    "true": b"true",
    "a number": b"1",
    "a string": b'"' + M + b'"',
    "an array": b"[" + VALID + b"]",
    "a truncated object": VALID[:-1],
    "two values": VALID + VALID,
    "a trailing comma": b'{"player_id":"' + M + b'","turn":1,}',
    "a comment": VALID + b"// " + M,
    "single quotes": b"{'player_id':'" + M + b"','turn':1}",
    "unquoted keys": b'{player_id:"' + M + b'",turn:1}',
    "an empty key": with_more(b'"":1'),
    "NaN": with_turn(b"NaN"),
    "NaN in a float": with_more(b'"weight":NaN'),
    "Infinity": with_more(b'"weight":Infinity'),
    "minus Infinity": with_more(b'"weight":-Infinity'),
    "nan in lower case": with_more(b'"weight":nan'),
    "1e400": with_more(b'"weight":1e400'),
    "-1e400": with_more(b'"weight":-1e400'),
    "1e999999999": with_more(b'"weight":1e999999999'),
    "an infinite string": with_more(b'"weight":"Infinity"'),
    "2^63": with_turn(b"9223372036854775808"),
    "-2^63": with_turn(b"-9223372036854775808"),
    "2^64": with_turn(b"18446744073709551616"),
    "an integer of 5000 digits": with_turn(b"9" * 5_000),
    "an integer of a million digits": with_turn(b"9" * 1_000_000),
    "an integral float": with_turn(b"1.0"),
    "an exponent": with_turn(b"1e2"),
    "a leading zero": with_turn(b"01"),
    "a plus sign": with_turn(b"+1"),
    "a hexadecimal": with_turn(b"0x10"),
    "an underscore": with_turn(b"1_000"),
    "a bare point": with_more(b'"weight":.5'),
    "an ending point": with_more(b'"weight":5.'),
    "true as an integer": with_turn(b"true"),
    "a string as an integer": with_turn(b'"1"'),
    "null as an integer": with_turn(b"null"),
    "an array as an integer": with_turn(b"[1]"),
    "an integer as a boolean": with_more(b'"sure":1'),
    "a string as a boolean": with_more(b'"sure":"true"'),
    "an integer as a string": b'{"player_id":1,"turn":1}',
    "an object as a string": b'{"player_id":{"$ne":"' + M + b'"},"turn":1}',
    "a duplicate key": with_more(b'"turn":2'),
    "a duplicate key, escaped": with_more(b'"t\\u0075rn":2'),
    "a duplicate key, deep inside": with_more(b'"scores":{"' + M + b'":1,"' + M + b'":2}'),
    "a high surrogate": b'{"player_id":"' + M + b'\\ud800","turn":1}',
    "a low surrogate": b'{"player_id":"' + M + b'\\udfff","turn":1}',
    "surrogates in the wrong order": b'{"player_id":"' + M + b'\\udc00\\ud800","turn":1}',
    "a surrogate in a key": with_more(b'"scores":{"\\ud800":1}'),
    "a surrogate as UTF-8": b'{"player_id":"\xed\xa0\x80' + M + b'","turn":1}',
    "overlong UTF-8": b'{"player_id":"\xc0\xaf' + M + b'","turn":1}',
    "truncated UTF-8": b'{"player_id":"' + M + b'\xe2\x82","turn":1}',
    "Latin-1": b'{"player_id":"\xe9' + M + b'","turn":1}',
    "UTF-16": TEXT.encode("utf-16"),
    "UTF-16 LE": TEXT.encode("utf-16-le"),
    "UTF-16 BE": TEXT.encode("utf-16-be"),
    "UTF-32": TEXT.encode("utf-32"),
    "UTF-32 LE": TEXT.encode("utf-32-le"),
    "UTF-7": TEXT.encode("utf-7").replace(b"1", b"+ADE-"),
    "a byte order mark": TEXT.encode("utf-8-sig"),
    "a NUL": b'{"player_id":"' + M + b'\\u0000","turn":1}',
    "a raw control character": b'{"player_id":"' + M + b'\x01","turn":1}',
    "a raw line break": b'{"player_id":"' + M + b'\n","turn":1}',
    "a bad escape": b'{"player_id":"' + M + b'\\x41","turn":1}',
    "a cut escape": b'{"player_id":"' + M + b'\\u00","turn":1}',
    "33 arrays": deep(b"[", b"]", 33),
    "33 objects": with_more(b'"action":' + b'{"a":' * 33 + b"1" + b"}" * 33),
    "100000 open arrays": b"[" * 100_000,
    "100000 open objects": b'{"a":' * 100_000,
    "mixed depth": deep(b'[{"a":', b"}]", 20),
    "an unknown field": with_more(b'"is_superuser":true'),
    "a field of the prototype": with_more(b'"__proto__":{"gold":1}'),
    "a field of the class": with_more(b'"__class__":"' + M + b'"'),
    "a negative turn": with_turn(b"-1"),
    "a long string": b'{"player_id":"' + M * 1_000 + b'","turn":1}',
    "too many moves": with_more(b'"action":{"move":[1,2,3]}'),
    "too few moves": with_more(b'"action":{"move":[]}'),
    "a move of floats": with_more(b'"action":{"move":[1.5,0]}'),
    "an unknown spell": with_more(b'"action":{"move":[1,0],"spell":"' + M + b'"}'),
    "a spell in another case": with_more(b'"action":{"move":[1,0],"spell":"Heal"}'),
    "XML": b"<turn>" + M + b"</turn>",
    "YAML": b"turn: 1\nplayer_id: " + M,
    "a form": b"player_id=" + M + b"&turn=1",
    "gzip": b"\x1f\x8b\x08\x00" + M,
    "a million brackets": b"[" + b"[]," * 333_000 + b"[]]",
}  # fmt: skip


async def test_the_corpus_is_as_big_as_promised_and_the_body_it_varies_is_taken() -> None:
    assert len(BODIES) >= 60
    async with a_house().client() as client:
        response = await client.post("/arena/actions", content=VALID, headers={"content-type": "application/json"})
    assert response.status_code == 200


async def test_every_hostile_body_is_refused_in_its_envelope_and_not_echoed() -> None:
    async with a_house().client() as client:
        for name, body in BODIES.items():
            for prefix in (ARENA, QUEST):
                response = await client.post(
                    f"{prefix}/actions", content=body, headers={"content-type": "application/json"}
                )
                assert response.status_code == 422, name
                assert error_of(response, prefix)["code"] == "INVALID_REQUEST", name
                assert MARK not in response.text, name


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "application/json; charset=utf-16",
        "application/json; charset=latin-1",
        "multipart/form-data; boundary=x",
        "json",
        "application/json, text/plain",
        "",
    ],
)
async def test_a_body_of_another_type_is_refused(content_type: str) -> None:
    async with a_house().client() as client:
        response = await client.post("/arena/actions", content=VALID, headers={"content-type": content_type})
    assert response.status_code == 415


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=UTF-8"])
async def test_json_is_taken_with_and_without_its_charset(content_type: str) -> None:
    async with a_house().client() as client:
        response = await client.post("/arena/actions", content=VALID, headers={"content-type": content_type})
    assert response.status_code == 200


async def test_a_compressed_body_is_refused() -> None:
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    async with a_house().client() as client:
        assert (await client.post("/arena/actions", content=VALID, headers=headers)).status_code == 415


async def test_a_body_of_exactly_one_mebibyte_is_read_and_one_byte_more_is_not() -> None:
    exact = json.dumps({"turn": 1, "more": ""})
    exact = json.dumps({"turn": 1, "more": "x" * ((1 << 20) - len(exact))})
    async with a_house().client() as client:
        for content, status in ((exact, 200), (exact + " ", 413)):
            headers = {"content-type": "application/json"}
            assert (await client.post("/arena/loose", content=content, headers=headers)).status_code == status


async def test_a_body_without_length_is_counted_while_it_arrives() -> None:
    given = 0

    async def endless():
        nonlocal given
        while True:
            given += 1 << 16
            yield b" " * (1 << 16)

    async with a_house().client() as client:
        response = await client.post("/quest/actions", content=endless(), headers={"content-type": "application/json"})
    assert response.status_code == 413
    assert error_of(response, QUEST)["code"] == "BODY_TOO_LARGE"
    assert given <= 18 << 16


async def test_uploads_can_have_a_limit_of_their_own() -> None:
    house = a_house(body_limits={"/arena/loose": 9})
    async with house.client() as client:
        assert (await client.post("/arena/loose", json={"turn": 1})).status_code == 413
        assert (await client.post("/quest/loose", json={"turn": 1})).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/arena/players/%00",
        "/arena/players/a%00b",
        "/arena/players/%",
        "/arena/players/%zz",
        "/arena/players/%e2%82",
        "/arena/players/%ff",
        "/arena/players/%ed%a0%80",
        "/arena/players/%c0%af",
        "/arena/players/a%0d%0ab",
        "/arena/turns/9223372036854775808",
        "/arena/turns/1_0",
        "/arena/turns/+1",
        "/arena/turns/%201",
        "/arena/turns/01",
        "/arena/turns/%EF%BC%95",
        "/arena/turns/1e3",
        "/arena/turns/99999999999999999999999999",
        "/arena/turns/hostilemark",
        "/arena/actions?limit=1&limit=2",
        "/arena/actions?limit=1&l%69mit=2",
        "/arena/actions?limit=%00",
        "/arena/actions?limit=%ff",
        "/arena/actions?limit=%f",
        "/arena/actions?limit=1_0",
        "/arena/actions?limit=0",
        "/arena/actions?limit=",
        "/arena/actions?limit=hostilemark",
        "/arena/actions?" + "&".join(f"a{n}=" for n in range(65)),
    ],
)
async def test_a_hostile_address_is_refused(path: str) -> None:
    status, body = await raw_get(path)
    assert status == 422
    assert MARK not in body
    assert json.loads(body)["error"]["code"] == "INVALID_REQUEST"


@pytest.mark.parametrize("path", ["/arena/players/J%C3%BCrgen", "/arena/players/a%20b", "/arena/actions?limit=7&x=a+b"])
async def test_a_clean_address_is_taken(path: str) -> None:
    assert (await raw_get(path))[0] == 200


async def raw_get(target: str) -> tuple[int, str]:
    """Ask for an address as it is written: a client would repair it."""
    path, _, query = target.partition("?")
    url = httpx.URL("http://game").copy_with(raw_path=path.encode())
    sent: list[dict] = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request"}

    scope = {
        "type": "http", "http_version": "1.1", "method": "GET", "scheme": "http", "root_path": "", "headers": [],
        "path": url.path, "raw_path": path.encode(), "query_string": query.encode(), "server": ("game", 80),
    }  # fmt: skip
    await a_house().app(scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:]).decode()
