/**
 * Forms of curation: each sends its fields as JSON to its operation, and says where the log has it, or what is wrong.
 */

import { clearProblem, send, showProblem } from "./send.js";

for (const form of document.querySelectorAll("form[data-path]")) {
  if (!(form instanceof HTMLFormElement)) continue;
  for (const button of form.querySelectorAll("button[data-with-script]")) button.removeAttribute("disabled");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void submit(form);
  });
  nameFromLabel(form);
}

/** @param {HTMLFormElement} form */
async function submit(form) {
  clearProblem(form);
  if (!form.reportValidity()) return;
  const body = bodyOf(form);
  if (form.dataset["onlyChanged"] !== undefined && Object.keys(body).every((name) => name === "reason")) {
    showProblem(form, { status: 0, detail: form.dataset["unchanged"] ?? "" });
    return;
  }
  const buttons = form.querySelectorAll("button");
  for (const button of buttons) button.disabled = true;
  const answer = await send("POST", form.dataset["path"] ?? "", body);
  for (const button of buttons) button.disabled = false;
  if (answer.ok) done(form, answer.document);
  else if (answer.problem) showProblem(form, answer.problem);
}

/**
 * The body that a form sends: what is empty is left out; where `data-only-changed` is set, what is as it was too.
 * @param {HTMLFormElement} form
 * @returns {Record<string, unknown>}
 */
function bodyOf(form) {
  /** @type {Record<string, unknown>} */
  const body = {};
  for (const field of form.elements) {
    if (!(field instanceof HTMLInputElement || field instanceof HTMLSelectElement || field instanceof HTMLTextAreaElement)) continue;
    if (!field.name || (field instanceof HTMLInputElement && field.matches("[type=radio], [type=checkbox]") && !field.checked)) continue;
    if (form.dataset["onlyChanged"] !== undefined && unchanged(field)) continue;
    const text = field.value.trim();
    const type = field.dataset["type"];
    if (type === "null") body[field.name] = text || null;
    else if (type === "list" && field.type === "checkbox") body[field.name] = [.../** @type {string[]} */ (body[field.name] ?? []), text];
    else if (type === "list") body[field.name] = text.split(/[\s,;،]+/).filter(Boolean);
    else if (text) body[field.name] = type === "number" ? Number(text) : type === "boolean" ? text === "true" : text;
  }
  return body;
}

/**
 * @param {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} field
 * @returns {boolean}
 */
function unchanged(field) {
  if (field instanceof HTMLSelectElement) return Array.from(field.options).every((each) => each.selected === each.defaultSelected);
  return field.value === field.defaultValue;
}

/**
 * Say where the log has it; the form is gone, so that nobody sends it twice.
 * @param {HTMLFormElement} form
 * @param {{position: number, warnings?: {detail: string}[]}} written
 */
function done(form, written) {
  const shown = document.querySelector(`[data-done-of="${CSS.escape(form.id)}"]`);
  if (!(shown instanceof HTMLElement)) return;
  const position = shown.querySelector("[data-position]");
  const digits = `${document.documentElement.lang}-u-nu-${shown.dataset["digits"]}`;
  if (position) position.textContent = written.position.toLocaleString(digits);
  const warnings = written.warnings ?? [];
  const box = shown.querySelector("[data-warnings]");
  for (const warning of warnings) {
    const line = document.createElement("li");
    line.lang = "en";
    line.dir = "auto";
    line.textContent = warning.detail;
    box?.querySelector("ul")?.append(line);
  }
  if (box instanceof HTMLElement) box.hidden = warnings.length === 0;
  form.hidden = true;
  shown.hidden = false;
  shown.focus();
}

/**
 * Where a form has a label and a short name, propose the name by the label, until somebody writes one.
 * @param {HTMLFormElement} form
 */
function nameFromLabel(form) {
  const label = form.elements.namedItem("label");
  const name = form.elements.namedItem("name");
  if (!(label instanceof HTMLInputElement) || !(name instanceof HTMLInputElement)) return;
  label.addEventListener("input", () => {
    if (name.dataset["written"] === undefined) name.value = slug(label.value);
  });
  name.addEventListener("input", () => (name.dataset["written"] = ""));
}

/**
 * @param {string} text
 * @returns {string} its words in lower case, joined by hyphens
 */
function slug(text) {
  return (text.toLowerCase().normalize("NFC").match(/[\p{L}\p{N}\p{M}]+/gu) ?? []).join("-").slice(0, 100);
}
