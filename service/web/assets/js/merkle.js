/** The Merkle tree over the log (RFC 6962 §2.1): leaves, nodes, and the two proofs that a bundle has. */

import { joined, same } from "./bundle_bytes.js";

/** @typedef {import("./bundle_bytes.js").Bytes} Bytes */
/** @typedef {[index: number, hash: Bytes][]} Leaves ascending, each index once */

/** @param {Bytes} bytes @returns {Promise<Bytes>} */
export const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

/** @param {Bytes} entry */
export const leafHash = (entry) => sha256(joined(Uint8Array.of(0), entry));

/** @param {Bytes} left @param {Bytes} right */
const node = (left, right) => sha256(joined(Uint8Array.of(1), left, right));

/** Returns the largest power of two below `size`: where a tree is split. @param {number} size */
function half(size) {
  let found = 1;
  while (found * 2 < size) found *= 2;
  return found;
}

/**
 * Returns the root of a tree of `size` leaves that has `leaves` and what `proof` stands for: the largest subtrees that
 * have none of them, from left to right. Null for a proof of another number of hashes, or a leaf beyond the tree.
 * @param {Leaves} leaves @param {number} size @param {Bytes[]} proof @returns {Promise<Bytes | null>}
 */
export async function rootOfSeveral(leaves, size, proof) {
  if (!leaves.length || leaves[leaves.length - 1][0] >= size) return null;
  const hashes = proof.values();
  const found = await subtree(leaves, 0, size, hashes);
  return hashes.next().done ? found : null;
}

/** @param {Leaves} leaves @param {number} start @param {number} size @param {Iterator<Bytes>} hashes @returns {Promise<Bytes | null>} */
async function subtree(leaves, start, size, hashes) {
  if (!leaves.length) {
    const next = hashes.next();
    return next.done ? null : next.value;
  }
  if (size === 1) return leaves[0][1];
  const cut = half(size);
  const behind = leaves.findIndex(([index]) => index >= start + cut);
  const count = behind < 0 ? leaves.length : behind;
  const left = await subtree(leaves.slice(0, count), start, cut, hashes);
  const right = left && (await subtree(leaves.slice(count), start + cut, size - cut, hashes));
  return left && right ? node(left, right) : null;
}

/**
 * Says whether `proof` shows that the tree `tree` of `size` leaves begins with that of `first` leaves (RFC 9162 §2.1.4.2).
 * @param {number} size @param {Bytes} tree @param {number} first @param {Bytes} earlier @param {Bytes[]} proof
 */
export async function continues(size, tree, first, earlier, proof) {
  if (first < 1 || first > size) return false;
  if (first === size) return !proof.length && same(tree, earlier);
  const whole = Number.isInteger(Math.log2(first));
  const steps = whole ? [earlier, ...proof] : proof;
  if (!steps.length) return false;
  let [place, last] = [BigInt(first - 1), BigInt(size - 1)];
  while (place & 1n) [place, last] = [place >> 1n, last >> 1n];
  let [old, made] = [steps[0], steps[0]];
  for (const sibling of steps.slice(1)) {
    if (last === 0n) return false;
    if (place & 1n || place === last) {
      [old, made] = [await node(sibling, old), await node(sibling, made)];
      while (place && !(place & 1n)) [place, last] = [place >> 1n, last >> 1n];
    } else {
      made = await node(made, sibling);
    }
    [place, last] = [place >> 1n, last >> 1n];
  }
  return last === 0n && same(old, earlier) && same(made, tree);
}
