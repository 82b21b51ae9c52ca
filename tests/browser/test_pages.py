"""The start page and the hub, and what all pages have to be: accessible, careful and no wider than a phone."""

import re

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from .conftest import ServedGame, Visit

GRAVE = ("serious", "critical")
PAGES = {
    "start": "/",
    "hub": "/spellcasters/",
    "watch": "/spellcasters/watch/{match}?turn=6",
    "result": "/spellcasters/watch/{match}?turn=999",
    "unknown": "/spellcasters/watch/nobody",
}
SETTLED = {
    "start": "[data-count]",
    "hub": "#recent li",
    "watch": ".sc-board .sc-wizard",
    "result": "#result strong",
    "unknown": "#trouble h2",
}


def test_where_nothing_runs_the_pages_say_how_to_begin(fresh_server: ServedGame, visit: Visit) -> None:
    page = visit(fresh_server.url).page
    expect(page.locator("[data-count]")).to_have_text("0 running")
    command = page.locator("[data-empty] code").inner_text()
    assert command.startswith(f"curl -X POST {fresh_server.base}/playground/start")
    page.get_by_role("link", name="Open Spellcasters").click()
    expect(page).to_have_url(f"{fresh_server.base}/")
    expect(page.locator("#running")).to_contain_text("Nothing is being played.")
    expect(page.locator("#running code")).to_have_text(command)
    expect(page.locator("#recent")).to_contain_text("No match has ended yet.")
    fresh_server.play_out()
    expect(page.locator("#recent li")).to_have_count(1)


def test_the_start_page_shows_what_is_being_played(served: ServedGame, visit: Visit) -> None:
    match_id = served.begin(delay_ms=1_000)
    page = visit(served.url).page
    expect(page.locator("[data-count]")).to_have_text(re.compile(r"[1-9]\d* running"))
    card = page.locator(f".mini[data-id='{match_id}']")
    expect(card.locator(".mini-turn")).to_have_text(re.compile(r"turn \d+"))
    for name in ("API documentation", "OpenAPI description", "Health", "Metrics"):
        address = page.locator(".links").get_by_role("link", name=name).get_attribute("href")
        assert httpx.get(f"{served.url}{address}").is_success, name
    card.click()
    expect(page.locator("#badge")).to_have_text("Live")


def test_the_hub_starts_a_match(served: ServedGame, visit: Visit) -> None:
    page = visit(f"{served.base}/").page
    form = page.get_by_role("form", name="Start a match")
    form.get_by_label("Side 1").select_option("builtin_sample_1")
    form.get_by_label("Pace").select_option("200")
    form.get_by_role("button").click()
    expect(page).to_have_url(re.compile(r"/spellcasters/watch/[0-9a-f-]{36}"))
    expect(page.locator("#title")).to_have_text("sample_bot_1 vs sample_bot_1_2")
    expect(page.locator("#badge")).to_have_text("Live")


def test_the_hub_registers_a_player_who_can_be_chosen_then(served: ServedGame, visit: Visit) -> None:
    visitor = visit(f"{served.base}/")
    page = visitor.page
    form = page.get_by_role("form", name="Register a player")
    form.get_by_label("Name").fill("Ada <i>Lovelace</i>")
    form.get_by_role("button", name="Register").click()
    expect(form.get_by_role("alert")).to_contain_text("path separators")
    expect(form.get_by_label("Name")).to_be_focused()
    form.get_by_label("Name").fill("Ada Lovelace")
    form.get_by_role("button", name="Register").click()
    expect(form.get_by_role("status")).to_contain_text("Ada Lovelace is registered")
    player_id = form.locator(".command code").inner_text()
    expect(page.get_by_label("Side 2").locator(f"option[value='{player_id}']")).to_have_text("Ada Lovelace")
    form.get_by_label("Name").fill("ada lovelace")
    form.get_by_role("button", name="Register").click()
    expect(form.get_by_role("alert")).to_have_text("This name is taken.")
    # The browser notes every refused request by itself; nothing else may have been said.
    assert all("Failed to load resource" in complaint for complaint in visitor.complaints)
    visitor.complaints.clear()


def test_the_hub_lists_ended_matches_page_by_page(served: ServedGame, played: str, visit: Visit) -> None:
    for match_id in [served.begin() for _ in range(22)]:
        served.watch_out(match_id)
    page = visit(f"{served.base}/").page
    rows = page.locator("#recent li")
    expect(rows.first).to_contain_text(re.compile(r"won, knock-out, \d+ turns|draw"))
    before = rows.count()
    page.get_by_role("button", name="Load more").click()
    page.wait_for_function("before => document.querySelectorAll('#recent li').length > before", arg=before)
    expect(rows.nth(before).get_by_role("link")).to_be_focused()
    links = [row.get_attribute("href") for row in page.locator("#recent li a").all()]
    assert len(links) == len(set(links))
    rows.nth(before).get_by_role("link").click()
    expect(page.locator("#badge")).to_have_text("Ended")


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_accessible_in_both_themes_and_fits_a_phone(
    served: ServedGame, played: str, visit: Visit, name: str
) -> None:
    page = visit(served.url + PAGES[name].format(match=played), reduced_motion="reduce").page
    page.locator(SETTLED[name]).first.wait_for()
    for theme in ("dark", "light"):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        faults = Axe().run(page).response["violations"]
        grave = [
            (fault["id"], [node["target"] for node in fault["nodes"]]) for fault in faults if fault["impact"] in GRAVE
        ]
        assert grave == [], theme
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_theme_follows_the_system_until_it_is_chosen(served: ServedGame, visit: Visit) -> None:
    page = visit(served.url, theme="light").page
    paper = "getComputedStyle(document.body.parentElement).backgroundColor"
    light = page.evaluate(paper)
    page.get_by_role("button", name="Switch between dark and light").click()
    dark = page.evaluate(paper)
    assert dark != light
    page.goto(f"{served.base}/")
    assert page.evaluate(paper) == dark


def test_pages_run_no_script_but_their_own(served: ServedGame, played: str, chromium: object) -> None:
    for path in PAGES.values():
        answer = httpx.get(served.url + path.format(match=played))
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'; script-src 'self';" in policy
        assert "unsafe" not in policy
        assert not re.search(r"<script(?![^>]*\bsrc=)| on\w+=| style=", answer.text)


def test_files_of_pages_are_asked_again_and_not_sent_again(served: ServedGame, chromium: object) -> None:
    for path in ("/console/static/watch.js", "/spellcasters/static/game.js"):
        first = httpx.get(served.url + path)
        assert first.headers["content-type"].startswith("text/javascript")
        assert first.headers["cache-control"] == "no-cache"
        again = httpx.get(served.url + path, headers={"If-None-Match": first.headers["etag"]})
        assert again.status_code == 304
    for path in ("/console/static/../pages.py", "/console/static/%2e%2e/pages.py", "/spellcasters/static/nothing.js"):
        assert httpx.get(served.url + path).status_code == 404


def test_a_hub_is_found_without_its_slash(served: ServedGame, chromium: object) -> None:
    answer = httpx.get(served.base)
    assert (answer.status_code, answer.headers["location"]) == (308, "/spellcasters/")
