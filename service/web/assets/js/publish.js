/** The form that publishes an answer: it posts what it says, and shows where the publication stands. */

import { clearProblem, send, showProblem } from "./send.js";

const form = document.querySelector("#publish");
const published = document.querySelector("#published");
if (form instanceof HTMLFormElement && published instanceof HTMLElement) listen(form, published);

/**
 * @param {HTMLFormElement} form
 * @param {HTMLElement} published
 */
function listen(form, published) {
  const button = form.querySelector("button");
  if (!button) return;
  button.disabled = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearProblem(form);
    published.hidden = true;
    button.disabled = true;
    const answer = await send("POST", form.dataset["path"] ?? "", bodyOf(form));
    button.disabled = false;
    if (answer.ok) show(form, published, answer.document);
    else if (answer.problem) showProblem(form, answer.problem);
  });
}

/**
 * @param {HTMLFormElement} form
 * @returns {Record<string, string>} the fields that say something
 */
function bodyOf(form) {
  /** @type {Record<string, string>} */
  const body = {};
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && value.trim()) body[name] = value;
  }
  return body;
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLElement} published
 * @param {{position: number, receipt: {digest: string}}} answer
 */
function show(form, published, answer) {
  const [path, query] = (form.dataset["page"] ?? "").split("?");
  const link = published.querySelector("[data-check]");
  if (link instanceof HTMLAnchorElement) link.href = `${path}${answer.position}${query ? `?${query}` : ""}`;
  write(published, "[data-position]", new Intl.NumberFormat(form.dataset["numbers"]).format(answer.position));
  write(published, "[data-digest]", answer.receipt.digest);
  published.hidden = false;
  if (link instanceof HTMLElement) link.focus();
}

/**
 * @param {HTMLElement} within
 * @param {string} selector
 * @param {string} text
 */
function write(within, selector, text) {
  const found = within.querySelector(selector);
  if (found) found.textContent = text;
}
