// Server-sent events by fetch. Unlike an EventSource it knows the status of a refused stream, sees the heartbeats,
// so that a dead connection is noticed, and does not begin again by itself when a replay is through.

import { failure } from "./ask.js";

/** @typedef {{id: string, name: string, data: any}} Told */

/**
 * Give the events of one stream until its end. Throws where it is refused, cut, or silent for too long.
 * @param {string} url
 * @param {{signal: AbortSignal, silenceMs: number, opened?: () => void}} options
 * @returns {AsyncGenerator<Told>}
 */
export async function* events(url, { signal, silenceMs, opened }) {
  const hushed = new AbortController();
  let timer = setTimeout(() => hushed.abort(), silenceMs);
  try {
    const answer = await fetch(url, {
      headers: { Accept: "text/event-stream" },
      signal: AbortSignal.any([signal, hushed.signal]),
      cache: "no-store",
    });
    if (!answer.ok) throw await failure(answer);
    opened?.();
    let rest = "";
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => hushed.abort(), silenceMs);
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        const told = read(block);
        if (told) yield told;
      }
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Read one block; comments (heartbeats) are none. */
function read(block) {
  const told = { id: "", name: "message", data: "" };
  for (const line of block.split("\n")) {
    const [, field, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (field === "id") told.id = value;
    if (field === "event") told.name = value;
    if (field === "data") told.data += (told.data && "\n") + value;
  }
  return told.data ? { ...told, data: JSON.parse(told.data) } : null;
}
