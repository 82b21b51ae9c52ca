"""The start page: what runs here, and where to go."""

from collections.abc import Mapping
from html import escape

from fastapi import APIRouter
from starlette.responses import HTMLResponse

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gamefold</title>
<style>
:root {{ color-scheme: light dark; --ink: light-dark(#1c1b22, #ececf1); --dim: light-dark(#55535f, #a9a7b4);
  --paper: light-dark(#fbfaf7, #17161c); --line: light-dark(#dad7cf, #34323c); --link: light-dark(#4a32b5, #b7a6ff); }}
body {{ margin: 0 auto; padding: 3rem 1.25rem; max-width: 42rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.6 system-ui, sans-serif; }}
h1 {{ margin: 0; font-size: 2rem; }}
p {{ color: var(--dim); }}
ul {{ padding: 0; list-style: none; border-top: 1px solid var(--line); }}
li {{ padding: .75rem 0; border-bottom: 1px solid var(--line); }}
a {{ color: var(--link); }}
code {{ font-size: .9em; }}
</style>
</head>
<body>
<main>
<h1>Gamefold</h1>
<p>Version {version}. Every game world here is a fold over a durable journal.</p>
<h2>Games</h2>
<ul>{games}</ul>
<h2>For developers and operators</h2>
<ul>
<li><a href="/docs">API documentation</a> and <a href="/openapi.json">its OpenAPI description</a></li>
<li><a href="/health/ready">Health</a> and <a href="/metrics">metrics</a></li>
</ul>
</main>
</body>
</html>
"""


def pages_router(version: str, prefixes: Mapping[str, str]) -> APIRouter:
    """Give the start page. `prefixes` says under which path each game runs here."""
    games = "".join(
        f"<li><strong>{escape(name.title())}</strong> under <code>{escape(prefix or '/')}</code></li>"
        for name, prefix in prefixes.items()
    )
    page = _PAGE.format(version=escape(version), games=games)
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def start() -> HTMLResponse:
        return HTMLResponse(page)

    return router
