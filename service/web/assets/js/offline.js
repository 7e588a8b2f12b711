/**
 * The copy in one file, before any other module: what is fetched comes from the documents within the file, and the
 * slider ends at the reading that was copied.
 */

const block = document.getElementById("offline-documents");
/** @type {Record<string, string>} the bytes of documents, as base64, by their address */
const documents = JSON.parse(block?.textContent || "{}");

/** @param {RequestInfo | URL} asked @returns {Promise<Response>} */
globalThis.fetch = async (asked) => {
  const address = asked instanceof Request ? asked.url : String(asked);
  const kept = Object.hasOwn(documents, address) ? documents[address] : null;
  if (kept === null) throw new TypeError(`not in this copy: ${address}`);
  const bytes = Uint8Array.from(atob(kept), (each) => each.charCodeAt(0));
  return new Response(bytes, { headers: { "Content-Type": "application/json" } });
};

const slider = document.querySelector("[data-clock=reported] input");
if (slider instanceof HTMLInputElement) slider.max = slider.value;
