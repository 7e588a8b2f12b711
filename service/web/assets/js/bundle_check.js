/**
 * The part `bundle_check`: reads the bundle within the page, or at the address that the part names, checks it in this
 * browser, and ticks what holds. Words of the bundle are shown as words.
 */

import { bytesOfBase64 } from "./bundle_bytes.js";
import { able, checkBundle, readBundle } from "./bundle_steps.js";

/** @typedef {import("./bundle_steps.js").Result} Result */

const part = document.getElementById("bundle-check");
if (part) void check(part);

/** @param {HTMLElement} whole */
async function check(whole) {
  if (!able) return tellVerdict(whole, "unable");
  const data = await bundleOf(whole);
  if (!data) return tellVerdict(whole, "unreachable");
  /** @type {Set<string>} */
  const found = new Set();
  /** @param {string} step @param {Result} result */
  const tell = (step, result) => {
    found.add(result.found);
    show(whole, step, result);
  };
  try {
    const bundle = await readBundle(data);
    tell("form", { found: "good" });
    const cites = whole.dataset.cites;
    await checkBundle(bundle, cites ? { cited: cites, view: whole.dataset.view || "" } : null, tell);
  } catch {
    tell("form", { found: "bad" });
  }
  tellVerdict(whole, found.has("bad") ? "bad" : found.has("unable") ? "partly" : "good");
}

/** @param {HTMLElement} whole @returns {Promise<Uint8Array<ArrayBuffer> | null>} */
async function bundleOf(whole) {
  const within = document.querySelectorAll("#knownwhen-bundle");
  try {
    if (!whole.dataset.bundle) return within.length === 1 ? bytesOfBase64(within[0].textContent) : new Uint8Array();
    const answer = await fetch(whole.dataset.bundle, { headers: { Accept: "application/gzip" } });
    return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : null;
  } catch {
    return whole.dataset.bundle ? null : new Uint8Array();
  }
}

/** @param {HTMLElement} whole @param {string} step @param {Result} result */
function show(whole, step, result) {
  const line = whole.querySelector(`[data-step="${step}"]`);
  const told = line?.querySelector(`[data-says="${result.found}"]`);
  if (!(line instanceof HTMLElement) || !(told instanceof HTMLElement)) return;
  for (const [name, value] of Object.entries(result.values || {})) {
    for (const place of told.querySelectorAll(`[data-${name}]`)) place.textContent = words(value, whole.dataset.locale || "en");
  }
  line.dataset.found = result.found;
  line.hidden = false;
  told.hidden = false;
}

/** Returns a value as words: numbers in the digits of the page, and no controls or changes of direction. @param {string | number} value @param {string} locale */
function words(value, locale) {
  if (typeof value === "number") return new Intl.NumberFormat(locale).format(value);
  return value.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\ufffd");
}

/** @param {HTMLElement} whole @param {string} verdict */
function tellVerdict(whole, verdict) {
  for (const each of whole.querySelectorAll("[data-verdict]")) {
    if (each instanceof HTMLElement) each.hidden = each.dataset.verdict !== verdict;
  }
  whole.dataset.found = verdict;
}
