// The watch player: one page for a match that is being played and for one that was.

import { get, post } from "./ask.js";
import { watch } from "./channel.js";
import { adorn, copy, h, setIcon, svg } from "./dom.js";
import { Log } from "./log.js";
import { Strip } from "./strip.js";
import { SPEEDS, Timeline } from "./timeline.js";

const main = document.getElementById("main");
const { module, base, match } = main.dataset;
const asked = new URLSearchParams(location.search);
const embedded = "embed" in document.documentElement.dataset;
const on = (value) => ["1", "true", "yes"].includes(value);
const part = (id) => document.getElementById(id);

const BADGES = {
  loading: "Loading",
  live: "Live",
  reconnecting: "Reconnecting",
  ended: "Ended",
  missing: "Not found",
  gone: "Connection ended",
};

/** @type {{default: import("./contract.js").Game}} */
const { default: game } = await import(module);
const stage = game.stage({ h, svg, get, post }, match);
const sources = game.sources(base, match);
const timeline = new Timeline(game.read);
const strip = new Strip(part("strip"), stage.series);
const log = new Log(part("log"), part("filter"), (turn) => timeline.seek(timeline.indexOf(turn)));

let status = "loading";
let begun = false;
let addressing = 0;

await adorn(game);
part("score").append(stage.score);
part("board").append(stage.board);
part("details").append(stage.details);
part("legend").append(...stage.legend.map(({ kind, text }) => h("li", {}, legendTick(kind), text)));
part("exports").append(...sources.exports.map(({ href, text }) => h("a", { href }, text)));
timeline.setSpeed(Number(asked.get("speed") ?? 1));

timeline.addEventListener("show", ({ detail }) => show(detail));
timeline.addEventListener("grow", grow);
timeline.addEventListener("state", told);
bindControls();
bindKeys();
watch(sources, (events, fresh) => {
  timeline.add(events, fresh);
  if (!begun && timeline.frames.length) begin();
}, (now) => {
  status = now;
  told();
});

/** The first frames are here: go where the address says, else to where it is most interesting. */
function begin() {
  begun = true;
  part("stage").removeAttribute("aria-busy");
  if (asked.has("turn")) {
    timeline.seek(timeline.indexOf(Number.parseInt(asked.get("turn"), 10) || 0));
    if (on(asked.get("autoplay"))) timeline.play();
  } else if (timeline.over) {
    timeline.seek(0);
    if (on(asked.get("autoplay"))) timeline.play();
  } else {
    timeline.goLive();
    if (asked.has("autoplay") && !on(asked.get("autoplay"))) timeline.pause();
  }
}

function show({ smooth, ms }) {
  const { frame, index, frames } = timeline;
  // Only from one turn to the next there is something to see on the way.
  stage.show(frame, frames[index - 1], { smooth, ms });
  strip.point(index);
  log.point(frame.turn, smooth);
  part("scrub").value = index;
  const last = frames.at(-1).turn;
  part("scrub").setAttribute("aria-valuetext", `Turn ${frame.turn} of ${last}`);
  part("title").textContent = stage.title(frame);
  document.title = `Turn ${frame.turn} - ${stage.title(frame)}`;
  counted();
  if (part("words").open) describe();
  if (!timeline.playing) {
    announce([`Turn ${frame.turn}.`, ...frame.lines].join(" "));
    addressed();
  }
  concluded();
}

function grow() {
  const { frames } = timeline;
  part("scrub").max = frames.length - 1;
  strip.draw(frames);
  log.draw(frames);
  if (timeline.index >= 0 && timeline.index < frames.length) strip.point(timeline.index);
  counted();
}

function counted() {
  if (timeline.frame) part("turn").textContent = `${timeline.frame.turn} / ${timeline.frames.at(-1).turn}`;
}

/** Bring buttons, badge and address in line with the timeline. */
function told() {
  const { playing, following, behind, over } = timeline;
  setIcon(part("play"), playing ? "pause" : "play");
  part("play").setAttribute("aria-label", playing ? "Pause" : "Play");
  part("speed").value = `${timeline.speed}`;
  const badge = part("badge");
  badge.dataset.state = status;
  badge.dataset.following = following;
  const late = status === "live" && begun && behind > 0 ? `, ${behind} behind` : "";
  const text = BADGES[status] + late;
  if (part("badge-text").textContent !== text) part("badge-text").textContent = text;
  part("to-live").hidden = !begun || over !== null || following || (status !== "live" && status !== "reconnecting");
  concluded();
  troubled();
  if (begun && !playing) addressed();
}

