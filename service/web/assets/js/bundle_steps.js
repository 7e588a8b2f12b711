/**
 * The steps of checking a bundle in a browser, by WebCrypto. Each finds `good`, `bad`, `unable` (this browser cannot) or
 * `none` (there is nothing to check), and values for its sentence. The facts are not folded here: `knownwhen verify` does.
 */

import {
  NotInForm, bytesOfHex, canonical, hashOfBase64, hex, joined, list, members, parseCanonical, parseCheckpoint, parseKey,
  parseNote, position, same, string, textOf, unpacked, utf8,
} from "./bundle_bytes.js";
import { continues, leafHash, rootOfSeveral, sha256 } from "./merkle.js";

/** @typedef {import("./bundle_bytes.js").Bytes} Bytes */
/** @typedef {import("./bundle_bytes.js").Members} Members */
/** @typedef {"good" | "bad" | "unable" | "none"} Found */
/** @typedef {{found: Found, values?: Record<string, string | number>}} Result */
/** @typedef {{position: number, stream: string, version: number, topic: string, commitment: Bytes, entry: Bytes, state: string, salt: Bytes}} Fact */
/**
 * @typedef {{receipt: Members, document: string, facts: Fact[], publication: number | null, inclusion: Bytes[],
 *   consistency: Bytes[], checkpoint: string, keys: unknown[]}} Bundle
 */
/** @typedef {{cited: string, view: string}} Cited the digest that the page cites, and the view that it is of */

const MEMBERS = "checkpoint consistency document facts inclusion keys kind publication receipt v";
const OF_RECEIPT = "digest incident inputs log origin policy position reported_until root v view";
const OF_ENTRY = "at id n parts stream topic v version";
const NAMESPACE = "8f2c6f0e94a55d0b9d0e2f1f5a8a7c11";
const ED25519 = 1;

/** Whether this browser can compute anything here: on pages that were not fetched by HTTPS it cannot. */
export const able = Boolean(globalThis.crypto?.subtle && globalThis.DecompressionStream);

/** Reads a bundle, compressed or plain. @param {Bytes} data @returns {Promise<Bundle>} */
export async function readBundle(data) {
  const plain = data[0] === 0x1f && data[1] === 0x8b ? await unpacked(data) : data;
  const given = members(parseCanonical(textOf(plain)), MEMBERS);
  if (given.kind !== "knownwhen-bundle" || given.v !== 1) throw new NotInForm("version 1");
  return {
    receipt: readReceipt(string(given.receipt)),
    document: string(given.document),
    facts: list(given.facts).map(readFact),
    publication: given.publication === null ? null : position(given.publication),
    inclusion: list(given.inclusion).map(hashOfBase64),
    consistency: list(given.consistency).map(hashOfBase64),
    checkpoint: string(given.checkpoint),
    keys: list(given.keys),
  };
}

/** @param {string} text */
function readReceipt(text) {
  const receipt = members(parseCanonical(text), OF_RECEIPT);
  for (const name of ["digest", "incident", "log", "origin", "policy", "root", "view"]) string(receipt[name]);
  position(receipt.position);
  Object.values(members(receipt.inputs)).forEach(position);
  return receipt;
}

/** @param {unknown} value @returns {Fact} */
function readFact(value) {
  const given = members(value, "entry salt state");
  const entry = members(parseCanonical(string(given.entry)), OF_ENTRY);
  const parts = members(entry.parts);
  return {
    position: position(entry.n),
    stream: string(entry.stream),
    version: position(entry.version),
    topic: string(entry.topic),
    commitment: bytesOfHex(parts.state, 32),
    entry: utf8(string(given.entry)),
    state: string(given.state),
    salt: bytesOfHex(given.salt, 32),
  };
}

/** Checks a bundle step by step. @param {Bundle} bundle @param {Cited | null} cited @param {(step: string, result: Result) => void} tell */
export async function checkBundle(bundle, cited, tell) {
  /** @type {[string, () => Promise<Result> | Result][]} */
  const steps = [
    ["signature", () => signature(bundle)],
    ["contents", () => contents(bundle)],
    ["inclusion", () => inclusion(bundle)],
    ["consistency", () => consistency(bundle)],
    ["completeness", () => completeness(bundle)],
    ["publication", () => publication(bundle)],
    ["digest", () => digest(bundle)],
    ["page", () => citation(bundle, cited)],
  ];
  for (const [step, check] of steps) {
    try {
      tell(step, await check());
    } catch {
      tell(step, { found: "bad", values: {} });
    }
  }
}

/** @param {boolean} holds @param {Record<string, string | number>} [values] @returns {Result} */
const told = (holds, values = {}) => ({ found: holds ? "good" : "bad", values });

/** @param {Bundle} bundle */
const checkpointOf = (bundle) => parseCheckpoint(parseNote(bundle.checkpoint).text);

/** Checks that the checkpoint is of the receipt's log, and signed by one of the keys that came along. @param {Bundle} bundle @returns {Promise<Result>} */
async function signature(bundle) {
  const note = parseNote(bundle.checkpoint);
  const { origin, size } = parseCheckpoint(note.text);
  if (bundle.receipt.origin !== `knownwhen/${bundle.receipt.log}` || origin !== bundle.receipt.origin) return told(false);
  /** @type {string[]} */
  const signed = [];
  for (const key of bundle.keys.map(parseKey)) {
    if (key.kind !== ED25519 || key.name !== origin) continue;
    const named = await sha256(joined(utf8(`${key.name}\n`), Uint8Array.of(key.kind), key.public));
    if (hex(named.slice(0, 4)) !== key.id) return told(false);
    const own = note.signatures.filter((each) => each.name === key.name && each.id === key.id);
    if (own.length > 1) return told(false);
    for (const each of own) {
      const holds = await verified(key.public, each.payload, utf8(note.text));
      if (holds === null) return { found: "unable" };
      if (!holds) return told(false);
      signed.push(key.id);
    }
  }
  return told(signed.length > 0, { size, origin, key: signed.join(" ") });
}

