/**
 * The fields of a form as a JSON document: read, filled in, and named by their paths as problems name them.
 *
 * A field is an element with `data-key`, its name in the document, and `data-kind`. What is left empty is not in the
 * document, unless it was filled in as `{}`, `[]`, `null` or `false`.
 */

/** @typedef {{slug: string, name: string}} Named */
/** @typedef {{byName: Map<string, string>, bySlug: Map<string, string>}} Names */

/** Stands in ids for the number of an entry. */
const COUNTER = "__n__";
let entries = 0;

/**
 * Sources come first where an actor has the same name. A name that two have stands for neither.
 * @param {{sources: Named[], actors: Named[]}} known
 * @returns {Names}
 */
export function namesOf(known) {
  /** @type {Names} */
  const names = { byName: new Map(), bySlug: new Map() };
  for (const { slug, name } of [...known.actors, ...known.sources]) {
    names.bySlug.set(slug, name);
    names.byName.set(name.toLowerCase(), slug);
  }
  return names;
}

/**
 * @param {string} words
 * @returns {string} the slug that they suggest; empty where there is no letter or digit
 */
export function slugify(words) {
  const found = words.normalize("NFC").toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return found.join("-").slice(0, 100).replace(/-+$/, "");
}

/**
 * @param {Names} names
 * @param {string} typed a name, or a slug
 * @returns {string}
 */
export function slugOf(names, typed) {
  const words = typed.trim();
  if (names.bySlug.has(words)) return words;
  return names.byName.get(words.toLowerCase()) ?? slugify(words);
}

/**
 * @param {Names} names
 * @param {string} slug
 * @returns {string} the name, if typing it gives back the slug
 */
function nameOf(names, slug) {
  const name = names.bySlug.get(slug);
  return name !== undefined && slugOf(names, name) === slug ? name : slug;
}

/**
 * @param {Element} within
 * @returns {HTMLElement[]} the fields within an element that are within no other field
 */
export function fieldsOf(within) {
  /** @type {HTMLElement[]} */
  const found = [];
  for (const child of within.children) {
    if (child instanceof HTMLElement && child.dataset["key"] !== undefined) found.push(child);
    else found.push(...fieldsOf(child));
  }
  return found;
}

/**
 * Read the fields of an element as an object, and name each control by its path.
 * @param {Element} within
 * @param {Names} names
 * @param {string} [path]
 * @returns {Record<string, any>}
 */
export function readFields(within, names, path = "") {
  /** @type {Record<string, any>} */
  const found = {};
  for (const field of fieldsOf(within)) {
    const key = field.dataset["key"] ?? "";
    const value = readField(field, names, path ? `${path}.${key}` : key);
    if (value !== undefined) found[key] = value;
  }
  return found;
}

/**
 * @param {HTMLElement} field
 * @param {Names} names
 * @param {string} path
 * @returns {any} undefined where nothing was said
 */
function readField(field, names, path) {
  const value = readSaid(field, names, path);
  const said = field.dataset["said"];
  return value === undefined && said !== undefined ? JSON.parse(said) : value;
}

/**
 * @param {HTMLElement} field
 * @param {Names} names
 * @param {string} path
 * @returns {any}
 */
function readSaid(field, names, path) {
  switch (field.dataset["kind"]) {
    case "object":
      if (field.dataset["key"] !== "count") field.dataset["field"] = path; // its words have the name
      return orNothing(readFields(field, names, path));
    case "list":
      field.dataset["field"] = path;
      return readList(field, names, path);
    case "map":
      field.dataset["field"] = path;
      return orNothing(readMap(field));
    case "words":
      return readWords(field, path);
    case "source":
      return readSource(field, names, path);
    case "flag":
      return named(field, path) instanceof HTMLInputElement && checkbox(field).checked ? true : undefined;
    default:
      return readControl(field, names, path);
  }
}

/**
 * @param {HTMLElement} field
 * @param {Names} names
 * @param {string} path
 * @returns {any}
 */
function readControl(field, names, path) {
  const control = named(field, field.dataset["key"] === "verbatim" ? path.replace(/\.verbatim$/, "") : path);
  const text = control.value;
  if (text.trim() === "") return undefined;
  if (field.dataset["kind"] === "name") return slugOf(names, text);
  if (field.dataset["kind"] === "date") return text.trim();
  if (field.dataset["kind"] === "whole") return /^-?[0-9]{1,15}$/.test(text.trim()) ? Number(text.trim()) : text;
  return text;
}

/**
 * @param {Record<string, any>} found
 * @returns {Record<string, any> | undefined}
 */
function orNothing(found) {
  return Object.keys(found).length ? found : undefined;
}

/**
 * @param {HTMLElement} field
 * @param {Names} names
 * @param {string} path
 * @returns {any[] | undefined}
 */
