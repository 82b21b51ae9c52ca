// The strip above the scrub bar: how both sides stood over time, and a tick for everything worth one.

import { svg } from "./dom.js";

const WIDTH = 1_000;
const HEIGHT = 100;
const TICK = 16;

/** Draws frames into the strip. It is stretched to the bar's width, so lines keep their own. */
export class Strip {
  /** @param {SVGElement} element */
  constructor(element, series) {
    this.element = element;
    this.series = series;
    element.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    this.cursor = svg("line", { class: "cursor", y1: 0, y2: HEIGHT });
  }

  /** @param {import("./contract.js").Frame[]} frames */
  draw(frames) {
    const x = (index) => ((index / Math.max(1, frames.length - 1)) * WIDTH).toFixed(1);
    const y = (level) => (TICK + 4 + (1 - Math.max(0, Math.min(1, level))) * (HEIGHT - 2 * TICK - 8)).toFixed(1);
    const lines = this.series.map(({ name, side }) => {
      const points = frames.map((frame, index) => `${x(index)},${y(frame.levels[name])}`);
      return svg("polyline", { class: `level side-${side}`, points: points.join(" ") });
    });
    const ticks = frames.flatMap((frame, index) => frame.marks.map(({ kind, side }) => {
      // One side's ticks hang from the top and the other's stand on the floor, so colour is not needed to tell them.
      const [from, to] = side === 1 ? [0, TICK] : [HEIGHT - TICK, HEIGHT];
      return svg("line", { class: `tick tick-${kind} side-${side}`, x1: x(index), x2: x(index), y1: from, y2: to });
    }));
    this.x = x;
    this.element.replaceChildren(...lines, ...ticks, this.cursor);
  }

  /** Show where the viewer is. */
  point(index) {
    this.cursor.setAttribute("x1", this.x(index));
    this.cursor.setAttribute("x2", this.x(index));
  }
}
