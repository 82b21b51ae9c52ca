"""Passwords whose hashes take no time: what they cost is no concern of most tests."""

from typing import Any

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pwdlib.hashers.bcrypt import BcryptHasher

from gamefold.platform.accounts.passwords import Passwords


def cheap_passwords(**options: Any) -> Passwords:
    scheme = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1), BcryptHasher(rounds=4)))
    return Passwords(scheme, **options)
