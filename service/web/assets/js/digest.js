/**
 * The part `cite`: copies the citation, and checks the digest. The browser asks the interface for the same document,
 * and makes the SHA-256 of the bytes of its `data`, which are in canonical form as they are sent.
 */

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target.closest("button") : null;
  if (!target) return;
  if (target.hasAttribute("data-copy") || target.hasAttribute("data-copy-text")) void copy(target);
  if (target.hasAttribute("data-run") && target.parentElement) void check(target.parentElement);
});
document.addEventListener("knownwhen:replaced", attach);
attach();

/** Shows what needs a script, and checks the digest once the part is looked at. */
function attach() {
  for (const each of document.querySelectorAll("[data-copies], [data-check]")) {
    if (each instanceof HTMLElement) each.hidden = false;
  }
  const whole = document.querySelector("[data-check]");
  if (!(whole instanceof HTMLElement)) return;
  const observer = new IntersectionObserver((seen) => {
    if (!seen.some((each) => each.isIntersecting)) return;
    observer.disconnect();
    void check(whole);
  });
  observer.observe(whole);
}

/** @param {HTMLButtonElement} button */
async function copy(button) {
  const row = button.closest("[data-copies]");
  const said = row?.querySelector("[role=status]");
  if (!(row instanceof HTMLElement) || !said) return;
  const from = button.dataset.copy ? document.querySelector(button.dataset.copy) : null;
  const text = from instanceof HTMLElement ? from.innerText.trim() : button.dataset.copyText || "";
  try {
    await navigator.clipboard.writeText(text.replace(/[\u2066-\u2069]/g, ""));
    said.textContent = row.dataset.copied || "";
  } catch {
    said.textContent = row.dataset.failed || "";
  }
}

/** @param {HTMLElement} whole */
async function check(whole) {
  const says = await verdict(whole.dataset.check || "", whole.dataset.digest || "");
  const template = whole.querySelector(`template[data-says=${says}]`);
  const place = whole.querySelector("[data-verdict]");
  if (!place || !(template instanceof HTMLTemplateElement)) return;
  place.replaceChildren(template.content.cloneNode(true));
  whole.dataset.found = says;
}

/** @param {string} address @param {string} digest @returns {Promise<"same" | "differs" | "unable" | "unreachable">} */
async function verdict(address, digest) {
  if (!globalThis.crypto?.subtle) return "unable";
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (!answer.ok) return "unreachable";
    const bytes = member(new Uint8Array(await answer.arrayBuffer()));
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const found = [...hash].map((each) => each.toString(16).padStart(2, "0")).join("");
    return found === digest ? "same" : "differs";
  } catch {
    return "unreachable";
  }
}

const [QUOTE, BACKSLASH, OPEN, CLOSE] = [0x22, 0x5c, 0x7b, 0x7d];

/** Returns the bytes of `data`, the first member of the envelope and an object: from its first brace to the one that ends it. */
function member(/** @type {Uint8Array<ArrayBuffer>} */ bytes) {
  const start = bytes.indexOf(OPEN, 1);
  let depth = 0;
  let inside = false;
  for (let at = start; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (inside && byte === BACKSLASH) at += 1;
    else if (byte === QUOTE) inside = !inside;
    else if (!inside && byte === OPEN) depth += 1;
    else if (!inside && byte === CLOSE && (depth -= 1) === 0) return bytes.slice(start, at + 1);
  }
  throw new Error("no data");
}