function readList(field, names, path) {
  /** @type {any[]} */
  const found = [];
  for (const entry of entriesOf(field)) {
    const [item] = fieldsOf(entry);
    if (item === undefined) continue;
    const value = readField(item, names, `${path}.${found.length}`);
    if (value !== undefined) found.push(value);
  }
  return found.length ? found : undefined;
}

/**
 * @param {HTMLElement} field
 * @returns {Record<string, any>}
 */
function readMap(field) {
  /** @type {Record<string, any>} */
  const found = {};
  for (const entry of entriesOf(field)) {
    const name = part(entry, "name")?.value ?? "";
    const value = part(entry, "value")?.value ?? "";
    const type = part(entry, "type")?.value ?? "text";
    if (name === "" && value === "") continue;
    found[name] = typed(type, value);
  }
  return found;
}

/**
 * @param {string} type
 * @param {string} value
 * @returns {any}
 */
function typed(type, value) {
  if (type === "whole") return /^-?[0-9]{1,15}$/.test(value.trim()) ? Number(value.trim()) : value;
  if (type === "decimal") return { decimal: value.trim() };
  if (type === "true" || type === "false") return type === "true";
  return type === "null" ? null : value;
}

/**
 * @param {any} value
 * @returns {[string, string]} its type and what is typed for it
 */
function untyped(value) {
  if (value === null) return ["null", ""];
  if (typeof value === "boolean") return [String(value), ""];
  if (typeof value === "number") return ["whole", String(value)];
  return typeof value === "object" ? ["decimal", value.decimal] : ["text", String(value)];
}

/**
 * @param {HTMLElement} field
 * @param {string} path
 * @returns {string[] | undefined} checked words, and those filled in that are of no list
 */
function readWords(field, path) {
  field.dataset["field"] = path;
  field.tabIndex = -1;
  const checked = [...field.querySelectorAll("input")].filter((each) => each.checked).map((each) => each.value);
  const found = [...checked, ...JSON.parse(field.dataset["others"] ?? "[]")];
  return found.length ? found : undefined;
}

/**
 * @param {HTMLElement} field
 * @param {Names} names
 * @param {string} path
 * @returns {any}
 */
function readSource(field, names, path) {
  const unnamed = field.querySelector("[data-unnamed]");
  const name = field.querySelector("[data-named] input");
  if (!(name instanceof HTMLInputElement) || !(unnamed instanceof HTMLElement)) return undefined;
  delete field.dataset["field"];
  name.name = anonymity(field).checked ? "" : path;
  if (anonymity(field).checked) field.dataset["field"] = path;
  if (anonymity(field).checked) return orNothing(readFields(unnamed, names, path));
  return name.value.trim() === "" ? undefined : slugOf(names, name.value);
}

/**
 * Fill in fields from a document, and empty those that it does not have.
 * @param {Element} within
 * @param {Record<string, any>} document
 * @param {Names} names
 */
export function fillFields(within, document, names) {
  for (const field of fieldsOf(within)) {
    const value = document[field.dataset["key"] ?? ""];
    fillField(field, value, names);
    if (value !== undefined && field.dataset["key"] !== "id") for (let e = field.closest("details"); e; e = e.parentElement?.closest("details") ?? null) e.open = true;
  }
}

/**
 * @param {HTMLElement} field
 * @param {any} value
 * @param {Names} names
 */
function fillField(field, value, names) {
  if (value === null || value === false || (typeof value === "object" && Object.keys(value).length === 0)) {
    field.dataset["said"] = JSON.stringify(value);
  } else delete field.dataset["said"];
  switch (field.dataset["kind"]) {
    case "object":
      return fillFields(field, value ?? {}, names);
    case "list":
      return fillList(field, value ?? [], names);
    case "map":
      return fillMap(field, value ?? {});
    case "words":
      return fillWords(field, value ?? []);
    case "source":
      return fillSource(field, value, names);
    case "flag":
      checkbox(field).checked = value === true;
      return;
    default:
      return fillControl(field, value, names);
  }
}

/**
 * @param {HTMLElement} field
 * @param {any} value
 * @param {Names} names
 */
function fillControl(field, value, names) {
  const control = controlOf(field);
  const text = value === undefined || value === null ? "" : String(value);
  if (control instanceof HTMLSelectElement && ![...control.options].some((each) => each.value === text)) {
    control.add(new Option(text, text));
  }
  control.value = field.dataset["kind"] === "name" ? nameOf(names, text) : text;
}

/**
 * @param {HTMLElement} field
 * @param {any[]} values
 * @param {Names} names
 */
function fillList(field, values, names) {
  for (const entry of entriesOf(field)) entry.remove();
  for (const value of values) {
    const [item] = fieldsOf(addEntry(field));
    if (item !== undefined) fillField(item, value, names);
  }
}

/**
 * @param {HTMLElement} field
 * @param {Record<string, any>} values
 */
function fillMap(field, values) {
  for (const entry of entriesOf(field)) entry.remove();
  for (const [name, value] of Object.entries(values)) {
    const entry = addEntry(field);
    const [type, text] = untyped(value);
    for (const [of, said] of /** @type {[string, string][]} */ ([["name", name], ["type", type], ["value", text]])) {
      const control = part(entry, of);
      if (control) control.value = said;
    }
  }
}

