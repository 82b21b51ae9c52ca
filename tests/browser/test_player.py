"""The watch player: live, again, by mouse, by key, by link, and through a server's restart."""

import re

import httpx
from playwright.sync_api import Page, expect

from .conftest import ServedGame, Visit

TURN = re.compile(r"(\d+) / (\d+)")
SLOW_MS = 1_000  # a match that outlasts the test on any machine


def shown(page: Page) -> tuple[int, int]:
    """The turn on the board, and the newest one."""
    found = TURN.fullmatch(page.locator("#turn").inner_text())
    assert found is not None
    return int(found[1]), int(found[2])


def wait_for_turn(page: Page, turn: int) -> None:
    page.wait_for_function("turn => parseInt(document.querySelector('#turn').textContent) >= turn", arg=turn)


def loaded(page: Page) -> None:
    expect(page.locator("#turn")).to_have_text(TURN)


def test_a_live_match_is_watched_to_its_end(served: ServedGame, visit: Visit) -> None:
    player_id = served.register("Patience")
    match_id = served.begin((player_id, "builtin_tactical"))
    page = visit(f"{served.base}/watch/{match_id}").page
    expect(page.locator("#badge")).to_have_text("Live")
    served.advance(match_id, player_id)
    expect(page.locator("#badge")).to_have_text("Ended")
    expect(page.locator("#result strong")).to_have_text(re.compile(r"\w+ wins|Draw"))
    now, last = shown(page)
    assert now == last == served.match(match_id)["turns_played"]
    # Every turn is there once: a frame more than turns, because the board of turn 0 is one too.
    assert int(page.locator("#scrub").get_attribute("max") or "") == last
    expect(page.locator("#to-live")).to_be_hidden()


def test_a_live_match_can_be_paused_and_caught_up_with(served: ServedGame, visit: Visit) -> None:
    player_id = served.register("Pauser")
    match_id = served.begin((player_id, "builtin_sample_1"))
    page = visit(f"{served.base}/watch/{match_id}").page
    expect(page.locator("#badge")).to_have_text("Live")
    served.advance(match_id, player_id, 2)
    wait_for_turn(page, 2)
    page.locator("#play").click()
    held, _ = shown(page)
    served.advance(match_id, player_id, 2)
    expect(page.locator("#badge")).to_have_text(re.compile(r"Live, \d behind"))
    assert shown(page)[0] == held
    page.locator("#to-live").click()
    expect(page.locator("#to-live")).to_be_hidden()
    served.advance(match_id, player_id, 2)
    wait_for_turn(page, held + 4)


