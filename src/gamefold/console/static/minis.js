// Cards of running matches, each with a small board.

import { h } from "./dom.js";

/**
 * Show these matches in `box`; cards of matches that go on stay where they are, so that nothing jumps and a focused
 * card keeps the focus.
 * @param {HTMLElement} box
 * @param {import("./contract.js").Running[]} items
 * @param {import("./contract.js").Game} game
 */
export function minis(box, items, game, kit, base) {
  const cards = new Map([...box.querySelectorAll("a.mini")].map((card) => [card.dataset.id, card]));
  const wanted = items.map((item) => {
    const card = cards.get(item.id) ?? blank(item, base);
    if (item.data) card.querySelector(".mini-board").replaceChildren(game.thumbnail(kit, item.data));
    card.querySelector(".mini-turn").textContent = item.data ? `turn ${item.data.turn}` : "";
    return card;
  });
  if (wanted.length !== box.children.length || wanted.some((card, at) => box.children[at] !== card)) box.replaceChildren(...wanted);
}

function blank({ id, title }, base) {
  return h(
    "a",
    { class: "mini", href: `${base}/watch/${encodeURIComponent(id)}`, "data-id": id },
    h("span", { class: "mini-board", "aria-hidden": "true" }),
    h("span", { class: "mini-title" }, title),
    h("span", { class: "mini-turn dim" }),
  );
}
