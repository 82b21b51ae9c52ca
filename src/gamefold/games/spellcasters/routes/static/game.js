// Spellcasters as the pages see it. The shape of this module is told in the console's contract.js.

import { hub, firstRequest } from "./hub.js";
import { frameOf } from "./reading.js";
import { SYMBOLS } from "./sprites.js";
import { makeStage } from "./stage.js";
import { drawThumbnail } from "./thumbnail.js";

const GAME_OVER = "game_over";

export default {
  about: "Two wizards, ten by ten tiles, and bots that decide. Watch them duel turn by turn, live or again.",
  css: new URL("./spellcasters.css", import.meta.url).href,
  symbols: SYMBOLS,
  sources: (base, id) => {
    const match = encodeURIComponent(id);
    return {
      replay: `${base}/matches/${match}/replay`,
      live: `${base}/playground/${match}/events`,
      last: GAME_OVER,
      exports: [
        { href: `${base}/matches/${match}/log`, text: "Log as text" },
        { href: `${base}/matches/${match}`, text: "Result as JSON" },
      ],
    };
  },
  read(name, data, previous) {
    if (name === GAME_OVER) return { over: data };
    if (name === "turn_update" || name === "replay_turn") return { frame: frameOf(data, previous) };
    return null;
  },
  stage: makeStage,
  thumbnail: drawThumbnail,
  firstRequest,
  hub,
};
