// The toll chart: the reason of a claim on hover and focus, arrow keys from claim to claim, and the cursor of a reading.
import "./chart_download.js";

/** @typedef {{reportedUntil: number | null, asOf: number | null, settled: boolean}} Reading */

/** @returns {SVGSVGElement | null} */
const plotOf = () => document.querySelector("svg.plot");

/** @param {Element} dot @returns {string} */
const told = (dot) => dot.getAttribute("aria-label") || "";

/** @param {SVGSVGElement} plot @returns {Element[]} */
const marks = (plot) => [...plot.querySelectorAll("a.dot")].filter((each) => !each.classList.contains("said-later"));

/** Show the tooltip of a claim beside its mark, within the plot. @param {Element} dot */
function show(dot) {
  const area = dot.closest(".plot-area");
  const tip = area?.querySelector(".tip");
  if (!(area instanceof HTMLElement) || !(tip instanceof HTMLElement)) return;
  tip.textContent = told(dot);
  tip.hidden = false;
  const shape = dot.querySelector("path") || dot;
  const box = shape.getBoundingClientRect();
  const around = area.getBoundingClientRect();
  const middle = box.left + box.width / 2 - around.left;
  const left = Math.max(0, Math.min(middle - tip.offsetWidth / 2, around.width - tip.offsetWidth));
  const above = box.top - around.top - tip.offsetHeight - 10;
  tip.style.left = `${left}px`;
  tip.style.top = `${above >= 0 ? above : box.bottom - around.top + 10}px`;
  dot.setAttribute("aria-describedby", tip.id);
}

function hide() {
  for (const tip of document.querySelectorAll(".plot-area .tip")) if (tip instanceof HTMLElement) tip.hidden = true;
}

/** Make one mark the stop of the tab key. @param {SVGSVGElement} plot @param {Element} dot */
function stopAt(plot, dot) {
  for (const each of plot.querySelectorAll('a.dot[tabindex="0"]')) each.setAttribute("tabindex", "-1");
  dot.setAttribute("tabindex", "0");
}

/** Take the titles of marks as their names: a browser's own tooltip would cover ours. */
function attach() {
  const plot = plotOf();
  if (plot === null) return;
  for (const title of plot.querySelectorAll(".dot > title")) {
    title.parentElement?.setAttribute("aria-label", title.textContent || "");
    title.remove();
  }
  const first = marks(plot)[0];
  if (first !== undefined) stopAt(plot, first);
  const hint = plot.closest(".plot-area")?.getAttribute("data-hint");
  if (hint) plot.setAttribute("aria-description", hint);
}

/** The moment up to which the chart shows what was said; null for all of it.
 * @param {SVGSVGElement} plot @param {Reading} reading @returns {number | null} */
function endOf(plot, reading) {
  if (plot.dataset.clock !== "recorded") return reading.reportedUntil;
  if (reading.asOf === null) return null;
  let end = Number(plot.dataset.start);
  for (const dot of plot.querySelectorAll("[data-position]")) {
    if (Number(dot.getAttribute("data-position")) <= reading.asOf) end = Math.max(end, Number(dot.getAttribute("data-at")));
  }
  return end;
}

/** Move the cursor and the veil, and hide what was said later. @param {Reading} reading */
function follow(reading) {
  const plot = plotOf();
  if (plot === null) return;
  const until = endOf(plot, reading);
  const [start, end] = [Number(plot.dataset.start), Number(plot.dataset.end)];
  const share = until === null ? 1 : Math.min(1, Math.max(0, (until - start) / (end - start)));
  const cursor = plot.querySelector(".cursor");
  cursor?.setAttribute("display", until === null ? "none" : "inline");
  const mirrored = plot.dataset.mirrored !== undefined;
  cursor?.querySelector(".veil")?.setAttribute("x", mirrored ? "0%" : `${share * 100}%`);
  cursor?.querySelector(".veil")?.setAttribute("width", `${(1 - share) * 100}%`);
  for (const name of ["x1", "x2"]) cursor?.querySelector(".at")?.setAttribute(name, `${(mirrored ? 1 - share : share) * 100}%`);
  for (const each of plot.closest(".toll-plot")?.querySelectorAll("[data-at]") || []) {
    each.classList.toggle("said-later", until !== null && Number(each.getAttribute("data-at")) > until);
  }
  hide();
}

/** @param {KeyboardEvent} event */
function step(event) {
  const plot = plotOf();
  const dot = event.target instanceof Element ? event.target.closest("a.dot") : null;
  if (plot === null || dot === null) return;
  if (event.key === "Escape") return hide();
  const all = marks(plot);
  const at = all.indexOf(dot);
  const right = plot.dataset.mirrored === undefined ? at + 1 : at - 1;
  const left = 2 * at - right;
  /** @type {Record<string, number>} */
  const ways = { ArrowRight: right, ArrowDown: at + 1, ArrowLeft: left, ArrowUp: at - 1, Home: 0, End: all.length - 1 };
  const next = all[ways[event.key] ?? -1];
  if (!(event.key in ways)) return;
  event.preventDefault();
  if (next instanceof SVGElement) {
    stopAt(plot, next);
    next.focus();
  }
}

for (const name of ["pointerover", "focusin"]) {
  document.addEventListener(name, (event) => {
    const dot = event.target instanceof Element ? event.target.closest("a.dot") : null;
    if (dot !== null) show(dot);
  });
}
for (const name of ["pointerout", "focusout"]) {
  document.addEventListener(name, (event) => {
    if (event.target instanceof Element && event.target.closest("a.dot") !== null) hide();
  });
}
document.addEventListener("keydown", step);
document.addEventListener("knownwhen:reading", (event) => follow(/** @type {CustomEvent<Reading>} */ (event).detail));
document.addEventListener("knownwhen:replaced", attach);
attach();
