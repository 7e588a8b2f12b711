/**
 * The form of a report: entries of lists, live readings, drafts, a dry run, and the post.
 */

import { DraftStore } from "./drafts.js";
import { addEntry, entriesOf, fieldsOf, fillFields, namesOf, readFields, showSource, slugOf } from "./form_document.js";
import { LiveReadings, english, formats } from "./live_readings.js";
import { clearProblem, send, showProblem } from "./send.js";

const form = /** @type {HTMLFormElement} */ (document.getElementById("report"));
const fields = part("fields");
const corrects = form.dataset["corrects"];
const incident = form.dataset["incident"] ?? "";
const kind = form.dataset["kindOfReport"] ?? "";
/** @type {Record<string, string>} What warnings say in the language of the page, where that is not English. */
const codes = data("codes");
const names = namesOf(data("names"));
const drafts = new DraftStore(corrects ? `correction:${corrects}` : `${incident}:${kind}`, form.dataset["person"]);
const live = new LiveReadings(form, data("words"), () => ({ ...(languageSaid() ? { language: languageSaid() } : {}), incident }));
/** What was there at first; a form that says the same has no draft. */
let untouched = "";

/** @param {string} name */
function part(name) {
  return /** @type {HTMLElement} */ (form.querySelector(`[data-${name}]`));
}

/** @param {string} name */
function data(name) {
  return JSON.parse(part(name).textContent ?? "null");
}

/** @returns {string | undefined} the language that the report says it is in, if it reads as one */
function languageSaid() {
  const said = report()["language"];
  return typeof said === "string" && /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/.test(said) ? said : undefined;
}

/** @returns {Record<string, any>} what the form says */
function report() {
  return { kind, ...readFields(fields, names) };
}

/** @returns {Record<string, any>} what the form says, without the sealed part: that is kept nowhere but in the log */
function draft() {
  const { sealed, ...said } = report();
  return said;
}

/** @param {Record<string, any>} content */
function fill(content) {
  fillFields(fields, content, names);
  report();
  live.soon();
}

/** Leave out figures that a count's words alone are read as: changed words are then read anew.
 * @param {Record<string, any>} content
 */
async function withWordsAlone(content) {
  const counts = (content["claims"] ?? []).flatMap((/** @type {any} */ claim) => [claim, ...(claim.parts ?? [])].map((each) => ({ measure: claim.measure, accumulation: claim.accumulation, count: each.count })));
  const worded = counts.filter((/** @type {any} */ each) => each.count.verbatim).slice(0, 200);
  const body = { incident, ...(content["language"] ? { language: content["language"] } : {}), counts: worded.map((/** @type {any} */ each) => ({ verbatim: each.count.verbatim, measure: each.measure, ...(each.accumulation ? { accumulation: each.accumulation } : {}) })) };
  const answer = worded.length ? await send("POST", "/v1/readings", body) : null;
  worded.forEach((/** @type {any} */ each, /** @type {number} */ place) => {
    const read = answer?.document?.counts[place].reading;
    if (read && ["lower", "upper", "best", "bound"].every((name) => (each.count[name] ?? null) === read[name])) {
      for (const name of ["lower", "upper", "best", "bound", "lexicon"]) delete each.count[name];
    }
  });
  return content;
}

function keepDraft() {
  const said = draft();
  part("kept").hidden = JSON.stringify(said) === untouched || !drafts.save(said);
}

/** @param {boolean} shown */
function showWarnings(shown) {
  part("warnings").hidden = !shown;
  if (shown) part("warnings").focus();
}

/** Decide it without recording anything; returns whether it may be posted at once. */
async function dryRun() {
  const body = corrects ? { corrects, report: report() } : { incident, report: report() };
  const answer = await send("POST", "/v1/readings", body);
  if (answer.problem) return refused(answer.problem);
  const list = /** @type {HTMLElement} */ (part("warnings").querySelector("ul"));
  list.replaceChildren(...answer.document.report.warnings.map((/** @type {{code: string, detail: string}} */ each) => {
    const item = document.createElement("li");
    item.append(codes[each.code] ?? "", english(each.detail));
    return item;
  }));
  showWarnings(list.children.length > 0);
  return list.children.length === 0;
}

/**
 * Say why it is refused; the draft stays.
 * @param {import("./send.js").Problem} problem
 */
function refused(problem) {
  part("signed-out").hidden = problem.status !== 401;
  const within = (problem.errors ?? []).map((each) => ({ ...each, field: each.field.replace(/^report\.?/, "") }));
  for (const error of within) openAround(error.field);
  showProblem(form, { ...problem, errors: within });
  return false;
}

/** Open the folded fields around the one at fault.
 * @param {string} path
 */
