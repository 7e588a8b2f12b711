/**
 * The form that opens an incident: proposes its short name, checks its time zone and period, and keeps a draft.
 */

import { DraftStore } from "./drafts.js";
import { slugify } from "./form_document.js";
import { LiveReadings, english, filled, formats } from "./live_readings.js";
import { clearProblem, send, showProblem } from "./send.js";

const form = /** @type {HTMLFormElement} */ (document.getElementById("incident"));
const words = JSON.parse(/** @type {HTMLElement} */ (form.querySelector("[data-words]")).textContent ?? "{}");
const format = formats(form.dataset["language"] ?? "en", form.dataset["digits"] ?? "latn");
const drafts = new DraftStore("incident");
const live = new LiveReadings(form, words, clock);
/** Whether the short name is still the one that the title suggests. */
let proposed = true;
let asked = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** @param {string} name */
function control(name) {
  return /** @type {HTMLInputElement} */ (document.getElementById(name));
}

/** @param {string} name */
function text(name) {
  return control(name)?.value.trim() ?? "";
}

function byZone() {
  return control("by-zone").checked;
}

/** @returns {Record<string, string>} the clock that is chosen, if it is filled in */
function clock() {
  const name = byZone() ? "time_zone" : "utc_offset";
  return text(name) ? { [name]: text(name) } : {};
}

function showClock() {
  for (const each of form.querySelectorAll("[data-of]")) {
    if (each instanceof HTMLElement) each.hidden = each.dataset["of"] !== (byZone() ? "time_zone" : "utc_offset");
  }
}

/** Show the beginning and the end of a day by the clock that is chosen, or what is wrong with it. */
async function checkClock() {
  const box = /** @type {HTMLElement} */ (form.querySelector("[data-clock-reading]"));
  const own = (asked += 1);
  const today = new Date().toISOString().slice(0, 10);
  const answer = Object.keys(clock()).length ? await send("POST", "/v1/readings", { ...clock(), dates: [{ text: today }] }) : null;
  if (own !== asked) return;
  box.replaceChildren();
  box.classList.toggle("refused", answer?.problem !== null && answer !== null);
  if (!answer) return;
  const reading = answer.document?.dates[0].reading;
  if (reading) box.append(filled(words["span"], { from: format.moment(reading.earliest), to: format.moment(reading.latest) }));
  else box.append(english(answer.problem?.detail ?? ""));
}

function keepDraft() {
  /** @type {Record<string, string>} */
  const said = {};
  for (const each of form.elements) if (each instanceof HTMLInputElement && each.id && each.type !== "radio") said[each.id] = each.value;
  drafts.save({ ...said, zone: byZone() });
}

function restore() {
  const draft = drafts.load();
  if (!draft) return;
  for (const [name, value] of Object.entries(draft.report)) if (typeof value === "string" && control(name)) control(name).value = value;
  control(draft.report["zone"] === false ? "by-offset" : "by-zone").checked = true;
  proposed = text("slug") === slugify(text("title"));
  live.soon();
  void checkClock();
}

async function open() {
  clearProblem(form);
  const countries = text("countries").split(/[\s,،;]+/u).filter((each) => each);
  const body = {
    slug: text("slug"), title: text("title"), ...clock(),
    ...(text("period") ? { period: text("period") } : {}),
    ...(countries.length ? { countries } : {}),
    ...(text("collection") ? { collection: text("collection") } : {}),
  };
  const answer = await send("POST", "/v1/incidents", body);
  if (answer.problem) {
    const box = /** @type {HTMLElement} */ (form.querySelector("[data-signed-out]"));
    box.hidden = answer.problem.status !== 401;
    return showProblem(form, answer.problem);
  }
  drafts.clear();
  const target = new URL(form.dataset["next"] ?? "/incidents/", location.href);
  target.pathname = `/incidents/${encodeURIComponent(answer.document.incident)}`;
  location.assign(target.href);
}

form.addEventListener("input", (event) => {
  const name = event.target instanceof HTMLElement ? event.target.id : "";
  if (name === "slug") proposed = text("slug") === "";
  if (name === "title" && proposed) control("slug").value = slugify(text("title"));
  if (["time_zone", "utc_offset", "by-zone", "by-offset"].includes(name)) {
    showClock();
    clearTimeout(timer);
    timer = setTimeout(() => void checkClock(), 250);
  }
  keepDraft();
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void open();
});

restore();
showClock();
form.dataset["ready"] = "";
