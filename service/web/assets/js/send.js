/**
 * Sends what a form says to the interface as JSON, and shows its answer beside the fields.
 *
 * A write carries an `Idempotency-Key`. One that got no answer keeps its key, so to send the same again is safe.
 */

/**
 * A problem document (RFC 9457). `status` is 0 where there was no answer that could be read.
 * @typedef {{type?: string, title?: string, status: number, detail?: string,
 *   errors?: {field: string, reason: string, nearest?: string}[]}} Problem
 */

/**
 * @typedef {{ok: boolean, status: number, document: any, problem: Problem | null}} Answer
 */

/** @type {Map<string, string>} Keys of writes without an answer yet, by what was sent. */
const unanswered = new Map();
let errorCount = 0;

/**
 * Send a request; never throws.
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body] what becomes JSON; without one nothing is sent
 * @param {Record<string, string>} [headers]
 * @returns {Promise<Answer>}
 */
export async function send(method, path, body, headers = {}) {
  const text = body === undefined ? null : JSON.stringify(body);
  const sent = `${method} ${path} ${text}`;
  /** @type {Record<string, string>} */
  const all = { Accept: "application/json", ...(text === null ? {} : { "Content-Type": "application/json" }), ...headers };
  if (method !== "GET" && text !== null) {
    if (!unanswered.has(sent)) unanswered.set(sent, randomKey());
    all["Idempotency-Key"] ??= /** @type {string} */ (unanswered.get(sent));
  }
  try {
    const response = await fetch(path, { method, headers: all, body: text, credentials: "same-origin" });
    const document = await documentOf(response);
    if (response.status < 500) unanswered.delete(sent);
    const problem = response.ok ? null : { ...document, status: response.status };
    return { ok: response.ok, status: response.status, document: response.ok ? document : null, problem };
  } catch {
    return { ok: false, status: 0, document: null, problem: { status: 0 } };
  }
}

/**
 * @param {Response} response
 * @returns {Promise<any>} its JSON; null where there is none, an empty object for an error in another format
 */
async function documentOf(response) {
  const type = response.headers.get("Content-Type") ?? "";
  if (type.includes("json")) return response.json();
  return response.ok ? null : {};
}

function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Show a problem: each field error beside its field, the rest in `.form-problem`. The first wrong field gets the focus.
 *
 * `errors[].field` such as `claims[0].count` is the field named `claims.0.count`, or the nearest above it; a form with
 * `data-within="report"` names the fields of that member of the body without it. The sentence of a problem without an
 * answer is the form's `data-unreachable`.
 * @param {HTMLElement} form
 * @param {Problem} problem
 * @returns {void}
 */
export function showProblem(form, problem) {
  clearProblem(form);
  /** @type {HTMLElement[]} */
  const wrong = [];
  /** @type {string[]} */
  const rest = [];
  for (const error of problem.errors ?? []) {
    const field = fieldOf(form, error.field);
    if (field) wrong.push(markWrong(form, field, error.reason));
    else rest.push(`${error.field}: ${error.reason}`);
  }
  const all = wrong.length > 0 && rest.length === 0;
  const box = problemBox(form);
  const sentence = problem.detail ?? form.dataset["unreachable"] ?? String(problem.status);
  addLine(box, all ? (problem.title ?? sentence) : sentence, problem.detail !== undefined);
  for (const line of rest) if (line !== sentence && !sentence.includes(line)) addLine(box, line, true);
  box.hidden = false;
  (wrong[0] ?? box).focus();
}

/**
 * Take away what `showProblem` showed.
 * @param {HTMLElement} form
 * @returns {void}
 */
export function clearProblem(form) {
  for (const field of form.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    const kept = (field.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => !id.startsWith("error-"));
    if (kept.join("")) field.setAttribute("aria-describedby", kept.join(" "));
    else field.removeAttribute("aria-describedby");
  }
  for (const shown of form.querySelectorAll(".error[data-shown]")) shown.remove();
  const box = problemBox(form);
  box.replaceChildren();
  box.hidden = true;
}

/**
 * @param {HTMLElement} form
 * @param {string} path
 * @returns {HTMLElement | null}
 */
function fieldOf(form, path) {
  const steps = path.replaceAll("[", ".").replaceAll("]", "").split(".");
  const within = form.dataset["within"];
  const ways = within && steps[0] === within ? [steps, steps.slice(1)] : [steps];
  for (const way of ways) {
    for (let length = way.length; length > 0; length--) {
      const name = CSS.escape(way.slice(0, length).join("."));
      const found = form.querySelector(`[name="${name}"]:not([type=hidden]), [data-field="${name}"]`);
      if (found instanceof HTMLElement) return found;
    }
  }
  return null;
}

/**
 * @param {HTMLElement} form
 * @param {HTMLElement} field
 * @param {string} reason
 * @returns {HTMLElement} the field
 */
function markWrong(form, field, reason) {
  const said = document.createElement("p");
  said.id = `error-${(errorCount += 1)}`;
  said.className = "error";
  said.dataset["shown"] = "";
  said.lang = "en";
  said.dir = "auto";
  said.textContent = reason;
  const radio = field instanceof HTMLInputElement && field.type === "radio";
  const same = radio ? form.querySelectorAll(`[name="${CSS.escape(field.getAttribute("name") ?? "")}"]`) : [field];
  for (const each of same) {
    each.setAttribute("aria-invalid", "true");
    each.setAttribute("aria-describedby", `${each.getAttribute("aria-describedby") ?? ""} ${said.id}`.trim());
  }
  const group = radio ? field.closest("fieldset") : null;
  if (group) group.append(said);
  else field.after(said);
  return field;
}

/**
 * @param {HTMLElement} form
 * @returns {HTMLElement} where the form tells what is of no field; made where it has none
 */
function problemBox(form) {
  const found = form.querySelector(".form-problem");
  if (found instanceof HTMLElement) return found;
  const box = document.createElement("div");
  box.className = "form-problem warning";
  box.setAttribute("role", "alert");
  box.hidden = true;
  form.prepend(box);
  box.tabIndex = -1;
  return box;
}

/**
 * @param {HTMLElement} box
 * @param {string} text
 * @param {boolean} english a sentence of the interface, not of the page
 */
function addLine(box, text, english) {
  const line = document.createElement("p");
  line.textContent = text;
  line.dir = "auto";
  if (english) line.lang = "en";
  box.append(line);
}
