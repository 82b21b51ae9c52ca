"""People come, are there, and go."""

import asyncio

import bcrypt
import pytest

from gamefold.engine.refusal import Rejected
from gamefold.platform.accounts.tables import login_failures, token_families, users
from gamefold.platform.refusals import (
    ACCOUNT_DISABLED,
    ACCOUNT_NOT_FOUND,
    EMAIL_INVALID,
    EMAIL_TAKEN,
    INVALID_CREDENTIALS,
    NOT_A_GUEST,
    PASSWORD_TOO_WEAK,
    PROFILE_INVALID,
    REASON_INVALID,
    TOKEN_INVALID,
    USERNAME_INVALID,
    USERNAME_TAKEN,
)

from .people import GAME, GOOD, OTHER_GAME, UNKNOWN, People


async def refused(call) -> str:
    with pytest.raises(Rejected) as raised:
        await call
    return raised.value.code


async def test_who_registers_is_let_in(people: People) -> None:
    grant = await people.ada(" Ada.Lovelace@EXAMPLE.com ", full_name=" Ada Lovelace ", username="Ada")
    assert (grant.user.email, grant.user.full_name, grant.user.username) == (
        "ada.lovelace@example.com",
        "Ada Lovelace",
        "Ada",
    )
    assert (grant.user.is_active, grant.user.is_superuser, grant.user.is_guest) == (True, False, False)
    assert grant.expires_in_s == 15 * 60
    player = await people.doors.admit(grant.access_token, "/focus/api/profile")
    assert (player.id, player.session_id) == (grant.user.id, grant.session_id)


async def test_an_address_has_one_account(people: People) -> None:
    await people.ada()
    for same in ("ada@example.com", "ADA@EXAMPLE.COM", " ada@Example.Com"):
        assert await refused(people.accounts.register(same, GOOD, GAME)) == EMAIL_TAKEN


async def test_a_username_is_one_persons_in_all_its_forms(people: People) -> None:
    await people.ada(username="Straße")
    assert await refused(people.ada("b@example.com", username="STRASSE")) == USERNAME_TAKEN
    assert await refused(people.ada("b@example.com", username="a@b")) == USERNAME_INVALID
    assert await people.count(users) == 1


async def test_one_of_twenty_registrations_at_once_wins(people: People) -> None:
    answers = await asyncio.gather(*(people.ada() for _ in range(20)), return_exceptions=True)
    refusals = [answer for answer in answers if isinstance(answer, Rejected)]
    assert len(refusals) == 19
    assert {refusal.code for refusal in refusals} == {EMAIL_TAKEN}
    assert await people.count(users) == 1


async def test_a_registration_that_is_repeated_finds_what_the_first_one_made(people: People) -> None:
    made: list[str] = []

    def also(_connection, user) -> None:
        made.append(user.id)

    first = await people.ada(user_id=UNKNOWN, also=also)
    again = await people.ada(user_id=UNKNOWN, also=also)
    assert first.user == again.user
    assert made == [UNKNOWN]


async def test_what_a_game_adds_is_there_with_the_person_or_not_at_all(people: People) -> None:
    def also(_connection, _user) -> None:
        raise Rejected("SOLD_OUT", "no room")

    assert await refused(people.ada(also=also)) == "SOLD_OUT"
    assert await people.count(users) == 0
    assert await people.count(token_families) == 0


async def test_login_by_address_or_username(people: People) -> None:
    registered = await people.ada(username="Countess")
    for name in ("ada@example.com", "ADA@example.com ", "Countess", "COUNTESS"):
        grant = await people.login(name)
        assert grant.user == registered.user
        assert grant.session_id != registered.session_id


async def test_whatever_is_wrong_with_a_login_the_answer_is_the_same(people: People) -> None:
    await people.ada()
    for name, password in (
        ("ada@example.com", GOOD + " "),
        ("ada@example.com", GOOD.lower()),
        ("ada@example.com", ""),
        ("ada@example.com", "x" * 1_025),
        ("ada@example.com", "half a pair \ud800"),
        ("bob@example.com", GOOD),
        ("nobody", GOOD),
        ("not@an@address", GOOD),
        ("with\x00nul", GOOD),
        ("nul\x00@example.com", GOOD),
        ("\ud800", GOOD),
        ("\ud800@example.com", GOOD),
        ("", GOOD),
        ("x" * 10_000, GOOD),
    ):
        with pytest.raises(Rejected) as raised:
            await people.login(name, password)
        assert (raised.value.code, raised.value.message) == (INVALID_CREDENTIALS, "Address or password is wrong.")