/**
 * @param {HTMLElement} field
 * @param {string[]} values
 */
function fillWords(field, values) {
  const boxes = [...field.querySelectorAll("input")];
  for (const box of boxes) box.checked = values.includes(box.value);
  field.dataset["others"] = JSON.stringify(values.filter((each) => !boxes.some((box) => box.value === each)));
}

/**
 * @param {HTMLElement} field
 * @param {any} value
 * @param {Names} names
 */
function fillSource(field, value, names) {
  const unnamed = field.querySelector("[data-unnamed]");
  const name = field.querySelector("[data-named] input");
  const anonymous = typeof value === "object" && value !== null;
  anonymity(field).checked = anonymous;
  if (unnamed) fillFields(unnamed, anonymous ? value : {}, names);
  if (name instanceof HTMLInputElement) name.value = anonymous || value === undefined ? "" : nameOf(names, value);
  showSource(field);
}

/**
 * Show the fields of a source that has a name, or of one that has none.
 * @param {HTMLElement} field
 */
export function showSource(field) {
  const anonymous = anonymity(field).checked;
  for (const [name, hidden] of /** @type {[string, boolean][]} */ ([["named", anonymous], ["unnamed", !anonymous]])) {
    const found = field.querySelector(`[data-${name}]`);
    if (found instanceof HTMLElement) found.hidden = hidden;
  }
}

/**
 * Add an entry to a list; a figure gets the next free number, a part of one that of the whole before it.
 * @param {HTMLElement} field
 * @returns {HTMLElement} the entry
 */
export function addEntry(field) {
  const template = [...field.children].find((each) => each instanceof HTMLTemplateElement);
  const list = listOf(field);
  if (!(template instanceof HTMLTemplateElement) || !list) throw new Error("a list has a template");
  const copy = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  const entry = /** @type {HTMLElement} */ (copy.firstElementChild);
  number(copy, String((entries += 1)));
  list.append(copy);
  giveId(field, entry);
  return entry;
}

/**
 * @param {HTMLElement} list
 * @param {HTMLElement} entry
 */
function giveId(list, entry) {
  const [item] = fieldsOf(entry);
  const own = item && fieldsOf(item).find((each) => each.dataset["key"] === "id");
  if (!own) return;
  const whole = list.parentElement?.closest("[data-kind=object]");
  const above = whole && fieldsOf(whole).find((each) => each.dataset["key"] === "id");
  const before = above ? `${controlOf(above).value}.` : "";
  const taken = new Set([...list.querySelectorAll("[data-key=id] input")].map((each) => /** @type {HTMLInputElement} */ (each).value));
  let next = 1;
  while (taken.has(`${before}${next}`)) next += 1;
  controlOf(own).value = `${before}${next}`;
}

/**
 * Put a number into the ids of a copy, and into what refers to them; templates within keep theirs open.
 * @param {DocumentFragment} copy
 * @param {string} made
 */
function number(copy, made) {
  for (const element of copy.querySelectorAll("[id], [for], [aria-describedby]")) {
    for (const name of ["id", "for", "aria-describedby"]) {
      const value = element.getAttribute(name);
      if (value?.includes(COUNTER)) element.setAttribute(name, value.replaceAll(COUNTER, made));
    }
  }
}

/**
 * @param {HTMLElement} field
 * @returns {HTMLElement | undefined}
 */
function listOf(field) {
  return /** @type {HTMLElement | undefined} */ ([...field.children].find((each) => each instanceof HTMLOListElement));
}

/**
 * @param {HTMLElement} field
 * @returns {HTMLElement[]}
 */
export function entriesOf(field) {
  return /** @type {HTMLElement[]} */ ([...(listOf(field)?.children ?? [])]);
}

/**
 * @param {HTMLElement} entry
 * @param {string} name
 * @returns {HTMLInputElement | HTMLSelectElement | null}
 */
function part(entry, name) {
  return entry.querySelector(`[data-part="${name}"]`);
}

/**
 * @param {HTMLElement} field
 * @returns {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement}
 */
export function controlOf(field) {
  const found = field.querySelector("input, select, textarea");
  if (!found) throw new Error("a field has a control");
  return /** @type {HTMLInputElement} */ (found);
}

/**
 * @param {HTMLElement} field
 * @param {string} path
 * @returns {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement}
 */
function named(field, path) {
  const control = controlOf(field);
  control.name = path;
  return control;
}

/**
 * @param {HTMLElement} field
 * @returns {HTMLInputElement}
 */
function checkbox(field) {
  return /** @type {HTMLInputElement} */ (controlOf(field));
}

/**
 * @param {HTMLElement} field
 * @returns {HTMLInputElement}
 */
function anonymity(field) {
  return /** @type {HTMLInputElement} */ (field.querySelector("[data-anonymous]"));
}
