/**
 * The timeline: its filters and pages exchange this part alone; while a reading is dragged, what was said later is hidden.
 */

const PART = "timeline";
let asked = 0;

/** @returns {HTMLElement | null} */
function part() {
  return document.getElementById(PART);
}

document.documentElement.classList.add("has-script");
const announced = document.createElement("p");
announced.className = "hidden-label";
announced.setAttribute("role", "status");
document.body.append(announced);

document.addEventListener("change", (event) => {
  const form = event.target instanceof HTMLElement ? event.target.closest("form[data-part-form]") : null;
  if (form instanceof HTMLFormElement) void exchange(addressOf(form));
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.matches("[data-part-form]")) return;
  event.preventDefault();
  void exchange(addressOf(form));
});

document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element) || event.button !== 0) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const link = event.target.closest("a[data-timeline-link]");
  if (!(link instanceof HTMLAnchorElement)) return;
  event.preventDefault();
  void exchange(new URL(link.href), true);
});

/**
 * The address that a form leads to: the page's own reading, as it is now, with the form's filters.
 * @param {HTMLFormElement} form
 * @returns {URL}
 */
function addressOf(form) {
  const address = new URL(location.href);
  const own = new Set(Array.from(form.elements, (each) => each.getAttribute("name") ?? ""));
  for (const hidden of form.querySelectorAll("input[type=hidden]")) own.delete(hidden.getAttribute("name") ?? "");
  for (const name of [...own, "kind", "source", "tier", "standing", "page", "report", "day"]) address.searchParams.delete(name);
  for (const [name, value] of new FormData(form)) {
    if (own.has(name) && typeof value === "string" && !(name === "order" && value === "occurred")) {
      address.searchParams.append(name, value);
    }
  }
  address.hash = "";
  return address;
}

/**
 * Put the timeline of another address in place, unless another was asked for meanwhile. What fails is loaded as a page.
 * @param {URL} address
 * @param {boolean} [toTop] go to its beginning
 */
async function exchange(address, toTop = false) {
  const turn = (asked += 1);
  part()?.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(address, { credentials: "same-origin", headers: { Accept: "text/html" } });
    const text = await response.text();
    if (turn !== asked) return;
    const fresh = new DOMParser().parseFromString(text, "text/html");
    const next = fresh.getElementById(PART);
    if (!next) throw new Error("no timeline");
    replace(next, toTop);
    const [here, there] = [document, fresh].map((each) => each.querySelector(".choices"));
    if (here && there) here.replaceWith(document.adoptNode(there));
    history.replaceState(history.state, "", address);
  } catch {
    if (turn === asked) location.assign(address);
  }
}

/**
 * @param {HTMLElement} next
 * @param {boolean} toTop
 */
function replace(next, toTop) {
  const old = part();
  if (!old) return;
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const open = old.querySelector("details.filters")?.hasAttribute("open") ?? false;
  const fresh = document.adoptNode(next);
  old.replaceWith(fresh);
  fresh.querySelector("details.filters")?.toggleAttribute("open", open);
  announced.textContent = fresh.querySelector("[data-announce]")?.textContent ?? "";
  if (toTop) {
    const heading = fresh.querySelector("h2");
    heading?.setAttribute("tabindex", "-1");
    heading?.focus();
    return;
  }
  if (focused instanceof HTMLInputElement) {
    const same = `[name="${CSS.escape(focused.name)}"][value="${CSS.escape(focused.value)}"]`;
    const field = fresh.querySelector(same);
    if (field instanceof HTMLElement) field.focus({ preventScroll: true });
  }
}

document.addEventListener("knownwhen:reading", (event) => {
  if (event instanceof CustomEvent) hideLater(event.detail.reportedUntil);
});
document.addEventListener("knownwhen:replaced", () => (asked += 1));

/**
 * Hide the entries said after a moment, and days without any other.
 * @param {number | null} until milliseconds; null shows all
 */
function hideLater(until) {
  const timeline = part();
  if (!timeline) return;
  let hidden = 0;
  for (const entry of timeline.querySelectorAll("[data-said]")) {
    const late = until !== null && Number(entry.getAttribute("data-said")) > until;
    entry.closest("li")?.toggleAttribute("hidden", late);
    if (late) hidden += 1;
  }
  for (const day of timeline.querySelectorAll(".day")) {
    day.toggleAttribute("hidden", !day.querySelector("li:not([hidden]) > .entry"));
  }
  const said = timeline.querySelector(".timeline-later");
  if (!(said instanceof HTMLElement)) return;
  said.hidden = hidden === 0;
  const figure = hidden.toLocaleString(`${document.documentElement.lang}-u-nu-${said.dataset["digits"]}`);
  said.textContent = (said.dataset["sentence"] ?? "").replace("{n}", figure);
}
