// The stage of a match: the score above the board, the board, and both sides' details.

import { makeBoard } from "./board.js";
import { actionInWords, boardInWords, HP_MOST, MANA_MOST, resultOf, sideOf, wizardOf } from "./reading.js";

const SPELLS = ["fireball", "melee_attack", "summon", "shield", "heal", "blink", "teleport"];

/** Make the stage; see the contract. */
export function makeStage(kit) {
  const board = makeBoard(kit);
  const scores = [1, 2].map((side) => makeScore(kit, side));
  const details = [1, 2].map((side) => makeDetails(kit, side));
  const wrap = (parts) => kit.h("div", { class: "sc-pair" }, ...parts.map(({ element }) => element));
  return {
    score: wrap(scores),
    board: board.element,
    details: wrap(details),
    legend: [
      { kind: "damage", text: "a wizard is hurt" },
      { kind: "kill", text: "somebody falls" },
      { kind: "timeout", text: "no action came" },
    ],
    series: [{ name: "one", side: 1 }, { name: "two", side: 2 }],
    show(frame, previous, move) {
      board.show(frame, previous, move);
      for (const part of [...scores, ...details]) part.show(frame);
    },
    title: ({ data: { state } }) => `${state.player_1.name} vs ${state.player_2.name}`,
    describe: boardInWords,
    result: resultOf,
  };
}

function picture({ svg }, name, side) {
  return svg("svg", { class: `sc-face side-${side}`, viewBox: "0 0 48 48", "aria-hidden": "true" }, svg("use", { href: `#sc-${name}-${side}` }));
}

function makeScore(kit, side) {
  const { h } = kit;
  const name = h("span", { class: "sc-name" });
  const hp = meter(kit, "hp", "HP", HP_MOST);
  const mana = meter(kit, "mana", "Mana", MANA_MOST);
  const shield = h("span", { class: "sc-flag", hidden: true }, "Shield");
  const element = h(
    "section",
    { class: `sc-score side-${side}`, "aria-label": `Side ${side}` },
    picture(kit, "wizard", side),
    h("div", { class: "sc-meters" }, h("p", {}, name, shield), hp.element, mana.element),
  );
  return {
    element,
    show({ data: { state } }) {
      const wizard = wizardOf(state, side);
      name.textContent = wizard.name;
      shield.hidden = !wizard.shield_active;
      hp.show(wizard.hp);
      mana.show(wizard.mana);
    },
  };
}

function meter({ h }, kind, label, most) {
  const fill = h("span", { class: "sc-fill" });
  const value = h("span", { class: "sc-value" });
  const bar = h("span", { class: "sc-meter-bar", role: "meter", "aria-label": label, "aria-valuemin": "0", "aria-valuemax": `${most}` }, fill);
  return {
    element: h("div", { class: `sc-meter is-${kind}` }, h("span", { class: "sc-label" }, label), bar, value),
    show(amount) {
      const shown = Math.max(0, Math.min(most, amount));
      fill.style.transform = `scaleX(${shown / most})`;
      value.textContent = `${Math.max(0, amount)}`;
      bar.setAttribute("aria-valuenow", `${shown}`);
    },
  };
}

function makeDetails(kit, side) {
  const { h, svg } = kit;
  const heading = h("h2", {});
  const action = h("p", { class: "sc-action" });
  const spells = new Map(SPELLS.map((name) => [name, h("span", { class: "sc-wait" })]));
  const chips = SPELLS.map((name) => h(
    "li",
    {},
    svg("svg", { viewBox: "0 0 24 24", class: "sc-spell", "aria-hidden": "true" }, svg("use", { href: `#sc-spell-${name}` })),
    h("span", { class: "sc-spell-name" }, name.replace("_attack", "")),
    spells.get(name),
  ));
  const minions = h("ul", { class: "sc-minions" });
  const timeouts = h("p", { class: "sc-timeouts" });
  const element = h(
    "section",
    { class: `sc-details card side-${side}`, "aria-label": `Details of side ${side}` },
    h("header", {}, picture(kit, "wizard", side), heading),
    action,
    h("h3", {}, "Spells"),
    h("ul", { class: "sc-spells" }, ...chips),
    h("h3", {}, "Minions"),
    minions,
    timeouts,
  );
  return {
    element,
    show({ data, timeouts: missed }) {
      const { state } = data;
      const wizard = wizardOf(state, side);
      heading.textContent = wizard.name;
      action.textContent = actionInWords(data, side);
      for (const [name, wait] of spells) {
        const turns = wizard.cooldowns[name] ?? 0;
        wait.textContent = turns ? `in ${turns}` : "ready";
        wait.parentElement.classList.toggle("waiting", turns > 0);
      }
      const own = state.minions.filter((minion) => sideOf(state, minion) === side);
      minions.replaceChildren(...(own.length ? own.map((minion) => h("li", {}, picture(kit, "minion", side), h("span", {}, minion.id), h("strong", {}, `${minion.hp} HP`))) : [h("li", { class: "dim" }, "none")]));
      timeouts.textContent = missed[side - 1] ? `Turns without an action: ${missed[side - 1]}` : "";
    },
  };
}
