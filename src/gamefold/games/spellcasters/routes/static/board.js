// The board: tiles that never change, and pieces that are moved, never drawn anew, so that they can glide.

import { makeEffects } from "./effects.js";
import { place, standing, TILE } from "./geometry.js";
import { sideOf, wizardOf } from "./reading.js";

const EDGE = 30; // room for coordinates
const RIM = 14;
const MINION_HP = 30;
const BAR = 36;

/** Make the board; `show` draws a frame on it. */
export function makeBoard(kit) {
  const { svg } = kit;
  const ground = svg("g", { class: "sc-tiles" });
  const layers = Object.fromEntries(["artifacts", "trails", "minions", "wizards", "effects"].map((name) => [name, svg("g")]));
  const title = svg("title", {}, "The board");
  const element = svg("svg", { class: "sc-board", role: "img" }, title, ground, ...Object.values(layers));
  const effects = makeEffects(kit, layers.trails, layers.effects);
  const pieces = new Map();
  let size = 0;

  function lay(tiles) {
    size = tiles;
    const length = tiles * TILE;
    element.setAttribute("viewBox", `${-EDGE} ${-EDGE} ${length + EDGE + RIM} ${length + EDGE + RIM}`);
    const made = [svg("rect", { class: "sc-floor", x: -4, y: -4, width: length + 8, height: length + 8, rx: 10 })];
    for (let y = 0; y < tiles; y += 1) {
      for (let x = 0; x < tiles; x += 1) {
        const shade = (x + y) % 2 ? "sc-tile odd" : "sc-tile";
        made.push(svg("rect", { class: shade, x: x * TILE + 1.5, y: y * TILE + 1.5, width: TILE - 3, height: TILE - 3, rx: 7 }));
      }
    }
    for (let at = 0; at < tiles; at += 1) {
      const along = at * TILE + TILE / 2;
      made.push(svg("text", { class: "sc-coordinate", x: along, y: -12 }, `${at}`));
      made.push(svg("text", { class: "sc-coordinate", x: -16, y: along + 5 }, `${at}`));
    }
    ground.replaceChildren(...made);
  }

  /** What stands on the board: key, where, and how it is made and brought up to date. */
  function wanted({ state }) {
    const list = [];
    const artifact = (one, coming) => ({
      key: `artifact ${one.type} ${one.position} ${one.spawn_turn}`,
      layer: layers.artifacts,
      position: one.position,
      flat: true,
      make: () => makeArtifact(kit, one),
      update: (piece) => piece.classList.toggle("coming", coming),
    });
    list.push(...state.artifacts.map((one) => artifact(one, false)));
    if (state.next_artifact) list.push(artifact(state.next_artifact, true));
    for (const minion of state.minions) {
      list.push({
        key: `minion ${minion.id}`,
        layer: layers.minions,
        position: minion.position,
        make: () => makeMinion(kit, sideOf(state, minion)),
        update: (piece) => piece.querySelector(".sc-bar-fill").setAttribute("width", (Math.max(0, minion.hp) / MINION_HP) * BAR),
      });
    }
    for (const side of [1, 2]) {
      const wizard = wizardOf(state, side);
      list.push({
        key: `wizard ${side}`,
        layer: layers.wizards,
        position: wizard.position,
        make: () => makeWizard(kit, side),
        update: (piece) => {
          piece.classList.toggle("shielded", wizard.shield_active);
          piece.classList.toggle("down", wizard.hp <= 0);
        },
      });
    }
    return list;
  }

  function show(frame, previous, { smooth, ms }) {
    const { data } = frame;
    if (data.state.board_size !== size) lay(data.state.board_size);
    element.style.setProperty("--ms", smooth ? `${ms}ms` : "0ms");
    const list = wanted(data);
    const crowd = new Map();
    for (const one of list) if (!one.flat) crowd.set(`${one.position}`, [...(crowd.get(`${one.position}`) ?? []), one.key]);
    const gone = new Set(pieces.keys());
    for (const one of list) {
      gone.delete(one.key);
      let piece = pieces.get(one.key);
      if (!piece) {
        piece = one.make();
        pieces.set(one.key, piece);
        one.layer.append(piece);
      }
      const fellows = crowd.get(`${one.position}`) ?? [];
      const { offset, scale } = one.flat ? standing(1, 0) : standing(fellows.length, fellows.indexOf(one.key));
      place(piece, one.position, offset, scale);
      one.update(piece);
    }
    for (const key of gone) {
      pieces.get(key).remove();
      pieces.delete(key);
    }
    effects(frame, previous);
    title.textContent = `The board on turn ${frame.turn}`;
  }

  return { element, show };
}

/** Draw one of the sprites around the origin. */
export function sprite(svg, name, length) {
  return svg("use", { href: `#sc-${name}`, x: -length / 2, y: -length / 2, width: length, height: length });
}

function makeArtifact({ svg }, { type }) {
  return svg("g", { class: `sc-piece sc-artifact is-${type}` }, svg("circle", { class: "sc-plate", r: 19 }), sprite(svg, type, 26));
}

function makeWizard({ svg }, side) {
  const plate = side === 1 ? svg("circle", { class: "sc-plate", r: 27 }) : svg("rect", { class: "sc-plate", x: -26, y: -26, width: 52, height: 52, rx: 7 });
  const shield = svg("g", { class: "sc-shield" }, svg("circle", { r: 29 }), svg("circle", { class: "inner", r: 25 }));
  return svg("g", { class: `sc-piece sc-wizard side-${side}` }, plate, sprite(svg, `wizard-${side}`, 50), shield);
}

function makeMinion({ svg }, side) {
  return svg(
    "g",
    { class: `sc-piece sc-minion side-${side}` },
    sprite(svg, `minion-${side}`, 42),
    svg("rect", { class: "sc-bar", x: -BAR / 2 - 1, y: 19, width: BAR + 2, height: 7, rx: 3.5 }),
    svg("rect", { class: "sc-bar-fill", x: -BAR / 2, y: 20, width: BAR, height: 5, rx: 2.5 }),
  );
}
