/**
 * The two sliders of an incident's page. While one is dragged, the headline follows from data in the page; when it
 * rests, the parts of that reading are fetched and put in place.
 *
 * @typedef {{reported: string[], recorded: [number, number][]}} Moments
 * @typedef {{at: number, figure: string, by: string, differ: string}} Step
 * @typedef {{reportedUntil: number | null, asOf: number | null, settled: boolean}} ReadingDetail
 * @typedef {{input: HTMLInputElement, output: HTMLElement, play: HTMLButtonElement, playing: number}} Clock
 * @typedef {{text: Promise<string>, at: number}} Kept
 */

const REST = 250; // milliseconds without movement after which a slider rests
const STEP = 900; // milliseconds from step to step while it plays
const FRESH = 15000; // milliseconds that a page fetched ahead is good for
const MOST_KEPT = 8;

/** @template {Element} E @param {ParentNode} root @param {string} selector @param {new () => E} type @returns {E} */
function find(root, selector, type) {
  const found = root.querySelector(selector);
  if (!(found instanceof type)) throw new Error(`no ${selector}`);
  return found;
}

const box = document.getElementById("reading");
if (box) start(box);

/** @param {HTMLElement} section */
function start(section) {
  /** @type {Moments} */
  const moments = JSON.parse(find(section, "[data-moments]", HTMLElement).textContent || "");
  const clocks = { reported: clock(section, "reported"), recorded: clock(section, "recorded") };
  const failed = find(section, "[data-failed]", HTMLElement);
  const live = find(section, "[data-live]", HTMLElement);
  const words = texts(section, moments);
  /** @type {Map<string, Kept>} */
  const kept = new Map();
  let asked = 0; // the number of the reading asked for last: answers to earlier ones are dropped
  let timer = 0;
  let last = -REST; // when a slider was changed last
  let shown = location.href;
  find(section, "[data-clocks]", HTMLElement).hidden = false;

  for (const name of /** @type {const} */ (["reported", "recorded"])) {
    const { input, play } = clocks[name];
    input.addEventListener("input", () => move(name));
    input.addEventListener("change", () => changed(name));
    play.addEventListener("click", () => (clocks[name].playing ? pause(name) : run(name)));
  }
  find(section, "[data-again]", HTMLButtonElement).addEventListener("click", () => void settle("reported", true));

  /** @returns {ReadingDetail} */
  function detail(/** @type {boolean} */ settled) {
    const until = moments.reported[clocks.reported.input.valueAsNumber];
    const position = moments.recorded[clocks.recorded.input.valueAsNumber];
    return { reportedUntil: until ? Date.parse(until) : null, asOf: position ? position[0] : null, settled };
  }

  /** @param {"reported" | "recorded"} name */
  function move(name) {
    const { input, output } = clocks[name];
    const text = words[name](input.valueAsNumber);
    output.textContent = text;
    input.setAttribute("aria-valuetext", text);
    const now = detail(false);
    if (name === "reported") follow(now.reportedUntil);
    document.dispatchEvent(new CustomEvent("knownwhen:reading", { detail: now }));
    document.getElementById("parts")?.setAttribute("aria-busy", "true");
    window.clearTimeout(timer);
    timer = window.setTimeout(() => void settle(name), REST);
  }

  /** Settles at once, but for the second of two quick changes: a key held down asks when it rests. */
  function changed(/** @type {"reported" | "recorded"} */ name) {
    const quick = performance.now() - last < REST;
    last = performance.now();
    if (!quick) void settle(name);
  }

  /** @param {"reported" | "recorded"} name */
  function address(name, by = 0) {
    const url = new URL(location.href);
    const steps = { reported: clocks.reported.input.valueAsNumber, recorded: clocks.recorded.input.valueAsNumber };
    steps[name] += by;
    const until = moments.reported[steps.reported];
    const position = moments.recorded[steps.recorded];
    if (by || until !== undefined || steps.reported >= moments.reported.length) set(url, "reported_until", until);
    set(url, "as_of", position && `@${position[0]}`);
    url.hash = "";
    return url.href;
  }

  /** Fetches the page of the sliders' reading and puts its parts in place, unless another is asked for meanwhile. */
  async function settle(/** @type {"reported" | "recorded"} */ name, again = false) {
    window.clearTimeout(timer);
    const url = address(name);
    if (url === shown && !again) {
      asked += 1;
      if (!document.querySelector("[data-following]")) {
        document.getElementById("parts")?.removeAttribute("aria-busy");
        return;
      }
    }
    const number = (asked += 1);
    document.getElementById("parts")?.setAttribute("aria-busy", "true");
    try {
      const text = await page(url, again);
      if (number !== asked) return;
      put(text);
      shown = url;
      history.replaceState(null, "", url);
      failed.hidden = true;
      live.textContent = headline();
      document.dispatchEvent(new CustomEvent("knownwhen:reading", { detail: detail(true) }));
      document.dispatchEvent(new CustomEvent("knownwhen:replaced"));
      ahead(name, number);
    } catch {
      if (number === asked) failed.hidden = false;
    } finally {
      if (number === asked) document.getElementById("parts")?.removeAttribute("aria-busy");
    }
  }

  /** Fetches the neighbours of the reading, when there is time. */
  function ahead(/** @type {"reported" | "recorded"} */ name, /** @type {number} */ number) {
    window.setTimeout(() => {
      if (number !== asked) return;
      const { input } = clocks[name];
      for (const by of [1, -1]) {
        const step = input.valueAsNumber + by;
        if (step >= 0 && step <= Number(input.max)) page(address(name, by)).catch(() => undefined);
      }
    }, REST);
  }

  /** @param {string} url @returns {Promise<string>} */
  function page(url, again = false) {
    const known = kept.get(url);
    if (known && !again && Date.now() - known.at < FRESH) return known.text;
    const text = fetch(url, { headers: { Accept: "text/html" } }).then(async (answer) => {
      if (!answer.ok && answer.status !== 404) throw new Error(String(answer.status));
      return answer.text();
    });
    kept.set(url, { text, at: Date.now() });
    text.catch(() => kept.delete(url));
    for (const first of kept.keys()) if (kept.size > MOST_KEPT) kept.delete(first);
    return text;
  }

  /** @param {"reported" | "recorded"} name */
  function run(name) {
    const { input } = clocks[name];
    if (input.valueAsNumber >= Number(input.max)) input.value = input.min;
    else input.stepUp();
    mark(name, window.setTimeout(() => void next(name), STEP));
    move(name);
  }

  async function next(/** @type {"reported" | "recorded"} */ name) {
    const { input } = clocks[name];
    await settle(name);
    if (!clocks[name].playing) return;
    if (input.valueAsNumber >= Number(input.max)) pause(name);
    else run(name);
  }

  /** @param {"reported" | "recorded"} name */
  function pause(name) {
    window.clearTimeout(clocks[name].playing);
    mark(name, 0);
    void settle(name);
  }

  /** @param {"reported" | "recorded"} name @param {number} playing */
  function mark(name, playing) {
    const { play } = clocks[name];
    if (Boolean(playing) !== Boolean(clocks[name].playing)) {
      const other = play.dataset.pause || "";
      play.dataset.pause = play.getAttribute("aria-label") || "";
      play.setAttribute("aria-label", other);
      find(play, "[data-icon]", HTMLElement).textContent = playing ? "❚❚" : "▶";
    }
    play.setAttribute("aria-pressed", String(Boolean(playing)));
    clocks[name].playing = playing;
  }
}

