"""Passwords count byte by byte, exactly as sent."""

import asyncio
import statistics
import threading
import time

import bcrypt
import pytest

from gamefold.engine.refusal import Rejected
from gamefold.platform.accounts.passwords import (
    UNUSABLE,
    Passwords,
    argon2id,
    check_new_password,
    common_passwords,
    password_bytes,
)
from gamefold.platform.refusals import INVALID_CREDENTIALS, PASSWORD_TOO_LONG, PASSWORD_TOO_WEAK
from gamefold.storage.opening import open_database
from gamefold.web.errors import Unavailable
from tests.passwords import cheap_passwords

from .people import GAME, GOOD, People, some_people


def code_of(password: str, *known: str) -> str | None:
    try:
        check_new_password(password, *known)
    except Rejected as refusal:
        return refusal.code
    return None


def test_a_password_has_8_to_1024_bytes() -> None:
    assert code_of("sevenxy") == PASSWORD_TOO_WEAK
    assert code_of("eight xy") is None
    assert code_of("ab€d") == PASSWORD_TOO_WEAK  # 6 bytes
    assert code_of("ab€€") is None  # 8 bytes in 4 characters
    assert code_of("ab" * 512) is None
    assert code_of("ab" * 512 + "c") == PASSWORD_TOO_LONG
    assert code_of("a€" + "€" * 340) is None  # 1,024 bytes
    assert code_of("ab€" + "€" * 340) == PASSWORD_TOO_LONG  # 1,025 bytes
    assert code_of("half a pair \ud800") == PASSWORD_TOO_LONG


def test_what_everybody_tries_first_is_refused() -> None:
    for password in ("password", "PassWord1", "12345678", "qwertyuiop", "iloveyou", "letmein123", "zzzzzzzzzzzz"):
        assert code_of(password) == PASSWORD_TOO_WEAK
    assert len(common_passwords()) > 500
    assert all(word == word.casefold() and len(word.encode()) >= 8 for word in common_passwords())


def test_a_password_is_not_the_name_of_its_owner() -> None:
    assert code_of("ada.lovelace", "ada.lovelace@example.com") == PASSWORD_TOO_WEAK
    assert code_of("Ada.Lovelace@example.com", "ada.lovelace@example.com") == PASSWORD_TOO_WEAK
    assert code_of("countess-ada", "a@example.com", "Countess-Ada") == PASSWORD_TOO_WEAK


def test_nothing_is_trimmed_or_folded() -> None:
    for password in (" with blanks ", "nul\x00inside", "e\u0301 is not é", "tab\tand\nline"):
        assert password_bytes(password) == password.encode()
        assert check_new_password(password) == password.encode()


async def test_passwords_that_differ_in_one_byte_anywhere_are_different() -> None:
    passwords = cheap_passwords()
    for base in (b"x" * 100, b"nul\x00" + b"x" * 96):
        hashed = await passwords.hash(base)
        assert await passwords.verify(base, hashed) == (True, None)
        for at in (0, 3, 4, 71, 72, 73, 99):
            assert await passwords.verify(base[:at] + b"y" + base[at + 1 :], hashed) == (False, None)
        assert await passwords.verify(base[:72], hashed) == (False, None)
        assert await passwords.verify(base.partition(b"\x00")[0], hashed) == (
            len(base.partition(b"\x00")[0]) == 100,
            None,
        )
    passwords.close()


async def test_a_bcrypt_hash_is_verified_with_all_bytes_or_not_at_all() -> None:
    passwords = cheap_passwords()
    hashed = bcrypt.hashpw(b"x" * 72, bcrypt.gensalt(4)).decode()
    fits, better = await passwords.verify(b"x" * 72, hashed)
    assert fits
    assert better is not None
    assert better.startswith("$argon2id$")
    assert await passwords.verify(b"x" * 73, hashed) == (False, None)
    nul = bcrypt.hashpw(b"before\x00after", bcrypt.gensalt(4)).decode()
    assert (await passwords.verify(b"before\x00other", nul))[0] is False
    passwords.close()


async def test_no_password_fits_nobody_or_a_broken_hash() -> None:
    passwords = cheap_passwords()
    for hashed in (None, UNUSABLE, "", "plain text", "$2b$broken", "$argon2id$broken"):
        assert await passwords.verify(GOOD.encode(), hashed) == (False, None)
    passwords.close()


async def test_too_many_at_once_are_asked_to_come_back() -> None:
    passwords = cheap_passwords(threads=1, waiting_max=3)
    answers = await asyncio.gather(*(passwords.hash(b"a password") for _ in range(5)), return_exceptions=True)
    assert [isinstance(answer, Unavailable) for answer in answers] == [False, False, False, True, True]
    await passwords.hash(b"a password")
    passwords.close()


def test_the_scheme_is_argon2id_with_19_mebibytes() -> None:
    hashed = argon2id().hash(b"a password")
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_a_rush_of_logins_leaves_the_loop_its_time() -> None:
    class Slow:
        """Hashes nothing before the loop says so: who hashed in the loop's own thread would wait in vain."""

        def __init__(self) -> None:
            self.go = threading.Event()
            self.go.set()

        def hash(self, _password: bytes) -> str:
            assert self.go.wait(60)
            return "hashed"

    slow = Slow()
    passwords = Passwords(slow)
    slow.go.clear()
    rush = [asyncio.create_task(passwords.hash(b"a password")) for _ in range(20)]
    await asyncio.sleep(0.05)
    assert not any(one.done() for one in rush)
    slow.go.set()
    assert await asyncio.gather(*rush) == ["hashed"] * 20
    passwords.close()


async def test_1024_bytes_log_in_and_1025_do_not(people: People) -> None:
    long = "ab€" + "x" * 1_019
    await people.accounts.register("ada@example.com", long, GAME)
    await people.login(password=long)
    for wrong in (long + "x", long[:-1], long[:72]):
        with pytest.raises(Rejected) as raised:
            await people.login(password=wrong)
        assert raised.value.code == INVALID_CREDENTIALS


@pytest.mark.long
async def test_nobody_learns_from_the_time_of_a_login_whether_an_address_is_known(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    async with some_people(database) as people:
        passwords = Passwords(threads=1)
        people.accounts._passwords = passwords
        await people.ada("known@example.com")
        times: dict[str, list[float]] = {"known": [], "unknown": []}
        for number in range(60):
            people.wall.advance(16 * 60_000)  # past the throttle
            for kind in ("known", "unknown") if number % 2 else ("unknown", "known"):
                begin = time.perf_counter()
                with pytest.raises(Rejected):
                    await people.login(f"{kind}@example.com", "wrong password")
                times[kind].append(time.perf_counter() - begin)
        passwords.close()
    await database.close()
    known, unknown = (statistics.median(sample) for sample in times.values())
    assert 0.8 < known / unknown < 1.25