/** Says whether a signature is one of a message; null where this browser has no Ed25519. @param {Bytes} key @param {Bytes} payload @param {Bytes} message */
async function verified(key, payload, message) {
  try {
    const imported = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", imported, payload, message);
  } catch (error) {
    if (error instanceof DOMException && error.name === "NotSupportedError") return null;
    return false;
  }
}

/** Checks that each state is what its entry commits to (HMAC-SHA-256). @param {Bundle} bundle @returns {Promise<Result>} */
async function contents(bundle) {
  const named = utf8("knownwhen/v1/state\0");
  for (const fact of bundle.facts) {
    const key = await crypto.subtle.importKey("raw", fact.salt, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    const made = await crypto.subtle.sign("HMAC", key, joined(named, utf8(fact.state)));
    if (!same(new Uint8Array(made), fact.commitment)) return told(false, { position: fact.position });
  }
  return told(true, { facts: bundle.facts.length });
}

/** @param {Bundle} bundle @returns {Promise<Result>} */
async function inclusion(bundle) {
  const { size, root } = checkpointOf(bundle);
  const ordered = bundle.facts.every((each, at) => at === 0 || bundle.facts[at - 1].position < each.position);
  if (!ordered) return told(false);
  /** @type {[number, Bytes][]} */
  const leaves = [];
  for (const fact of bundle.facts) leaves.push([fact.position - 1, await leafHash(fact.entry)]);
  const found = await rootOfSeveral(leaves, size, bundle.inclusion);
  return told(found !== null && same(found, root), { facts: leaves.length });
}

/** @param {Bundle} bundle @returns {Promise<Result>} */
async function consistency(bundle) {
  const { size, root } = checkpointOf(bundle);
  const at = position(bundle.receipt.position);
  return told(await continues(size, root, at, hashOfBase64(bundle.receipt.root), bundle.consistency), { position: at });
}

/** Checks that each stream is there from its first version to the last that the receipt names. @param {Bundle} bundle @returns {Promise<Result>} */
async function completeness(bundle) {
  const inputs = bundle.facts.filter((each) => each.position !== bundle.publication);
  const named = /** @type {Record<string, number>} */ (bundle.receipt.inputs);
  /** @type {Map<string, number>} */
  const seen = new Map();
  for (const fact of inputs) {
    const before = seen.get(fact.stream) ?? 0;
    if (fact.version !== before + 1) return told(false);
    seen.set(fact.stream, fact.version);
  }
  const streams = Object.keys(named);
  const whole = streams.length === seen.size && streams.every((each) => seen.get(each) === named[each]);
  const last = inputs.length ? inputs[inputs.length - 1].position : 0;
  const own = Object.hasOwn(named, await ownStream(bundle));
  return told(whole && own && last === bundle.receipt.position, { streams: streams.length });
}

/** Returns the id of the incident's stream: UUIDv5 of `incident:SLUG` (RFC 9562 §5.5). @param {Bundle} bundle */
async function ownStream(bundle) {
  const name = joined(bytesOfHex(NAMESPACE, 16), utf8(`incident:${bundle.receipt.incident}`));
  const made = new Uint8Array(await crypto.subtle.digest("SHA-1", name)).slice(0, 16);
  made[6] = (made[6] & 0x0f) | 0x50;
  made[8] = (made[8] & 0x3f) | 0x80;
  return hex(made).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Checks that the publication records this very receipt, as the incident's next fact. @param {Bundle} bundle @returns {Promise<Result>} */
async function publication(bundle) {
  if (bundle.publication === null) return { found: "none" };
  const { receipt } = bundle;
  const fact = bundle.facts.find((each) => each.position === bundle.publication);
  const own = await ownStream(bundle);
  const next = /** @type {Record<string, number>} */ (receipt.inputs)[own] + 1;
  if (!fact || fact.stream !== own || fact.version !== next || fact.position <= position(receipt.position)) return told(false);
  const state = members(parseCanonical(fact.state));
  const names = ["view", "policy", "reported_until", "position", "root", "inputs", "digest"];
  const holds = names.every((name) => canonical(state[name] ?? null) === canonical(receipt[name] ?? null));
  return told(holds && fact.topic === "estimate_published.v1", { publication: bundle.publication });
}

/** @param {Bundle} bundle @returns {Promise<Result>} */
async function digest(bundle) {
  parseCanonical(bundle.document);
  const found = hex(await sha256(utf8(bundle.document)));
  return told(found === bundle.receipt.digest, { digest: found });
}

/** Checks that the page cites the answer that the bundle is of. @param {Bundle} bundle @param {Cited | null} cited @returns {Result} */
function citation(bundle, cited) {
  if (!cited || cited.view !== bundle.receipt.view) return { found: "none", values: { view: string(bundle.receipt.view) } };
  return told(cited.cited === bundle.receipt.digest, { view: cited.view });
}

