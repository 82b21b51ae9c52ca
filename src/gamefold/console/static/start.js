// The start page: each game says what is being played, live.

import { get, post } from "./ask.js";
import { adorn, command, h, svg } from "./dom.js";
import { minis } from "./minis.js";

const LOOK_MS = 3_000;
const MINIS = 4;
const kit = { h, svg, get, post };

for (const card of document.querySelectorAll("[data-module]")) void drawGame(card);

async function drawGame(card) {
  const { module, base } = card.dataset;
  /** @type {{default: import("./contract.js").Game}} */
  const { default: game } = await import(module);
  const part = (name) => card.querySelector(`[data-${name}]`);
  const hub = game.hub(kit, base);
  await adorn(game);
  part("about").textContent = game.about;
  part("curl").append(command(game.firstRequest(base)));

  async function look() {
    try {
      const { items, more } = await hub.running();
      part("count").textContent = `${items.length}${more ? "+" : ""} running`;
      part("empty").hidden = items.length > 0;
      minis(part("running"), items.slice(0, MINIS), game, kit, base);
    } catch (error) {
      part("count").textContent = error.message;
    }
    part("count").hidden = false;
  }
  await look();
  setInterval(() => !document.hidden && look(), LOOK_MS);
}
