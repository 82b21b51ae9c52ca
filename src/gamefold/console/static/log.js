// The event log: one entry per turn in which something happened; a turn's number leads there.

import { h } from "./dom.js";

export class Log {
  /**
   * @param {HTMLOListElement} list
   * @param {HTMLInputElement} filter
   * @param {(turn: number) => void} jump
   */
  constructor(list, filter, jump) {
    this.list = list;
    this.filter = filter;
    this.jump = jump;
    this.entries = new Map(); // by turn
    this.shown = null;
    filter.addEventListener("input", () => this.sift());
  }

  /** Follow the frames; entries of turns that are there already stay. @param {import("./contract.js").Frame[]} frames */
  draw(frames) {
    const first = frames[0]?.turn ?? 0;
    for (const [turn, entry] of this.entries) {
      if (frames[turn - first] !== entry.frame) {
        entry.element.remove();
        this.entries.delete(turn);
      }
    }
    const made = [];
    for (const frame of frames) {
      if (!frame.lines.length || this.entries.has(frame.turn)) continue;
      const element = this.entry(frame);
      this.entries.set(frame.turn, { element, frame });
      made.push(element);
    }
    this.list.append(...made);
    if (this.filter.value) this.sift();
  }

  /** Mark the entry of the turn on the board, or of the last one before it, and bring it into view. */
  point(turn, smooth) {
    let current = null;
    for (const [known, { element }] of this.entries) {
      element.classList.toggle("ahead", known > turn);
      if (known <= turn) current = element;
    }
    if (current === this.shown) return;
    this.shown?.removeAttribute("aria-current");
    this.shown = current;
    if (!current) {
      this.list.scrollTop = 0;
      return;
    }
    current.setAttribute("aria-current", "true");
    // scrollIntoView would move the page as well.
    const top = current.offsetTop - this.list.clientHeight / 2 + current.clientHeight / 2;
    this.list.scrollTo({ top, behavior: smooth ? "smooth" : "auto" });
  }

  sift() {
    const wanted = this.filter.value.trim().toLowerCase();
    for (const { element } of this.entries.values()) {
      element.hidden = wanted !== "" && !element.textContent.toLowerCase().includes(wanted);
    }
  }

  entry({ turn, lines, marks }) {
    const kinds = [...new Set(marks.map(({ kind }) => `has-${kind}`))].join(" ");
    return h(
      "li",
      { class: kinds },
      h("button", { type: "button", "aria-label": `Go to turn ${turn}`, click: () => this.jump(turn) }, `${turn}`),
      h("div", {}, ...lines.map((line) => h("p", {}, line))),
    );
  }
}
