// The list: what the form asks is shown without a new page, and sliders choose the moment on either clock.

const DAY = 86_400_000;
const REST = 250;
const form = /** @type {HTMLFormElement} */ (document.getElementById("find"));
const failed = /** @type {HTMLElement} */ (document.getElementById("failed"));
const digits = form.querySelector(".clocks")?.getAttribute("data-digits") ?? "latn";
const locale = `${document.documentElement.lang.replace(/^en$/, "en-GB")}-u-nu-${digits}-ca-gregory`;
let latest = 0;
let timer = 0;

/** @returns {string} the address of what the form asks */
function asked() {
  const pairs = [...new FormData(form)].filter(([, value]) => String(value).trim() !== "");
  const search = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
  return search ? `/?${search}` : "/";
}

/**
 * Show the list of an address. An answer that comes after that of a later question is dropped.
 * @param {string} href
 */
async function show(href) {
  const mine = ++latest;
  results().setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(href, { headers: { Accept: "text/html" } });
    const made = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine !== latest) return;
    const found = made.getElementById("results");
    if (!found || (!answer.ok && answer.status !== 422)) throw new Error(String(answer.status));
    results().replaceWith(found);
    showErrors(made);
    history.replaceState(history.state, "", href);
    failed.hidden = true;
  } catch {
    if (mine !== latest) return;
    results().setAttribute("aria-busy", "false");
    failed.hidden = false;
  }
}

/** @returns {HTMLElement} */
function results() {
  return /** @type {HTMLElement} */ (document.getElementById("results"));
}

/**
 * Take over what is said beside the fields of another page.
 * @param {Document} made
 */
function showErrors(made) {
  for (const each of form.querySelectorAll(".error")) each.remove();
  for (const each of form.querySelectorAll("[aria-invalid]")) {
    each.removeAttribute("aria-invalid");
    each.removeAttribute("aria-describedby");
  }
  for (const error of made.querySelectorAll("#find .error")) {
    const field = document.getElementById(error.id.replace(/^e-/, "f-"));
    if (!error.id || !field) {
      form.prepend(error);
      continue;
    }
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", error.id);
    field.after(error);
  }
}

/** @param {number} wait milliseconds until the form is asked, unless it changes again */
function ask(wait) {
  clearTimeout(timer);
  timer = setTimeout(() => void show(asked()), wait);
}

/**
 * A slider that writes the moment into its field; at its end, the field is empty.
 * @param {HTMLInputElement} slider
 */
function attach(slider) {
  const field = /** @type {HTMLInputElement} */ (document.getElementById(slider.dataset.for ?? ""));
  const output = /** @type {HTMLOutputElement} */ (slider.parentElement?.querySelector("output"));
  const first = Date.parse(`${slider.dataset.first}T00:00:00Z`);
  const ofDays = slider.dataset.first !== undefined;
  if (ofDays) slider.max = String(Math.max(1, Math.round((Date.parse(`${slider.dataset.last}T00:00:00Z`) - first) / DAY) + 1));
  const formatted = ofDays
    ? (/** @type {number} */ at) => new Intl.DateTimeFormat(locale, { dateStyle: "long", timeZone: "UTC" }).format(first + at * DAY)
    : (/** @type {number} */ at) => new Intl.NumberFormat(locale).format(at);
  const value = (/** @type {number} */ at) => (ofDays ? `${new Date(first + at * DAY).toISOString().slice(0, 10)}T23:59:59Z` : `@${at}`);

  const tell = () => {
    const at = Number(slider.value);
    const text = at === Number(slider.max) && !field.value ? slider.dataset.now ?? "" : (slider.dataset.text ?? "").replace("{}", formatted(at));
    output.textContent = text;
    slider.setAttribute("aria-valuetext", text);
  };
  const follow = () => {
    const said = ofDays ? Math.floor((Date.parse(field.value) - first) / DAY) : Number(field.value.replace("@", ""));
    slider.value = field.value && Number.isFinite(said) ? String(said) : field.value ? slider.value : slider.max;
    tell();
  };
  slider.addEventListener("input", () => {
    field.value = slider.value === slider.max ? "" : value(Number(slider.value));
    tell();
    ask(REST);
  });
  field.addEventListener("input", follow);
  follow();
  /** @type {HTMLElement} */ (slider.parentElement).hidden = false;
}

for (const slider of form.querySelectorAll("input[type=range]")) attach(/** @type {HTMLInputElement} */ (slider));

form.addEventListener("submit", (event) => {
  event.preventDefault();
  ask(0);
});
form.addEventListener("change", (event) => {
  if (!(event.target instanceof HTMLInputElement && event.target.type === "range")) ask(0);
});

export {};
