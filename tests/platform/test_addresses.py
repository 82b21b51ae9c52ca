"""Which addresses and usernames are the same, and which are none."""

# ruff: noqa: RUF001 - letters that look alike are the point

import pytest

from gamefold.engine.refusal import Rejected
from gamefold.platform.accounts.addresses import checked_username, normal_email, username_key
from gamefold.platform.refusals import EMAIL_INVALID, USERNAME_INVALID


@pytest.mark.parametrize(
    ("sent", "normal"),
    [
        ("ada@example.com", "ada@example.com"),
        (" ADA@Example.COM\n", "ada@example.com"),
        ("ada+focus@example.com", "ada+focus@example.com"),
        ("Änne@MÜLLER.de", "änne@müller.de"),
        ("a@xn--mller-kva.de", "a@müller.de"),
        ("A\u0308nne@example.com", "änne@example.com"),
        ("team@laptop.local", "team@laptop.local"),
        ("bot@localhost", "bot@localhost"),
        ("bot@load.test", "bot@load.test"),
    ],
)
def test_an_address_has_one_form(sent: str, normal: str) -> None:
    assert normal_email(sent) == normal
    assert normal_email(normal) == normal


@pytest.mark.parametrize(
    "sent",
    [
        "", "ada", "@", "ada@", "@example.com", "a@b@c.com", "a b@example.com", "a..b@example.com", ".a@example.com",
        "<ada@example.com>", "Ada <ada@example.com>", '"quoted"@example.com', "a@[127.0.0.1]", "a@example..com",
        "a@-example.com", "a@exa mple.com", "a\x00b@example.com", "a@example.com\x00", "a\nb@example.com",
        "\ud800@example.com",
        "a@" + "x" * 64 + ".com", "a@" + "x.y" * 99 + ".com", "guest@guest.invalid",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(sent: str) -> None:
    with pytest.raises(Rejected) as raised:
        normal_email(sent)
    assert raised.value.code == EMAIL_INVALID
    assert sent.strip() not in raised.value.message or not sent


@pytest.mark.parametrize("name", ["ada", "Ada_Lovelace-1.0", "Страж", "勇者勇者", "é" * 32, "x" * 32])
def test_usernames_have_letters_of_any_script(name: str) -> None:
    assert checked_username(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "ab",
        "x" * 33,
        "a b c",
        "a@b",
        "-ada",
        "ada.",
        "_ada",
        "ada\n",
        "a\x00b",
        "a\u202eb",
        "ada\u200b",
        "<b>",
        "🙂🙂🙂",
        "\ud800\ud800\ud800",
    ],
)
def test_what_is_no_username_is_refused(name: str) -> None:
    with pytest.raises(Rejected) as raised:
        checked_username(name)
    assert raised.value.code == USERNAME_INVALID


def test_forms_and_letter_case_do_not_make_another_username() -> None:
    assert username_key("STRASSE") == username_key("Straße") == username_key("ｓｔｒａｓｓｅ")
    assert checked_username("ａｄａ") == "ada"
    assert username_key("İstanbul") == username_key("i\u0307stanbul")