def test_a_replay_is_stepped_scrubbed_and_played(served: ServedGame, played: str, visit: Visit) -> None:
    page = visit(f"{served.base}/watch/{played}").page
    expect(page.locator("#badge")).to_have_text("Ended")
    loaded(page)
    last = shown(page)[1]
    assert shown(page)[0] == 0
    expect(page.locator("#result")).to_be_hidden()

    page.locator("#forward").click()
    page.locator("#forward").click()
    page.locator("#back").click()
    assert shown(page)[0] == 1
    page.locator("#scrub").fill(str(last // 2))
    assert shown(page)[0] == last // 2
    page.locator("#last").click()
    assert shown(page) == (last, last)
    expect(page.locator("#result")).to_be_visible()

    page.locator("#speed").select_option("10")
    page.get_by_role("button", name="Watch again").click()
    expect(page.locator("#result")).to_be_hidden()
    wait_for_turn(page, 3)
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Go to turn 1", exact=True).click()
    assert shown(page)[0] == 1


def test_keys_do_what_the_buttons_do(served: ServedGame, played: str, visit: Visit) -> None:
    page = visit(f"{served.base}/watch/{played}").page
    loaded(page)
    last = shown(page)[1]
    for key, turn in (("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("End", last), ("Home", 0)):
        page.keyboard.press(key)
        assert shown(page)[0] == turn, key
    page.keyboard.press("n")
    event = shown(page)[0]
    assert event > 1
    assert page.locator(".strip .tick").count() > 0
    page.keyboard.press("n")
    page.keyboard.press("b")
    assert shown(page)[0] == event
    page.keyboard.press("+")
    expect(page.locator("#speed")).to_have_value("2")
    page.keyboard.press("Space")
    expect(page.locator("#play")).to_have_attribute("aria-label", "Pause")
    page.keyboard.press("Space")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("fireball")
    expect(page.locator("#log li:visible").first).to_contain_text("fireball")
    expect(page.locator("#log li", has_text="The match begins.")).to_be_hidden()


def test_a_link_leads_to_the_turn_the_speed_and_the_theme(served: ServedGame, played: str, visit: Visit) -> None:
    options = {"permissions": ["clipboard-read", "clipboard-write"]}
    page = visit(f"{served.base}/watch/{played}?turn=4&speed=2&theme=light", **options).page
    loaded(page)
    assert shown(page)[0] == 4
    expect(page.locator("#speed")).to_have_value("2")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
    page.locator("#forward").click()
    page.wait_for_url(re.compile(r"[?&]turn=5\b"))
    page.locator("#copy-link").click()
    expect(page.locator("#copy-link")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    page.goto(copied)
    loaded(page)
    assert shown(page)[0] == 5
    page.goto(f"{served.base}/watch/{played}?autoplay=1&speed=10")
    wait_for_turn(page, 3)


def test_a_turn_beyond_the_last_one_is_the_last_one(served: ServedGame, played: str, visit: Visit) -> None:
    page = visit(f"{served.base}/watch/{played}?turn=9999&speed=77").page
    expect(page.locator("#result")).to_be_visible()
    expect(page.locator("#speed")).to_have_value("1")


def test_an_embedded_player_is_board_and_controls_only(served: ServedGame, played: str, visit: Visit) -> None:
    address = f"{served.base}/watch/{played}?embed=1"
    page = visit(address, wide=560, high=760).page
    loaded(page)
    for hidden in ("header.site", ".log", ".details", "#copy-embed"):
        expect(page.locator(hidden)).to_be_hidden()
    assert "embed" not in (page.get_by_role("link", name="Open").get_attribute("href") or "embed")
    assert "frame-ancestors *" in httpx.get(address).headers["content-security-policy"]
    assert "frame-ancestors 'self'" in httpx.get(f"{served.base}/watch/{played}").headers["content-security-policy"]
    page.goto(f"{address}&showControls=0")
    expect(page.locator(".sc-board")).to_be_visible()
    expect(page.locator(".transport")).to_be_hidden()


def test_a_player_who_sends_nothing_is_seen_to_time_out(served: ServedGame, visit: Visit) -> None:
    absent = served.register("Absent")
    page = visit(f"{served.base}/watch/{served.begin((absent, 'builtin_tactical'))}").page
    expect(page.locator(".tick-timeout.side-1").first).to_be_attached()
    expect(page.locator("#log")).to_contain_text("Absent timed out")
    expect(page.locator(".sc-details.side-1")).to_contain_text("Turns without an action: ")


def test_the_board_is_told_in_words(served: ServedGame, played: str, visit: Visit) -> None:
    page = visit(f"{served.base}/watch/{played}").page
    loaded(page)
    page.locator("#words summary").click()
    expect(page.locator("#words li").first).to_have_text("sample_bot_1, side 1, at [0, 0]: 100 HP, 100 mana.")
    expect(page.get_by_role("img", name="The board on turn 0")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#announce")).to_contain_text("Turn 1.")


def test_an_unknown_match_is_said_on_the_page(served: ServedGame, visit: Visit) -> None:
    page = visit(f"{served.base}/watch/nobody<b>knows").page
    alert = page.get_by_role("alert").filter(has_text="There is no such match")
    expect(alert).to_contain_text("nobody<b>knows")
    expect(page.locator("#badge")).to_have_text("Not found")
    alert.get_by_role("link").click()
    expect(page).to_have_url(f"{served.base}/")


def test_eight_tabs_of_one_browser_are_all_live(served: ServedGame, visit: Visit) -> None:
    address = f"{served.base}/watch/{served.begin(delay_ms=SLOW_MS)}"
    visitor = visit(address)
    tabs = [visitor.page, *(visitor.listen(visitor.context.new_page()) for _ in range(7))]
    for tab in tabs[1:]:
        tab.goto(address, wait_until="commit")
    for tab in tabs:
        expect(tab.locator("#badge")).to_have_text("Live")
    newest = shown(tabs[0])[1]
    for tab in tabs:
        wait_for_turn(tab, newest + 1)


def test_without_shared_workers_the_page_follows_by_itself(served: ServedGame, visit: Visit) -> None:
    visitor = visit(served.url)
    visitor.context.add_init_script("delete globalThis.SharedWorker")
    visitor.page.goto(f"{served.base}/watch/{served.begin(delay_ms=SLOW_MS)}")
    expect(visitor.page.locator("#badge")).to_have_text("Live")
    wait_for_turn(visitor.page, 2)


def test_a_restarted_server_is_found_again_without_losing_the_view(served: ServedGame, visit: Visit) -> None:
    page = visit(f"{served.base}/watch/{served.begin(delay_ms=SLOW_MS)}").page
    expect(page.locator("#badge")).to_have_text("Live")
    wait_for_turn(page, 1)
    page.locator("#filter").fill("summons")
    served.stop()
    try:
        expect(page.locator("#badge")).to_have_text("Reconnecting")
        before = shown(page)[0]
    finally:
        served.start()
    expect(page.locator("#badge")).to_have_text("Live")
    wait_for_turn(page, before + 1)
    now, last = shown(page)
    assert now == last
    assert int(page.locator("#scrub").get_attribute("max") or "") == last
    expect(page.locator("#filter")).to_have_value("summons")


TIMELINE = """
async (steps) => {
  const { Timeline } = await import("/console/static/timeline.js");
  const frame = (data) => ({ frame: { turn: data.turn, lines: [], marks: [], data } });
  const read = (name, data) => (name === "over" ? { over: data } : frame(data));
  const timeline = new Timeline(read);
  const seen = [];
  timeline.addEventListener("show", () => seen.push(timeline.frame.data.text));
  for (const [does, ...given] of steps) timeline[does](...given);
  return { seen, turns: timeline.frames.map(({ data }) => data.text), over: timeline.over };
}
"""


def a_turn(turn: int, text: str) -> dict[str, object]:
    return {"id": text, "name": "turn", "data": {"turn": turn, "text": text}}


def test_after_a_rollback_what_came_later_has_not_happened(served: ServedGame, visit: Visit) -> None:
    page = visit(served.url).page
    first = [a_turn(turn, f"first {turn}") for turn in range(4)]
    ended = {"id": "over", "name": "over", "data": {"winner": "nobody"}}
    steps = [["add", [*first, ended], True], ["goLive"], ["add", [a_turn(2, "second 2")], False]]
    told = page.evaluate(TIMELINE, steps)
    assert told["turns"] == ["first 0", "first 1", "second 2"]
    assert told["seen"] == ["first 3", "second 2"]
    assert told["over"] is None


def test_a_page_that_catches_up_from_the_beginning_stays_at_its_turn(served: ServedGame, visit: Visit) -> None:
    page = visit(served.url).page
    before = [a_turn(turn, f"turn {turn}") for turn in range(3)]
    again = [a_turn(turn, f"turn {turn}") for turn in range(6)]
    told = page.evaluate(TIMELINE, [["add", before, True], ["seek", 1], ["add", again, True], ["step", 1]])
    assert told["seen"] == ["turn 1", "turn 1", "turn 2"]
    assert len(told["turns"]) == 6
