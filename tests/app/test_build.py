"""What `build` puts together where nobody says otherwise."""

from pathlib import Path

import httpx
from sqlalchemy import select

from gamefold.app import build
from gamefold.platform.accounts.tables import users
from gamefold.settings import read_settings


async def test_a_server_hashes_passwords_at_full_cost(tmp_path: Path) -> None:
    server = build(read_settings(GAMEFOLD_DATA=tmp_path), games=["focus"], at_root=True)
    async with server.app.router.lifespan_context(server.app):
        transport = httpx.ASGITransport(app=server.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://house") as http:
            body = {"email": "ada@example.com", "password": "correct-Pferd 7 Batterie"}
            assert (await http.post("/api/auth/register", json=body)).status_code == 201
        [hashed] = await server.database.read(lambda connection: connection.execute(select(users)).all())
    assert hashed.hashed_password.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