/** @param {URL} url @param {string} name @param {string | undefined} value */
function set(url, name, value) {
  if (value === undefined) url.searchParams.delete(name);
  else url.searchParams.set(name, value);
}

/** @param {HTMLElement} section @param {string} name @returns {Clock} */
function clock(section, name) {
  const whole = find(section, `[data-clock=${name}]`, HTMLElement);
  return {
    input: find(whole, "input", HTMLInputElement),
    output: find(whole, "output", HTMLElement),
    play: find(whole, "[data-play]", HTMLButtonElement),
    playing: 0,
  };
}

/** Returns how the steps of each slider read, in the language and digits of the page. */
function texts(/** @type {HTMLElement} */ section, /** @type {Moments} */ moments) {
  const { language = "en", offset = "0", moment = "", recorded = "", now = "" } = section.dataset;
  const format = new Intl.DateTimeFormat(language, {
    day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "UTC",
  });
  const number = new Intl.NumberFormat(language);
  /** @param {number} at */
  const said = (at) => {
    const parts = Object.fromEntries(format.formatToParts(at + Number(offset) * 60000).map((each) => [each.type, each.value]));
    const day = `${parts.day} ${parts.month} ${parts.year}`;
    return moment.replace("%(day)s", day).replace("%(clock)s", `${parts.hour}:${parts.minute}`);
  };
  return {
    /** @param {number} step */
    reported: (step) => (step < moments.reported.length ? said(Date.parse(moments.reported[step])) : now),
    /** @param {number} step */
    recorded: (step) => {
      if (step >= moments.recorded.length) return now;
      const [position, at] = moments.recorded[step];
      return recorded.replace("%(moment)s", said(at)).replace("%(position)s", number.format(position));
    },
  };
}