async def test_a_bcrypt_hash_from_elsewhere_is_good_and_is_replaced_at_the_first_login(people: People) -> None:
    grant = await people.ada()
    old = bcrypt.hashpw(GOOD.encode(), bcrypt.gensalt(4)).decode()
    await people.sql("UPDATE platform.users SET hashed_password = :old", old=old)
    assert (await people.login()).user.id == grant.user.id
    assert await people.count(users, users.c.hashed_password.startswith("$argon2id$")) == 1
    await people.login()


async def test_bcrypt_does_not_make_long_passwords_equal(people: People) -> None:
    await people.ada()
    old = bcrypt.hashpw(b"x" * 72, bcrypt.gensalt(4)).decode()
    await people.sql("UPDATE platform.users SET hashed_password = :old", old=old)
    assert await refused(people.login(password="x" * 73)) == INVALID_CREDENTIALS
    await people.login(password="x" * 72)


async def test_a_disabled_account_is_told_so_only_to_who_knows_the_password(people: People) -> None:
    grant = await people.ada()
    await people.moderation.disable(grant.user.id, "operator", "cheated")
    assert await refused(people.login()) == ACCOUNT_DISABLED
    assert await refused(people.login(password="wrong password")) == INVALID_CREDENTIALS
    await people.moderation.enable(grant.user.id, "operator", "said sorry")
    await people.login()


async def test_a_ban_ends_all_sessions_and_an_unban_brings_none_back(people: People) -> None:
    grants = [await people.ada(), await people.login()]
    await people.accounts.login("ada@example.com", GOOD, OTHER_GAME)
    await people.moderation.disable(grants[0].user.id, "operator", "cheated")
    assert not any([await people.open_to(grant) for grant in grants])
    assert await refused(people.sessions.refresh(grants[0].refresh_token, GAME)) == ACCOUNT_DISABLED
    await people.moderation.enable(grants[0].user.id, "operator", "said sorry")
    assert not any([await people.open_to(grant) for grant in grants])
    assert await refused(people.sessions.refresh(grants[0].refresh_token, GAME)) == TOKEN_INVALID
    assert await people.open_to(await people.login())


async def test_a_ban_needs_a_reason_and_somebody(people: People) -> None:
    grant = await people.ada()
    for reason in ("", "  ", "x" * 501):
        assert await refused(people.moderation.disable(grant.user.id, "operator", reason)) == REASON_INVALID
    assert await refused(people.moderation.disable(UNKNOWN, "operator", "who?")) == ACCOUNT_NOT_FOUND


async def test_no_login_outlives_a_ban_that_comes_in_between(people: People, others: People) -> None:
    grant = await people.ada()

    async def log_in() -> None:
        grants.append(await people.login())

    for _ in range(5):
        grants = []
        ban = others.moderation.disable(grant.user.id, "operator", "cheated")
        await asyncio.gather(ban, *(log_in() for _ in range(4)), return_exceptions=True)
        assert await people.count(token_families, token_families.c.revoked_at.is_(None)) == 0
        await others.moderation.enable(grant.user.id, "operator", "again")


async def test_a_guest_is_known_by_their_tokens_alone(people: People) -> None:
    guest = await people.accounts.guest(GAME)
    assert (guest.user.is_guest, guest.user.email) == (True, None)
    assert (await people.doors.admit(guest.access_token, "/focus")).is_guest
    assert await refused(people.login(f"{guest.user.id}@guest.invalid", "!")) == INVALID_CREDENTIALS


async def test_a_guest_becomes_an_account_once(people: People) -> None:
    guest = await people.accounts.guest(GAME)

    async def upgrade(number: int):
        return await people.accounts.upgrade(guest.user.id, f"ada{number}@example.com", GOOD, GAME, username="Ada")

    answers = await asyncio.gather(*(upgrade(number) for number in range(5)), return_exceptions=True)
    grants = [answer for answer in answers if not isinstance(answer, BaseException)]
    assert len(grants) == 1
    assert {answer.code for answer in answers if isinstance(answer, Rejected)} == {NOT_A_GUEST}
    assert (grants[0].user.id, grants[0].user.is_guest, grants[0].user.username) == (guest.user.id, False, "Ada")
    assert await people.open_to(grants[0])
    assert not await people.open_to(guest)
    assert (await people.login(grants[0].user.email or "")).user.id == guest.user.id


