// Forms that say in place what became of them.

import { command, copy, h, icon } from "./dom.js";

/** @param {import("./contract.js").Form} form */
export function drawForm(form) {
  const said = h("div", { class: "said", role: "status" });
  const failed = h("p", { class: "failed", role: "alert", id: `${form.id}-failed` });
  const button = h("button", { class: "primary" }, form.submit);
  const element = h(
    "form",
    { class: "card", "aria-labelledby": `${form.id}-title`, submit: send },
    h("h2", { id: `${form.id}-title` }, form.title),
    h("p", { class: "dim" }, form.hint),
    ...form.fields.map((field) => drawField(form, field)),
    failed,
    button,
    said,
  );
  // The same form sent twice, by a double click or after a lost answer, is one request.
  let key = randomKey();
  element.addEventListener("input", () => (key = randomKey()));

  async function send(event) {
    event.preventDefault();
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    failed.textContent = "";
    try {
      const { go, said: text, code } = await form.send(Object.fromEntries(new FormData(element)), key);
      key = randomKey();
      if (go) {
        location.assign(go);
        return;
      }
      said.replaceChildren(h("p", {}, text), ...(code ? [code.startsWith("curl") ? command(code) : identifier(code)] : []));
      element.reset();
      for (const select of document.querySelectorAll("select[data-field]")) select.dispatchEvent(new Event("refresh"));
    } catch (error) {
      failed.textContent = error.message;
      element.querySelector("input, select").focus();
    }
    button.removeAttribute("aria-disabled");
  }
  return element;
}

function drawField(form, field) {
  const id = `${form.id}-${field.name}`;
  const common = { id, name: field.name, required: true, "aria-describedby": `${form.id}-failed` };
  if (!field.options) {
    return h("label", { for: id }, field.label, h("input", { ...common, maxlength: field.most, autocomplete: "off", value: field.value }));
  }
  const select = h("select", { ...common, "data-field": "" });
  const fill = async () => {
    const chosen = select.value || field.value;
    const options = await field.options();
    select.replaceChildren(...options.map(({ value, text }) => h("option", { value, selected: value === chosen }, text)));
  };
  select.addEventListener("refresh", fill);
  void fill();
  return h("label", { for: id }, field.label, select);
}

function identifier(text) {
  const button = h("button", { type: "button", class: "quiet", click: () => copy(text, button) }, icon("copy"), h("span", {}, "Copy"));
  return h("div", { class: "command" }, h("code", {}, text), button);
}

function randomKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
