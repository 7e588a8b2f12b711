// Maps: a part is swapped for the one of another box, and follows the reported slider while it is dragged.

/** @typedef {{reportedUntil: number | null, asOf: number | null, settled: boolean}} Reading */

/**
 * Show what was said by a moment; later marks and rows are dimmed, or hidden on the map.
 * @param {number | null} until milliseconds of the epoch
 */
function showUntil(until) {
  for (const each of document.querySelectorAll("#incident_map [data-said]")) {
    const said = Number(each.getAttribute("data-said"));
    each.classList.toggle("later", until !== null && said > until);
  }
}

/**
 * Put the part of another address in the place of this one; the page itself is opened where that fails.
 * @param {HTMLElement} part
 * @param {string} href
 * @param {string} move which link was followed, to be focused again
 */
async function swap(part, href, move) {
  try {
    part.setAttribute("aria-busy", "true");
    const answer = await fetch(href);
    const made = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
    if (!made || !answer.ok) throw new Error(String(answer.status));
    part.replaceWith(made);
    history.replaceState(history.state, "", href);
    const again = made.querySelector(`[data-move="${move}"]`);
    if (again instanceof HTMLElement) again.focus({ preventScroll: true });
    document.dispatchEvent(new CustomEvent("knownwhen:replaced"));
  } catch {
    location.assign(href);
  }
}

document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element) || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = event.target.closest("a[data-move]");
  const part = link?.closest("[data-part]");
  if (!(link instanceof HTMLAnchorElement) || !(part instanceof HTMLElement)) return;
  event.preventDefault();
  void swap(part, link.href, link.dataset.move ?? "");
});

document.addEventListener("knownwhen:reading", (event) => {
  const { reportedUntil } = /** @type {CustomEvent<Reading>} */ (event).detail;
  showUntil(reportedUntil);
});