/** Shows in the headline what was said by a moment, from the steps in the page. @param {number | null} until */
function follow(until) {
  const part = document.getElementById("headline");
  const block = part?.querySelector("[data-steps]");
  if (!part || !(block instanceof HTMLElement)) return;
  /** @type {Step[]} */
  const steps = JSON.parse(block.textContent || "[]");
  if (!steps.length) return;
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (until === null || steps[middle].at <= until) low = middle + 1;
    else high = middle;
  }
  const step = steps[low - 1];
  part.setAttribute("data-following", "");
  find(part, "[data-figure]", HTMLElement).textContent = step ? step.figure : block.dataset.none || "";
  find(part, "[data-by]", HTMLElement).textContent = step ? step.by : "";
  find(part, "[data-differ]", HTMLElement).textContent = step ? step.differ : "";
}

/** Puts the parts of another reading in place; a part that it does not have is hidden. @param {string} text */
function put(text) {
  const other = new DOMParser().parseFromString(text, "text/html");
  const place = document.getElementById("parts");
  const fresh = [...other.querySelectorAll("[data-part]")];
  if (!place || !fresh.length) throw new Error("no parts");
  const before = focused();
  const open = [...place.querySelectorAll("details[open][id]")].map((each) => each.id);
  for (const each of place.querySelectorAll("[data-part]")) {
    if (each instanceof HTMLElement && !fresh.some((part) => part.id === each.id)) each.hidden = true;
  }
  for (const part of fresh) {
    const old = document.getElementById(part.id);
    const made = document.adoptNode(part);
    if (old) old.replaceWith(made);
    else place.append(made);
  }
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  before?.();
  document.title = other.title;
}

const FOCUSABLE = "a[href], button, input, select, summary, textarea, [tabindex]";

/** Returns what gives the focus back to the same place of a part; null where the focus is in none. */
function focused() {
  const active = document.activeElement;
  const part = active?.closest("[data-part]");
  if (!active || !part) return null;
  const at = [...part.querySelectorAll(FOCUSABLE)].indexOf(active);
  const { id } = part;
  const own = active.id;
  return () => {
    const whole = document.getElementById(id);
    const found = (own && document.getElementById(own)) || whole?.querySelectorAll(FOCUSABLE)[at];
    if (found instanceof HTMLElement) found.focus({ preventScroll: true });
  };
}

/** Returns the sentence that answers, as it is shown. */
function headline() {
  const part = document.getElementById("headline");
  const texts = [...(part?.querySelectorAll("h2, [data-answer], [data-differ]") || [])].map((each) => each.textContent || "");
  return texts.join(" ").replace(/\s+/g, " ").trim();
}
