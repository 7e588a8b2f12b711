/**
 * Shows, while one types, how counts and dates would be read: asked of `POST /v1/readings`, which records nothing.
 */

import { send } from "./send.js";

/** @typedef {{field: string, reason: string, nearest?: string}} Fault */
/** @typedef {{detail: string}} Warning */

const WAIT = 250;

/** Fills `%(places)s` of a sentence of the page.
 * @param {string} sentence
 * @param {Record<string, string>} values
 * @returns {string}
 */
export function filled(sentence, values) {
  return sentence.replaceAll(/%\((\w+)\)s/g, (_, name) => values[name] ?? "");
}

/**
 * @param {string} language
 * @param {string} digits
 */
export function formats(language, digits) {
  const locale = `${language}-u-nu-${digits}`;
  const day = new Intl.DateTimeFormat(language === "en" ? "en-GB" : locale, { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
  const clock = new Intl.DateTimeFormat(`${language === "en" ? "en-GB" : language}-u-nu-${digits}`, {
    hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "UTC",
  });
  const comma = language === "ar" ? "، " : ", ";
  const number = new Intl.NumberFormat(locale);
  return {
    /** @param {number | null} value */
    number: (value) => (value === null ? "" : number.format(value)),
    /** A moment with its own offset, as its clocks show it.
     * @param {string} text RFC 3339
     */
    moment: (text) => {
      const [, local, offset] = /** @type {RegExpExecArray} */ (/^(.{19})[.\d]*(.*)$/.exec(text));
      const shown = new Date(`${local}Z`);
      const ahead = offset === "Z" || offset === "+00:00" ? "UTC" : `UTC${(offset ?? "").replace(/^([+-])0?/, "$1").replace(/:00$/, "")}`;
      return `\u2068${day.format(shown)}${comma}${clock.format(shown)} ${ahead}\u2069`;
    },
  };
}

/** Keeps the readings of a form beside its fields. */
export class LiveReadings {
  /**
   * @param {HTMLElement} form
   * @param {Record<string, string>} words sentences of the page, by bound and by which ends of a span there are
   * @param {() => Record<string, unknown>} context the members of the body that say where and in which language
   */
  constructor(form, words, context) {
    this.form = form;
    this.words = words;
    this.context = context;
    this.format = formats(form.dataset["language"] ?? "en", form.dataset["digits"] ?? "latn");
    this.asked = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    form.addEventListener("input", (event) => {
      const control = event.target;
      if (control instanceof HTMLElement && (control.dataset["live"] || control.closest("[data-live-context]"))) this.soon();
    });
  }

  /** Read all of them once nothing was typed for a moment. */
  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.read(), WAIT);
  }

  /** @param {string} what */
  controls(what) {
    const found = /** @type {HTMLInputElement[]} */ ([...this.form.querySelectorAll(`[data-live=${what}]`)]);
    for (const each of found) if (each.value.trim() === "") this.clear(each);
    return found.filter((each) => each.value.trim() !== "").slice(0, 200);
  }

  /** Ask for the readings of all counts and dates at once, and show them; an answer that is overtaken is dropped. */
  async read() {
    const [counts, dates] = [this.controls("count"), this.controls("date")];
    if (!counts.length && !dates.length) return;
    const asked = (this.asked += 1);
    const body = {
      ...this.context(),
      counts: counts.map((each) => ({ verbatim: each.value, ...claimOf(each) })),
      dates: dates.map((each) => ({ text: each.value.trim(), clock: each.dataset["clock"] })),
    };
    const answer = await send("POST", "/v1/readings", body);
    if (asked !== this.asked || !answer.ok) return;
    counts.forEach((each, place) => this.showCount(each, answer.document.counts[place]));
    dates.forEach((each, place) => this.showDate(each, answer.document.dates[place]));
  }

  /**
   * @param {HTMLInputElement} control
   * @param {{reading: any, errors: Fault[], warnings: Warning[]}} found
   */
  showCount(control, found) {
    const { reading } = found;
    if (!reading) return this.refuse(control, found.errors);
    const open = reading.bound === "worded" && (reading.lower === null || reading.upper === null);
    const sentence = this.words[open ? "worded_open" : reading.bound] ?? "";
    const figure = this.format.number(reading.best ?? reading.lower ?? reading.upper);
    const ends = { lower: this.format.number(reading.lower), upper: this.format.number(reading.upper) };
    this.show(control, filled(sentence, { figure, ...ends }), found.warnings);
  }

  /**
   * @param {HTMLInputElement} control
   * @param {{reading: {earliest: string | null, latest: string | null} | null, errors: Fault[]}} found
   */
  showDate(control, found) {
    if (!found.reading) return this.refuse(control, found.errors);
    const { earliest, latest } = found.reading;
    const which = earliest === null ? "until" : latest === null ? "from" : earliest === latest ? "moment" : "span";
    const values = { from: earliest ? this.format.moment(earliest) : "", to: latest ? this.format.moment(latest) : "" };
    this.show(control, filled(this.words[which] ?? "", values), []);
  }

  /**
   * @param {HTMLInputElement} control
   * @param {string} sentence
   * @param {Warning[]} warnings
   */
  show(control, sentence, warnings) {
    const box = this.box(control, warnings.length ? "warned" : "");
    box?.append(sentence);
    for (const warning of warnings) box?.append(english(warning.detail));
  }

  /**
   * @param {HTMLInputElement} control
   * @param {Fault[]} errors
   */
  refuse(control, errors) {
    const box = this.box(control, "refused");
    for (const error of errors) {
      box?.append(english(error.reason));
      if (error.nearest && control.dataset["live"] === "date") box?.append(this.offer(control, error.nearest));
    }
  }

  /**
   * @param {HTMLInputElement} control
   * @param {string} text
   * @returns {HTMLElement} a button that writes what was probably meant
   */
  offer(control, text) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "plain";
    button.textContent = filled(this.words["write"] ?? "%(text)s", { text: `\u2066${text}\u2069` });
    button.addEventListener("click", () => {
      control.value = text;
      control.dispatchEvent(new Event("input", { bubbles: true }));
      control.focus();
    });
    return button;
  }

  /** @param {HTMLInputElement} control */
  clear(control) {
    this.box(control, "");
  }

  /**
   * @param {HTMLInputElement} control
   * @param {string} state
   * @returns {HTMLElement | null} the emptied box of a control
   */
  box(control, state) {
    const box = document.getElementById(`${control.id}.live`);
    box?.replaceChildren();
    if (box) box.className = `live ${state}`;
    return box;
  }
}

/**
 * @param {HTMLElement} control of a count
 * @returns {Record<string, unknown>} what decides about its reading: figures beside the words, and the claim's measure
 */
function claimOf(control) {
  /** @type {Record<string, unknown>} */
  const found = {};
  const count = control.closest("[data-key=count]");
  for (const name of ["lower", "upper", "best"]) {
    const value = valueOf(count, name);
    if (/^[0-9]{1,13}$/.test(value)) found[name] = Number(value);
  }
  if (valueOf(count, "bound")) found["bound"] = valueOf(count, "bound");
  const claim = control.closest("[data-key=claims][data-kind=object]");
  for (const name of ["measure", "accumulation"]) if (valueOf(claim, name)) found[name] = valueOf(claim, name);
  return found;
}

/**
 * @param {Element | null} within
 * @param {string} key
 */
function valueOf(within, key) {
  const control = within?.querySelector(`[data-key="${key}"] :is(input, select)`);
  return control instanceof HTMLInputElement || control instanceof HTMLSelectElement ? control.value.trim() : "";
}

/** @param {string} text */
export function english(text) {
  const said = document.createElement("span");
  said.lang = "en";
  said.dir = "auto";
  said.textContent = ` ${text} `;
  return said;
}
