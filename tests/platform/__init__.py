# ruff: noqa: A005 - `tests` is a package, so this is `tests.platform` and hides nothing
