// What a turn looked like: trails, spells, blows. They stay while their turn is on the board, so that somebody who
// steps through a match, or wants no motion, sees them too.

import { middle, place, TILE } from "./geometry.js";
import { castOf, collisions, sideOf, wizardOf } from "./reading.js";

/** Make the drawer of effects: `under` is below the pieces, `over` above them. */
export function makeEffects(kit, under, over) {
  return (frame, previous) => {
    under.replaceChildren();
    over.replaceChildren();
    if (!previous) return;
    const below = [];
    const above = [];
    for (const side of [1, 2]) {
      const from = wizardOf(previous.data.state, side).position;
      const to = wizardOf(frame.data.state, side).position;
      if (`${from}` !== `${to}`) below.push(trail(kit, side, from, to));
      const spell = castOf(frame.data, side);
      if (spell) DRAWN[spell.name]?.({ ...kit, below, above, frame, previous, side, from, to, spell });
    }
    for (const tile of collisions(frame.data)) above.push(at(kit, "clash", tile, 58));
    for (const { minion, side } of frame.change.fallen) if (minion) above.push(at(kit, "fallen", minion.position, 34, `side-${side}`));
    above.push(...numbers(kit, frame, previous));
    under.append(...below);
    over.append(...above);
  };
}

const DRAWN = {
  fireball({ svg, above, below, frame, side, to, spell }) {
    const { name } = wizardOf(frame.data.state, side);
    if (frame.data.events.includes(`${name}'s fireball falls short`)) return;
    const [[x1, y1], [x2, y2]] = [middle(to), middle(spell.target)];
    above.push(svg("line", { class: "sc-fx sc-fire", x1, y1, x2, y2 }));
    if (frame.data.events.some((line) => line.startsWith(`${name}'s fireball singes `))) below.push(splash(svg, spell.target));
    // Below whoever stands there, so that the flames do not hide them.
    below.push(at({ svg }, "burst", spell.target, 96));
  },
  melee_attack: ({ svg, above, spell }) => above.push(at({ svg }, "slash", spell.target, 50)),
  teleport: jump,
  blink: jump,
  heal({ svg, above, to }) {
    const plus = svg("path", { transform: "translate(19 12)", d: "M-4-11h8v7h7v8H4v7h-8V4h-7v-8h7z" });
    above.push(put(svg, "sc-heal", to, plus));
  },
  shield: ({ svg, above, to }) => above.push(put(svg, "sc-ward", to, svg("circle", { r: 33 }))),
  summon({ svg, below, frame, previous, side }) {
    const before = new Set(previous.data.state.minions.map(({ id }) => id));
    for (const minion of frame.data.state.minions) {
      if (before.has(minion.id) || sideOf(frame.data.state, minion) !== side) continue;
      below.push(put(svg, `sc-rune side-${side}`, minion.position, svg("circle", { r: 26 }), svg("circle", { r: 20 })));
    }
  },
};

function jump({ svg, below, side, from, to }) {
  if (`${from}` === `${to}`) return;
  for (const tile of [from, to]) below.push(put(svg, `sc-portal side-${side}`, tile, svg("ellipse", { rx: 24, ry: 24 }), svg("ellipse", { rx: 15, ry: 15 })));
}

function trail({ svg }, side, from, to) {
  const [[x1, y1], [x2, y2]] = [middle(from), middle(to)];
  return svg("line", { class: `sc-trail side-${side}`, x1, y1, x2, y2 });
}

function splash(svg, [x, y]) {
  return svg("rect", { class: "sc-fx sc-splash", x: (x - 1) * TILE + 4, y: (y - 1) * TILE + 4, width: 3 * TILE - 8, height: 3 * TILE - 8, rx: 16 });
}

/** What everybody lost or gained, above their heads. */
function numbers({ svg }, { data: { state } }, { data: { state: before } }) {
  const changes = [1, 2].map((side) => [wizardOf(state, side).position, wizardOf(state, side).hp - wizardOf(before, side).hp]);
  const hp = new Map(before.minions.map((minion) => [minion.id, minion.hp]));
  for (const minion of state.minions) changes.push([minion.position, minion.hp - (hp.get(minion.id) ?? minion.hp)]);
  return changes.filter(([, change]) => change).map(([tile, change]) => {
    const text = svg("text", { y: tile[1] === 0 ? 2 : -20, class: change > 0 ? "gain" : "loss" }, change > 0 ? `+${change}` : `${change}`);
    return put(svg, "sc-number", tile, text);
  });
}

function at({ svg }, name, tile, length, more = "") {
  return put(svg, `sc-at-${name} ${more}`, tile, svg("use", { href: `#sc-${name}`, x: -length / 2, y: -length / 2, width: length, height: length }));
}

/** Put drawings on a tile: one group for the place, one for how they come. */
function put(svg, name, tile, ...children) {
  const group = svg("g", {}, svg("g", { class: `sc-fx ${name}` }, ...children));
  place(group, tile);
  return group;
}
