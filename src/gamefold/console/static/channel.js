// A page's way to a match: through the shared worker, or by its own connection where there is none.

import { Feed } from "./feed.js";

const HIDDEN_MS = 30_000;

/**
 * Watch a match while the page can be seen. A page that stays hidden lets go of its connection, and catches up.
 * @param {import("./contract.js").Sources} sources
 * @param {(told: import("./sse.js").Told[], fresh: boolean) => void} onEvents   `fresh`: from the beginning again
 * @param {(status: import("./feed.js").Status) => void} onStatus
 */
export function watch(sources, onEvents, onStatus) {
  const channel = shared(sources, onEvents, onStatus) ?? own(sources, onEvents, onStatus);
  let timer = 0;
  channel.open();
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(channel.close, HIDDEN_MS);
    else channel.open();
  });
  addEventListener("pagehide", channel.close);
  addEventListener("pageshow", channel.open);
}

function own(sources, onEvents, onStatus) {
  let fresh = true;
  const feed = new Feed(sources, (told) => { onEvents(told, fresh); fresh = false; }, onStatus);
  return { open: () => feed.start(), close: () => feed.stop() };
}

function shared(sources, onEvents, onStatus) {
  if (typeof SharedWorker === "undefined") return null;
  let worker;
  try {
    worker = new SharedWorker(new URL("./feed_worker.js", import.meta.url), { type: "module", name: "gamefold" });
  } catch {
    return null;
  }
  let open = false;
  let instead = null;
  worker.port.onmessage = ({ data }) => {
    if (instead) return;
    if (data.events) onEvents(data.events, data.fresh);
    if (data.status) onStatus(data.status);
  };
  // Old browsers know shared workers but not modules in them, and tell only now.
  worker.onerror = () => {
    instead ??= own(sources, onEvents, onStatus);
    if (open) instead.open();
  };
  return {
    open() {
      if (instead) instead.open();
      else if (!open) worker.port.postMessage({ watch: sources });
      open = true;
    },
    close() {
      if (instead) instead.close();
      else worker.port.postMessage({ watch: null });
      open = false;
    },
  };
}
