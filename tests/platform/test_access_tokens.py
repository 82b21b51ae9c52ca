"""Access tokens against everything people forge."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from gamefold.engine.refusal import Rejected
from gamefold.platform.accounts.access_tokens import LEEWAY_S, LIFE_S, AccessTokens
from gamefold.platform.refusals import TOKEN_INVALID
from gamefold.testkit.clock import START_MS, VirtualClock

from .people import GAME, ISSUER, OTHER_GAME, SECRET, UNKNOWN

NOW_S = START_MS // 1_000
SESSION = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
PUBLIC_KEY = b"""-----BEGIN PUBLIC KEY-----
MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKj34GkxFhD90vcNLYLInFEX6Ppy1tPf9Cnzj4p4WGeKLs1Pt8Qu
KUpRKfFLfRYC9AIKjbJTWit+CqvjWYzvQwECAwEAAQ==
-----END PUBLIC KEY-----
"""


def some_tokens(secret: bytes = SECRET) -> tuple[AccessTokens, VirtualClock]:
    wall = VirtualClock()
    return AccessTokens(secret, ISSUER, wall), wall


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def forged(
    header: Any = None,
    claims: Any = None,
    *,
    secret: bytes = SECRET,
    without: str | None = None,
    raw: bytes | None = None,
) -> str:
    """A token as an attacker would build it; by default it is a good one."""
    head = {"alg": "HS256", "typ": "at+jwt", **(header or {})}
    body = {
        "iss": ISSUER,
        "aud": GAME,
        "sub": UNKNOWN,
        "sid": SESSION,
        "iat": NOW_S,
        "nbf": NOW_S,
        "exp": NOW_S + LIFE_S,
        "jti": "j",
        **(claims or {}),
    }
    body.pop(without or "", None)
    signed = f"{b64(json.dumps(head).encode())}.{b64(raw if raw is not None else json.dumps(body).encode())}"
    digest = {"HS384": "sha384", "HS512": "sha512"}.get(str(head.get("alg")), "sha256")
    return f"{signed}.{b64(hmac.digest(secret, signed.encode(), digest))}"


def tampered(part: int, change: str = "A") -> str:
    parts = forged().split(".")
    parts[part] = parts[part][:10] + (change if parts[part][10] != change else "B") + parts[part][11:]
    return ".".join(parts)


def test_a_token_says_who_and_for_how_long() -> None:
    tokens, _ = some_tokens()
    token = tokens.issue(UNKNOWN, SESSION, GAME, superuser=True)
    claims = tokens.verify(token.text, GAME)
    assert (claims.iss, claims.aud, claims.sub, claims.sid) == (ISSUER, GAME, UNKNOWN, SESSION)
    assert (claims.iat, claims.nbf, claims.exp) == (NOW_S, NOW_S, NOW_S + 15 * 60)
    assert (claims.su, claims.guest) == (True, False)
    header = json.loads(base64.urlsafe_b64decode(token.text.split(".")[0] + "=="))
    assert header == {"alg": "HS256", "typ": "at+jwt"}
    assert token.text != tokens.issue(UNKNOWN, SESSION, GAME, superuser=True).text
    assert token.text not in repr(token)


def test_the_attackers_workshop_can_build_a_good_token() -> None:
    tokens, _ = some_tokens()
    assert tokens.verify(forged(), GAME).sub == UNKNOWN


ATTACKS = {
    "no signature": forged().rpartition(".")[0] + ".",
    "alg none": forged({"alg": "none"}).rpartition(".")[0] + ".",
    "alg none with a signature": forged({"alg": "none"}),
    "alg None in other letters": forged({"alg": "nOnE"}).rpartition(".")[0] + ".",
    "no alg": forged({"alg": None}),
    "an alg that is no text": forged({"alg": ["HS256"]}),
    "HS384": forged({"alg": "HS384"}),
    "HS512": forged({"alg": "HS512"}),
    "RS256 by name": forged({"alg": "RS256"}),
    "RS256 signed with a public key as the secret": forged({"alg": "HS256"}, secret=PUBLIC_KEY),
    "ES256 by name": forged({"alg": "ES256"}),
    "another secret": forged(secret=b"x" * 32),
    "an empty secret": forged(secret=b""),
    "a key in the header": forged({"jwk": {"kty": "oct", "k": b64(b"x" * 32)}}, secret=b"x" * 32),
    "a key id that is a path": forged({"kid": "../../../dev/null"}, secret=b""),
    "a key id that is no text": forged({"kid": 7}),
    "a key address": forged({"jku": "https://evil.example/keys"}, secret=b"x" * 32),
    "an unknown critical header": forged({"crit": ["exp"], "exp": 1}),
    "an unencoded payload": forged({"b64": False, "crit": ["b64"]}),
    "typ JWT": forged({"typ": "JWT"}),
    "no typ": forged({"typ": None}),
    "typ of a refresh token": forged({"typ": "rt+jwt"}),
    "another issuer": forged(claims={"iss": "evil"}),
    "another audience": forged(claims={"aud": OTHER_GAME}),
    "many audiences": forged(claims={"aud": [GAME, OTHER_GAME]}),
    "a part of the audience": forged(claims={"aud": "gamefold"}),
    "expired": forged(claims={"iat": NOW_S - 901, "nbf": NOW_S - 901, "exp": NOW_S - 1}),
    "expires now": forged(claims={"iat": NOW_S - 900, "nbf": NOW_S - 900, "exp": NOW_S}),
    "lives longer than ours": forged(claims={"exp": NOW_S + LIFE_S + 1}),
    "lives for ever": forged(claims={"exp": 1 << 60}),
    "exp before iat": forged(claims={"iat": NOW_S, "exp": NOW_S - 5}),
    "exp is a text": forged(claims={"exp": str(NOW_S + 60)}),
    "exp is a float": forged(claims={"exp": NOW_S + 60.5}),
    "exp is true": forged(claims={"exp": True}),
    "exp is infinite": forged(raw=b'{"exp": Infinity}'),
    "not yet valid": forged(claims={"nbf": NOW_S + 3_600}),
    "issued tomorrow": forged(claims={"iat": NOW_S + 86_400, "exp": NOW_S + 87_000}),
    "a subject that is no id": forged(claims={"sub": "admin"}),
    "a subject that is a number": forged(claims={"sub": 1}),
    "a subject in other letters": forged(claims={"sub": "AAAAAAAA-bbbb-4ccc-8ddd-eeeeeeeeeeee"}),
    "a session that is no id": forged(claims={"sid": "' OR 1=1 --"}),
    "an empty token id": forged(claims={"jti": ""}),
    "superuser as a number": forged(claims={"su": 1}),
    "superuser as a text": forged(claims={"su": "true"}),
    "a claim nobody knows": forged(claims={"role": "admin"}),
    "a payload that is a list": forged(raw=b"[]"),
    "a payload that is no JSON": forged(raw=b"{"),
    "a payload that is no UTF-8": forged(raw=b'{"sub": "\xff"}'),
    "deep payload": forged(raw=b"[" * 1_000),
    "a changed header": tampered(0),
    "changed claims": tampered(1),
    "a changed signature": tampered(2),
    "a signature with another last letter": forged()[:-1] + ("A" if forged()[-1] != "A" else "B"),
    "padding": forged() + "=",
    "a line break": forged() + "\n",
    "a space before": " " + forged(),
    "two parts": "a.b",
    "five parts": "a.b.c.d.e",
    "dots alone": "..",
    "nothing": "",
    "no ASCII": "é.é.é",
    "half a pair": "\ud800",
    "too long": forged(claims={"jti": "j" * 3_000}),
    **{f"without {claim}": forged(without=claim) for claim in ("iss", "aud", "sub", "sid", "iat", "nbf", "exp", "jti")},
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_forged_token_is_refused(attack: str) -> None:
    tokens, _ = some_tokens()
    with pytest.raises(Rejected) as raised:
        tokens.verify(ATTACKS[attack], GAME)
    assert raised.value.code == TOKEN_INVALID
    assert raised.value.message == "This is not a valid access token."


def test_a_token_lives_a_quarter_of_an_hour_of_real_time() -> None:
    tokens, wall = some_tokens()
    text = tokens.issue(UNKNOWN, SESSION, GAME).text
    wall.advance(LIFE_S * 1_000 - 1)
    tokens.verify(text, GAME)
    wall.advance(1)
    with pytest.raises(Rejected):
        tokens.verify(text, GAME)


def test_a_machine_whose_clock_is_a_little_behind_takes_the_token() -> None:
    tokens, _ = some_tokens()
    behind = AccessTokens(SECRET, ISSUER, VirtualClock(START_MS - LEEWAY_S * 1_000))
    too_far = AccessTokens(SECRET, ISSUER, VirtualClock(START_MS - (LEEWAY_S + 1) * 1_000))
    text = tokens.issue(UNKNOWN, SESSION, GAME).text
    behind.verify(text, GAME)
    with pytest.raises(Rejected):
        too_far.verify(text, GAME)


def test_tokens_outlive_a_restart_and_not_a_new_secret() -> None:
    text = some_tokens()[0].issue(UNKNOWN, SESSION, GAME).text
    some_tokens()[0].verify(text, GAME)
    with pytest.raises(Rejected):
        some_tokens(hashlib.sha256(SECRET).digest())[0].verify(text, GAME)
