// A game's hub: what is being played, what was, and how to begin.

import { get, post } from "./ask.js";
import { adorn, ago, command, h, svg } from "./dom.js";
import { drawForm } from "./form.js";
import { minis } from "./minis.js";

const LOOK_MS = 2_000;

const main = document.getElementById("main");
const { module, base } = main.dataset;
const part = (id) => document.getElementById(id);

/** @type {{default: import("./contract.js").Game}} */
const { default: game } = await import(module);
const kit = { h, svg, get, post };
const hub = game.hub(kit, base);
const known = new Set();
let cursor = null;
let running = [];

await adorn(game);
part("about").textContent = game.about;
part("forms").append(...hub.forms.map((form) => drawForm(form)));
part("more").addEventListener("click", more);
document.addEventListener("visibilitychange", () => !document.hidden && look());
await look();
setInterval(() => !document.hidden && look(), LOOK_MS);

/** Look at what is running and what has ended. */
async function look() {
  try {
    const { items, more: others } = await hub.running();
    part("count").textContent = `${items.length}${others ? "+" : ""}`;
    part("running").removeAttribute("aria-busy");
    if (items.length) minis(part("running"), items, game, kit, base);
    else part("running").replaceChildren(nothing());
    const before = running;
    running = items.map(({ id }) => id);
    await newest(before.filter((id) => !running.includes(id)));
    trouble("");
  } catch (error) {
    trouble(`${error.message} Trying again.`);
  }
}

/** Put what has ended since the last look on top of the list; `stopped` may have begun long ago. */
async function newest(stopped) {
  const { items, next } = await hub.recent(null);
  const listed = new Set(items.map(({ id }) => id));
  items.push(...(await Promise.all(stopped.filter((id) => !listed.has(id)).map(hub.ended))));
  const list = part("recent");
  list.removeAttribute("aria-busy");
  const first = !known.size;
  const fresh = items.filter(({ id }) => !known.has(id));
  if (first) {
    cursor = next;
    part("more").hidden = !next;
    if (!items.length) {
      list.replaceChildren(h("p", { class: "empty" }, "No match has ended yet. The first one will be listed here, with its replay."));
      return;
    }
    list.replaceChildren(h("ul", { class: "matches" }));
  }
  list.querySelector("ul").prepend(...latestFirst(fresh).map(row));
}

async function more() {
  part("more").disabled = true;
  try {
    const { items, next } = await hub.recent(cursor);
    const fresh = latestFirst(items.filter(({ id }) => !known.has(id))).map(row);
    part("recent").querySelector("ul").append(...fresh);
    cursor = next;
    part("more").hidden = !next;
    // Whoever pressed the button goes on reading where the new rows begin.
    fresh[0]?.querySelector("a").focus();
    trouble("");
  } catch (error) {
    trouble(error.message);
  }
  part("more").disabled = false;
}

function latestFirst(items) {
  return items.sort((one, two) => (one.endedAt < two.endedAt ? 1 : -1));
}

function row({ id, title, result, side, endedAt }) {
  known.add(id);
  return h(
    "li",
    {},
    h("a", { href: `${base}/watch/${encodeURIComponent(id)}?autoplay=1` }, title),
    h("span", { class: side ? `outcome side-${side}` : "outcome" }, result),
    h("span", { class: "dim" }, ago(endedAt)),
  );
}

function nothing() {
  return h("div", { class: "empty" }, h("p", {}, "Nothing is being played. Start a match here, or with a request:"), command(game.firstRequest(base)));
}

function trouble(text) {
  part("trouble").textContent = text;
  part("trouble").hidden = !text;
}
