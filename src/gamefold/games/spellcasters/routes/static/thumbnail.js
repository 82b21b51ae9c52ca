// A board as small as a stamp: who stands where, and how much life is left.

import { sprite } from "./board.js";
import { place, TILE } from "./geometry.js";
import { HP_MOST, sideOf, wizardOf } from "./reading.js";

/** Draw the board of a `turn_update`. */
export function drawThumbnail({ svg }, { state }) {
  const length = state.board_size * TILE;
  const put = (position, ...children) => {
    const group = svg("g", {}, ...children);
    place(group, position);
    return group;
  };
  const lines = [];
  for (let at = 1; at < state.board_size; at += 1) {
    const along = at * TILE;
    lines.push(`M${along} 0V${length}M0 ${along}H${length}`);
  }
  const bars = [1, 2].map((side) => {
    const width = (length / 2 - 8) * (Math.max(0, wizardOf(state, side).hp) / HP_MOST);
    return svg("rect", { class: `sc-level side-${side}`, x: side === 1 ? 0 : length - width, y: length + 14, width, height: 22, rx: 6 });
  });
  return svg(
    "svg",
    { class: "sc-mini", viewBox: `-6 -6 ${length + 12} ${length + 46}` },
    svg("rect", { class: "sc-floor", width: length, height: length, rx: 14 }),
    svg("path", { class: "sc-grid", d: lines.join("") }),
    ...state.artifacts.map(({ type, position }) => put(position, sprite(svg, type, 44))),
    ...state.minions.map((minion) => put(minion.position, svg("g", { class: `side-${sideOf(state, minion)}` }, sprite(svg, `minion-${sideOf(state, minion)}`, 62)))),
    ...[1, 2].map((side) => put(wizardOf(state, side).position, svg("g", { class: `side-${side}` }, sprite(svg, `wizard-${side}`, 84)))),
    ...bars,
  );
}
