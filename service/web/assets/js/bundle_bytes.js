/**
 * Reads a bundle: gzip, canonical JSON (RFC 8785, whole numbers only), hexadecimal, base64, signed notes and their keys.
 * Whatever is not in its one form throws `NotInForm`.
 */

export class NotInForm extends Error {}

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */
/** @typedef {{[name: string]: unknown}} Members */
/** @typedef {{name: string, id: string, payload: Bytes}} Signature */
/** @typedef {{text: string, signatures: Signature[]}} Note */
/** @typedef {{name: string, id: string, kind: number, public: Bytes}} Key */
/** @typedef {{origin: string, size: number, root: Bytes}} Checkpoint */

const MOST_BYTES = 256 * 1024 * 1024;
const encoder = new TextEncoder();

/** @param {string} text @returns {Bytes} */
export const utf8 = (text) => encoder.encode(text);

/** @param {Bytes} bytes */
export function textOf(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new NotInForm("not UTF-8");
  }
}

/** Decompresses a whole gzip stream. @param {Bytes} packed @returns {Promise<Bytes>} */
export async function unpacked(packed) {
  const pieces = [];
  let size = 0;
  const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      size += read.value.length;
      if (size > MOST_BYTES) throw new NotInForm("too large");
      pieces.push(read.value);
    }
  } catch {
    throw new NotInForm("compression");
  }
  return joined(...pieces);
}

/** @param {Uint8Array[]} pieces @returns {Bytes} */
export function joined(...pieces) {
  const whole = new Uint8Array(pieces.reduce((size, each) => size + each.length, 0));
  let at = 0;
  for (const each of pieces) {
    whole.set(each, at);
    at += each.length;
  }
  return whole;
}

/** @param {Uint8Array} one @param {Uint8Array} other */
export const same = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);

/** @param {Uint8Array} bytes */
export const hex = (bytes) => [...bytes].map((each) => each.toString(16).padStart(2, "0")).join("");

/** Reads hexadecimal digits in lower case. @param {unknown} text @param {number} size @returns {Bytes} */
export function bytesOfHex(text, size) {
  const digits = string(text);
  if (digits.length !== 2 * size || !/^[0-9a-f]*$/.test(digits)) throw new NotInForm("hexadecimal");
  return Uint8Array.from({ length: size }, (_, at) => Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16));
}

/** Reads base64 in its one form. @param {unknown} text @returns {Bytes} */
export function bytesOfBase64(text) {
  const given = string(text);
  try {
    const raw = atob(given);
    if (btoa(raw) === given) return Uint8Array.from(raw, (each) => each.charCodeAt(0));
  } catch {
    // told below
  }
  throw new NotInForm("base64");
}

/** @param {unknown} text */
export function hashOfBase64(text) {
  const bytes = bytesOfBase64(text);
  if (bytes.length !== 32) throw new NotInForm("a hash");
  return bytes;
}

/** @param {unknown} value */
export function string(value) {
  if (typeof value !== "string") throw new NotInForm("text");
  return value;
}

/** @param {unknown} value */
export function position(value) {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 1) throw new NotInForm("a position");
  return value;
}

/** @param {unknown} value @returns {unknown[]} */
export function list(value) {
  if (!Array.isArray(value)) throw new NotInForm("a list");
  return value;
}

/** Returns an object that has exactly these members; `names` may be left out. @param {unknown} value @param {string} [names] */
export function members(value, names) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new NotInForm("an object");
  if (names !== undefined && Object.keys(value).sort().join(" ") !== names) throw new NotInForm("members");
  return /** @type {Members} */ (value);
}

/** Reads JSON that is in the form of RFC 8785, with whole numbers only. @param {string} text @returns {unknown} */
export function parseCanonical(text) {
  try {
    const value = JSON.parse(text);
    if (canonical(value) === text) return value;
  } catch {
    // told below
  }
  throw new NotInForm("canonical JSON");
}

/** @param {unknown} value @returns {string} */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const own = /** @type {Members} */ (value);
    return `{${Object.keys(own).sort().map((name) => `${canonical(name)}:${canonical(own[name])}`).join(",")}}`;
  }
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw new NotInForm("a whole number");
  if (typeof value === "string" && /\p{Surrogate}/u.test(value)) throw new NotInForm("a lone surrogate");
  return JSON.stringify(value);
}

/** Reads a signed note (C2SP signed-note). @param {string} whole @returns {Note} */
export function parseNote(whole) {
  const cut = whole.lastIndexOf("\n\n");
  if (/[\x00-\x09\x0b-\x1f\x7f]/.test(whole) || cut < 1 || !whole.endsWith("\n")) throw new NotInForm("a note");
  const lines = whole.slice(cut + 2, -1).split("\n");
  if (lines.length > 100) throw new NotInForm("signatures");
  return { text: whole.slice(0, cut + 1), signatures: lines.map(parseSignature) };
}

/** @param {string} line @returns {Signature} */
function parseSignature(line) {
  const found = /^— ([^ +\n]+) ([A-Za-z0-9+/]+={0,2})$/.exec(line);
  const raw = found ? bytesOfBase64(found[2]) : new Uint8Array();
  if (!found || raw.length <= 4) throw new NotInForm("a signature");
  return { name: found[1], id: hex(raw.slice(0, 4)), payload: raw.slice(4) };
}

/** Reads a public key, `name+id+base64`; whether the id is its own is not looked at. @param {unknown} text @returns {Key} */
export function parseKey(text) {
  const found = /^([^\s+]+)\+([0-9a-f]{8})\+(.*)$/.exec(string(text));
  const raw = found ? bytesOfBase64(found[3]) : new Uint8Array();
  if (!found || raw.length !== 33) throw new NotInForm("a key");
  return { name: found[1], id: found[2], kind: raw[0], public: raw.slice(1) };
}

/** Reads the text of a checkpoint (C2SP tlog-checkpoint). @param {string} text @returns {Checkpoint} */
export function parseCheckpoint(text) {
  const lines = text.split("\n");
  if (lines.length < 4 || lines.pop() !== "" || lines.includes("")) throw new NotInForm("a checkpoint");
  const size = Number(lines[1]);
  if (!/^(0|[1-9][0-9]*)$/.test(lines[1]) || !Number.isSafeInteger(size)) throw new NotInForm("a size");
  return { origin: lines[0], size, root: hashOfBase64(lines[2]) };
}