async def test_a_guest_cannot_take_over_an_address(people: People) -> None:
    await people.ada(username="Ada")
    guest = await people.accounts.guest(GAME)
    upgrade = people.accounts.upgrade
    assert await refused(upgrade(guest.user.id, "ADA@example.com", GOOD, GAME)) == EMAIL_TAKEN
    assert await refused(upgrade(guest.user.id, "b@example.com", GOOD, GAME, username="ada")) == USERNAME_TAKEN
    assert await refused(upgrade(guest.user.id, "b@example.com", "short", GAME)) == PASSWORD_TOO_WEAK
    assert await refused(upgrade(guest.user.id, "nonsense", GOOD, GAME)) == EMAIL_INVALID
    assert (await people.accounts.user(guest.user.id)).is_guest


async def test_a_profile_changes_where_it_is_asked_to(people: People) -> None:
    grant = await people.ada(full_name="Ada", username="ada")
    me = grant.user.id
    picture = "https://cdn.example/avatar.png?size=64"
    changed = await people.accounts.update_profile(me, full_name="Ada King", profile_picture=picture)
    assert (changed.full_name, changed.profile_picture, changed.username) == ("Ada King", picture, "ada")
    assert changed.updated_at is not None
    emptied = await people.accounts.update_profile(me, full_name=None)
    assert (emptied.full_name, emptied.profile_picture) == (None, picture)
    assert (await people.accounts.update_profile(me, username="countess")).username == "countess"
    assert await people.accounts.update_profile(me) == await people.accounts.user(me)
    assert (await people.login("countess")).user.id == me
    assert await refused(people.login("ada")) == INVALID_CREDENTIALS


async def test_a_profile_holds_nothing_that_could_hurt_a_page(people: People) -> None:
    grant = await people.ada()
    for name in ("x" * 101, "two\nlines", "nul\x00"):
        assert await refused(people.accounts.update_profile(grant.user.id, full_name=name)) == PROFILE_INVALID
    for picture in (
        "javascript:alert(1)",
        "data:image/png;base64,x",
        "https://",
        "https://[broken",
        'https://example.com/"onload=x',
        "https://example.com/" + "x" * 2_048,
    ):
        assert await refused(people.accounts.update_profile(grant.user.id, profile_picture=picture)) == PROFILE_INVALID


async def test_a_changed_password_ends_all_other_sessions(people: People) -> None:
    here = await people.ada()
    there = await people.login()
    change = people.accounts.change_password
    me = (here.user.id, here.session_id)
    assert await refused(change(*me, "wrong password", "another good one")) == INVALID_CREDENTIALS
    assert await refused(change(*me, GOOD, "password1")) == PASSWORD_TOO_WEAK
    await change(*me, GOOD, "another good one")
    assert await people.open_to(here)
    assert not await people.open_to(there)
    assert await refused(people.login()) == INVALID_CREDENTIALS
    await people.login(password="another good one")


async def test_a_login_that_began_with_the_old_password_does_not_end_in_a_session(people: People) -> None:
    await people.ada()
    passwords = people.accounts._passwords
    verify = passwords.verify

    async def verified_while_it_is_changed(password: bytes, hashed: str | None) -> tuple[bool, str | None]:
        answer = await verify(password, hashed)
        await people.sql("UPDATE platform.users SET hashed_password = '!'")
        return answer

    passwords.verify = verified_while_it_is_changed
    assert await refused(people.login()) == INVALID_CREDENTIALS
    assert await people.count(token_families) == 1


async def test_who_deletes_their_account_is_gone(people: People) -> None:
    grant = await people.ada()
    await refused(people.login(password="wrong password"))
    await people.accounts.delete(grant.user.id, grant.user.id)
    assert not await people.open_to(grant)
    assert await refused(people.sessions.refresh(grant.refresh_token, GAME)) == TOKEN_INVALID
    assert await refused(people.login()) == INVALID_CREDENTIALS
    assert await refused(people.accounts.user(grant.user.id)) == ACCOUNT_NOT_FOUND
    assert await people.count(token_families) == 0
    assert await people.count(login_failures) == 1  # the attempt after the end
    assert (await people.ada()).user.id != grant.user.id


async def test_what_happened_to_an_account_can_be_audited(people: People) -> None:
    grant = await people.ada()
    await people.moderation.disable(grant.user.id, "operator", "cheated")
    await people.moderation.disable(grant.user.id, "operator", "cheated")
    await people.moderation.enable(grant.user.id, "operator", "said sorry")
    await people.accounts.delete(grant.user.id, "operator")
    verdict = await people.audit()
    assert (verdict.holds, verdict.lines) == (True, 3)


async def test_a_hundred_and_one_sessions_are_one_too_many(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gamefold.platform.accounts.families.PER_USER_MAX", 3)
    grants = [await people.ada()]
    for _ in range(3):
        people.wall.advance(1_000)
        grants.append(await people.login())
    assert [await people.open_to(grant) for grant in grants] == [False, True, True, True]