function concluded() {
  const result = part("result");
  const shown = timeline.over !== null && begun && timeline.atEnd;
  if (shown && result.hidden) {
    const { side, low, title, text } = stage.result(timeline.over, timeline.frame);
    const again = h("button", { type: "button", class: "primary", click: () => timeline.play() }, "Watch again");
    result.className = `result ${low ? "low" : ""} ${side ? `side-${side}` : ""}`;
    result.replaceChildren(h("strong", {}, title), h("p", {}, text), again);
  }
  result.hidden = !shown;
}

function troubled() {
  const box = part("trouble");
  const missing = status === "missing";
  if (missing && box.hidden) {
    box.replaceChildren(
      h("h2", {}, "There is no such match"),
      h("p", {}, "No match of this id was ever played here: ", h("code", {}, match)),
      h("p", {}, h("a", { href: `${base}/` }, "See what is being played, and all matches that were")),
    );
  } else if (status === "gone" && box.hidden) {
    box.replaceChildren(h("p", {}, "The server no longer gives this match. What has been seen of it stays here until the page is left."));
  }
  box.hidden = !missing && status !== "gone";
  main.classList.toggle("missing", missing);
}

/** Keep the address a link to what is on the board, soon: browsers bear no change of it per movement of a slider. */
function addressed() {
  clearTimeout(addressing);
  addressing = setTimeout(() => history.replaceState(null, "", link()), 200);
}

function link({ embed = embedded } = {}) {
  const query = new URLSearchParams(asked);
  for (const name of ["turn", "speed", "autoplay", "embed"]) query.delete(name);
  if (!timeline.following && timeline.frame) query.set("turn", timeline.frame.turn);
  if (timeline.speed !== 1) query.set("speed", timeline.speed);
  if (embed) query.set("embed", "1");
  const text = query.toString();
  return location.origin + location.pathname + (text && `?${text}`);
}

function embedCode() {
  const size = { width: 560, height: 760 };
  return `<iframe src="${link({ embed: true }).replaceAll("&", "&amp;")}" width="${size.width}" height="${size.height}" title="${document.title.replaceAll('"', "&quot;")}"></iframe>`;
}

function describe() {
  if (timeline.frame) part("words-list").replaceChildren(...stage.describe(timeline.frame).map((line) => h("li", {}, line)));
}

function announce(text) {
  part("announce").textContent = text;
}

function bindControls() {
  const clicks = {
    "to-live": () => timeline.goLive(),
    first: () => timeline.seek(0),
    back: () => timeline.step(-1),
    play: () => timeline.toggle(),
    forward: () => timeline.step(1),
    last,
    "next-event": () => timeline.seekMark(1),
    "copy-link": () => copy(link(), part("copy-link")),
    "copy-embed": () => copy(embedCode(), part("copy-embed")),
    "help-button": () => part("help").showModal(),
  };
  for (const [id, does] of Object.entries(clicks)) part(id).addEventListener("click", does);
  part("scrub").addEventListener("input", () => timeline.seek(Number(part("scrub").value)));
  part("speed").addEventListener("change", () => timeline.setSpeed(Number(part("speed").value)));
  part("words").addEventListener("toggle", describe);
  part("full-page").hidden = !embedded;
  part("full-page").addEventListener("mousedown", () => (part("full-page").href = link({ embed: false })));
  part("full-page").href = link({ embed: false });
}

/** The last turn there is; of a running match that means to follow it. */
function last() {
  if (timeline.over) timeline.seek(timeline.frames.length - 1);
  else timeline.goLive();
}

function bindKeys() {
  const keys = {
    " ": () => timeline.toggle(),
    ArrowLeft: () => timeline.step(-1),
    ArrowRight: () => timeline.step(1),
    Home: () => timeline.seek(0),
    End: last,
    n: () => timeline.seekMark(1),
    b: () => timeline.seekMark(-1),
    "+": () => faster(1),
    "-": () => faster(-1),
    l: () => timeline.goLive(),
    "/": () => part("filter").focus(),
    "?": () => part("help").showModal(),
  };
  document.addEventListener("keydown", (event) => {
    const does = keys[event.key];
    if (!does || !begun || event.ctrlKey || event.metaKey || event.altKey || part("help").open) return;
    const at = event.target;
    if (at.matches("input:not([type=range]), select, textarea")) {
      if (event.key === "Escape") at.blur();
      return;
    }
    // A button that has the focus is what the space bar presses.
    if (event.key === " " && at.matches("button, a, summary")) return;
    event.preventDefault();
    does();
  });
}

function faster(by) {
  const next = SPEEDS[SPEEDS.indexOf(timeline.speed) + by];
  if (next) timeline.setSpeed(next);
}

function legendTick(kind) {
  const line = svg("line", { class: `tick tick-${kind}`, x1: 5, x2: 5, y1: 1, y2: 13 });
  return svg("svg", { viewBox: "0 0 10 14", width: 10, height: 14, "aria-hidden": "true" }, line);
}
