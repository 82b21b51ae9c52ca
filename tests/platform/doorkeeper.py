"""A process that lets players in, told what to do line by line; for tests that need two of them."""

import asyncio
import json
import sys

from gamefold.storage.opening import open_database
from gamefold.web.logs import configure_logs

from .people import some_people


async def main(url: str) -> None:
    configure_logs()
    database = open_database(url)
    loop = asyncio.get_running_loop()
    async with some_people(database) as people:
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            asked = json.loads(line)
            answer: dict[str, object] = {}
            if asked["do"] == "register":
                grant = await people.ada(asked["email"])
                answer = {"token": grant.access_token, "session_id": grant.session_id, "user_id": grant.user.id}
            elif asked["do"] == "admit":
                try:
                    await people.doors.admit(asked["token"], "/focus")
                    answer = {"open": True}
                except Exception as error:  # noqa: BLE001
                    answer = {"open": False, "why": repr(error)}
            elif asked["do"] == "logout":
                await people.sessions.logout(asked["session_id"], asked["user_id"])
            elif asked["do"] == "streams":
                answer = {"ended": people.streams.ended}
            print(json.dumps(answer), flush=True)  # noqa: T201
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