function openAround(path) {
  const steps = path.replaceAll("[", ".").replaceAll("]", "").split(".");
  for (let length = steps.length; length > 0; length--) {
    const name = CSS.escape(steps.slice(0, length).join("."));
    const found = form.querySelector(`[name="${name}"], [data-field="${name}"]`);
    if (!found) continue;
    for (let e = found.closest("details"); e; e = e.parentElement?.closest("details") ?? null) e.open = true;
    return;
  }
}

async function post() {
  clearProblem(form);
  showWarnings(false);
  const said = report();
  const answer = corrects
    ? await send("POST", `/v1/reports/${corrects}/correction`, { cause: value("cause"), report: said, ...(value("reason") ? { reason: value("reason") } : {}) })
    : await send("POST", `/v1/incidents/${encodeURIComponent(incident)}/reports`, said);
  if (answer.problem) refused(answer.problem);
  else posted(answer.document);
}

/** @param {string} name */
function value(name) {
  const control = form.elements.namedItem(name);
  return control instanceof HTMLSelectElement || control instanceof HTMLTextAreaElement ? control.value : "";
}

/** @param {{position: number, recorded_at: string, report_id: string}} written */
function posted(written) {
  drafts.clear();
  form.reset();
  form.hidden = true;
  const shown = /** @type {HTMLElement} */ (document.getElementById("posted"));
  const format = formats(form.dataset["language"] ?? "en", form.dataset["digits"] ?? "latn");
  const [position, recorded, link] = ["position", "recorded", "report"].map((name) => /** @type {HTMLElement} */ (shown.querySelector(`[data-${name}]`)));
  if (position) position.textContent = format.number(written.position);
  if (recorded instanceof HTMLTimeElement) {
    recorded.dateTime = written.recorded_at;
    recorded.textContent = format.moment(written.recorded_at);
  }
  if (link instanceof HTMLAnchorElement) link.pathname = `/reports/${written.report_id}`;
  shown.hidden = false;
  shown.focus();
}

/** @param {boolean} busy */
function setBusy(busy) {
  for (const button of form.querySelectorAll("button")) button.disabled = busy;
  form.setAttribute("aria-busy", String(busy));
}

/** @param {() => Promise<unknown>} work */
async function busily(work) {
  setBusy(true);
  try {
    await work();
  } finally {
    setBusy(false);
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  clearProblem(form);
  void busily(async () => {
    if (await dryRun()) await post();
  });
});

form.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("button") : null;
  if (!button) return;
  const list = button.closest("[data-kind=list], [data-kind=map]");
  if ("add" in button.dataset && list instanceof HTMLElement) {
    const control = addEntry(list).querySelector("input, select, textarea");
    if (control instanceof HTMLElement) control.focus();
  } else if ("remove" in button.dataset && list instanceof HTMLElement) {
    button.closest("li")?.remove();
    const add = [...list.children].find((each) => each instanceof HTMLElement && "add" in each.dataset);
    if (add instanceof HTMLElement) add.focus();
  } else if ("anyway" in button.dataset) {
    void busily(post);
    return;
  } else if ("back" in button.dataset) {
    showWarnings(false);
    fields.querySelector("input")?.focus();
    return;
  } else if ("discard" in button.dataset) {
    drafts.clear();
    fill(JSON.parse(untouched));
    part("draft").hidden = true;
    part("kept").hidden = true;
    fields.querySelector("input")?.focus();
    return;
  } else return;
  keepDraft();
});

form.addEventListener("input", (event) => {
  const field = event.target instanceof Element ? event.target.closest("[data-kind]") : null;
  if (field instanceof HTMLElement) delete field.dataset["said"];
  const source = event.target instanceof Element ? event.target.closest("[data-kind=source]") : null;
  if (source instanceof HTMLElement) sourceChanged(source);
  const key = field instanceof HTMLElement ? field.dataset["key"] : "";
  if (["language", "measure", "accumulation", "lower", "upper", "best", "bound"].includes(key ?? "")) live.soon();
  showWarnings(false);
  keepDraft();
});

/** @param {HTMLElement} source */
function sourceChanged(source) {
  showSource(source);
  const name = source.querySelector("[data-named] input");
  const unknown = source.querySelector("[data-new]");
  if (name instanceof HTMLInputElement && unknown instanceof HTMLElement) {
    unknown.hidden = name.value.trim() === "" || names.bySlug.has(slugOf(names, name.value));
  }
}

async function begin() {
  const content = data("content");
  if (content) fill(await withWordsAlone(content));
  else {
    const claims = fieldsOf(fields).find((each) => each.dataset["key"] === "claims");
    if (kind === "toll_revised" && claims && entriesOf(claims).length === 0) addEntry(claims);
  }
  untouched = JSON.stringify(draft());
  const kept = drafts.load();
  const changed = kept !== null && JSON.stringify(kept.report) !== untouched;
  if (changed) fill(kept.report);
  part("draft").hidden = !changed;
  form.hidden = false;
  form.dataset["ready"] = "";
}

void begin();
