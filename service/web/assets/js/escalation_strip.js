// The escalation strip while a slider is dragged: days that were learned later are dimmed at once.
import "./chart_download.js";

/** @typedef {{reportedUntil: number | null, asOf: number | null, settled: boolean}} Reading */

document.addEventListener("knownwhen:reading", (event) => {
  const until = /** @type {CustomEvent<Reading>} */ (event).detail.reportedUntil;
  for (const cell of document.querySelectorAll(".strip [data-at]")) {
    cell.classList.toggle("said-later", until !== null && Number(cell.getAttribute("data-at")) > until);
  }
});
