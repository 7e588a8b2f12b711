/**
 * The one script of the copy in one file: makes modules of the texts within the file, each after those that it imports,
 * and runs them. A page opened from a disk has no addresses that modules could import one another by.
 */

const whole = document.getElementById("offline-modules");
/** @type {{texts: [string, string][], entries: string[]}} */
const { texts, entries } = JSON.parse(whole?.textContent || "{}");
/** @type {Record<string, string>} */
const addresses = {};
for (const [name, text] of texts) {
  const linked = text.replace(/"kw:([^"]+)"/g, (_, imported) => JSON.stringify(addresses[imported]));
  addresses[name] = URL.createObjectURL(new Blob([linked], { type: "text/javascript" }));
}
for (const name of entries) await import(addresses[name]);

export {};
