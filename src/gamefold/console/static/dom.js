// Builders for elements. Text goes in as text, so nothing a player is called can become markup.

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an HTML element. Attributes that are functions become listeners, `false` and `null` are left out.
 * @param {string} tag
 * @param {Object<string, any>} [attributes]
 * @param {...(Node|string|null|false)} children
 * @returns {HTMLElement}
 */
export function h(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/**
 * Make an SVG element, like `h`.
 * @returns {SVGElement}
 */
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

/** Make one of the console's icons; it says nothing to a screen reader. */
export function icon(name) {
  return svg("svg", { class: "icon", "aria-hidden": "true" }, svg("use", { href: `#i-${name}` }));
}

/** Show another icon in a button. */
export function setIcon(button, name) {
  button.querySelector("use").setAttribute("href", `#i-${name}`);
}

/** Add a game's sprites and style sheet to the page. */
export function adorn(game) {
  const text = `<svg xmlns="${SVG}" class="symbols" width="0" height="0" aria-hidden="true">${game.symbols}</svg>`;
  document.body.prepend(document.importNode(new DOMParser().parseFromString(text, "image/svg+xml").documentElement, true));
  return new Promise((resolve) => {
    const link = h("link", { rel: "stylesheet", href: game.css, load: resolve, error: resolve });
    document.head.append(link);
  });
}

/** Copy a text, and say so in the button for a moment. */
export async function copy(text, button) {
  const label = button.querySelector("span:not(.visually-hidden)") ?? button;
  const before = label.textContent;
  label.textContent = (await copied(text)) ? "Copied" : "Not copied";
  setTimeout(() => (label.textContent = before), 1500);
}

/** A command in a box, with a button that copies it. */
export function command(text) {
  const button = h("button", { type: "button", class: "quiet", click: () => copy(text, button) }, icon("copy"), h("span", {}, "Copy"));
  return h("div", { class: "command" }, h("pre", { tabindex: "0", "aria-label": "Command" }, h("code", {}, text)), button);
}

/** A time as people say it, with the exact one to hover. */
export function ago(iso) {
  const seconds = Math.max(0, (Date.now() - Date.parse(iso)) / 1000);
  const [amount, unit] =
    seconds < 60 ? [seconds, "second"] : seconds < 3600 ? [seconds / 60, "minute"]
    : seconds < 86400 ? [seconds / 3600, "hour"] : [seconds / 86400, "day"];
  const text = new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(-Math.floor(amount), unit);
  return h("time", { datetime: iso, title: `${iso.slice(0, 19).replace("T", " ")} UTC` }, text);
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Only secure addresses have a clipboard; everywhere else a selection can be copied.
    const area = h("textarea", { class: "visually-hidden", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== false && child !== undefined));
  return element;
}
