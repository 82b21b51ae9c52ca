// One match as it comes from the server: first all there is, then what happens, each event once and in order.

import { events } from "./sse.js";

const SILENCE_MS = 40_000; // the server sends a heartbeat every 15 s
const WAIT_MS = [300, 600, 1_200, 2_500];
const NOT_FOUND = 404;

/** @typedef {"loading"|"live"|"reconnecting"|"ended"|"missing"|"gone"} Status */

/** Follows one match until it is over or `stop` is called. */
export class Feed {
  /**
   * @param {import("./contract.js").Sources} sources
   * @param {(told: import("./sse.js").Told[]) => void} onEvents   all there is at first, then one at a time
   * @param {(status: Status) => void} onStatus
   */
  constructor(sources, onEvents, onStatus) {
    this.sources = sources;
    this.onEvents = onEvents;
    this.onStatus = onStatus;
    this.since = "";
    this.over = false;
    this.running = null;
  }

  /** Begin, or go on after a stop, from where it was. */
  start() {
    if (this.running || this.over) return;
    this.running = new AbortController();
    void this.follow(this.running.signal);
  }

  /** Let go of the connection. */
  stop() {
    this.running?.abort();
    this.running = null;
  }

  async follow(signal) {
    let failures = 0;
    const opened = () => {
      failures = 0;
      this.onStatus("live");
    };
    while (!signal.aborted && !this.over) {
      try {
        if (!this.since) await this.catchUp(signal);
        if (!this.over) {
          for await (const told of events(this.address(this.sources.live), { signal, silenceMs: SILENCE_MS, opened })) this.hear([told]);
        }
      } catch (error) {
        if (signal.aborted) return;
        if (error.status === NOT_FOUND) {
          await this.withoutLive(signal);
          return;
        }
      }
      if (this.over || signal.aborted) return;
      this.onStatus(this.since ? "reconnecting" : failures ? "reconnecting" : "loading");
      // Not all viewers at the same moment: the server may just have come up again.
      await pause(WAIT_MS[Math.min(failures, WAIT_MS.length - 1)] * (0.75 + Math.random() / 2), signal);
      failures += 1;
    }
  }

  /** Read what the archive has. It comes at once, and is handed on at once. */
  async catchUp(signal) {
    const all = [];
    for await (const told of events(this.address(this.sources.replay), { signal, silenceMs: SILENCE_MS })) all.push(told);
    if (all.length) this.hear(all);
  }

  /** The live stream is no more: the match may have ended meanwhile and be kept in the archive only. */
  async withoutLive(signal) {
    try {
      await this.catchUp(signal);
    } catch {
      // What is here already stays on the page.
    }
    if (!this.over && !signal.aborted) this.onStatus(this.since ? "gone" : "missing");
  }

  hear(told) {
    this.since = told.at(-1).id;
    this.over = told.at(-1).name === this.sources.last;
    this.onEvents(told);
    if (this.over) {
      this.running = null;
      this.onStatus("ended");
    }
  }

  address(url) {
    return this.since ? `${url}${url.includes("?") ? "&" : "?"}since=${encodeURIComponent(this.since)}` : url;
  }
}

function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}
