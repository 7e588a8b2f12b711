// A chart as PNG, made in the browser from its SVG file; and the code of a frame, copied.

/** Pixels of the picture to one of the drawing. */
const SCALE = 2;

/** @param {string} address @returns {Promise<HTMLImageElement>} */
async function drawn(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(String(answer.status));
  const image = new Image();
  const source = URL.createObjectURL(new Blob([await answer.text()], { type: "image/svg+xml" }));
  try {
    image.src = source;
    await image.decode();
  } finally {
    URL.revokeObjectURL(source);
  }
  return image;
}

/** @param {HTMLImageElement} image @returns {Promise<Blob>} */
function painted(image) {
  const canvas = document.createElement("canvas");
  canvas.width = image.naturalWidth * SCALE;
  canvas.height = image.naturalHeight * SCALE;
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done, failed) => {
    canvas.toBlob((blob) => (blob === null ? failed(new Error("empty")) : done(blob)), "image/png");
  });
}

/** @param {Blob} blob @param {string} name */
function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** @param {HTMLElement} button */
async function download(button) {
  const failed = button.closest(".sharing")?.querySelector("[data-failed]");
  if (failed instanceof HTMLElement) failed.hidden = true;
  try {
    save(await painted(await drawn(button.dataset.png || "")), button.dataset.name || "");
  } catch {
    if (!(failed instanceof HTMLElement)) return;
    failed.textContent = failed.dataset.failed || "";
    failed.hidden = false;
  }
}

/** @param {HTMLElement} button */
async function copy(button) {
  const code = document.getElementById(button.dataset.copies || "");
  if (!(code instanceof HTMLTextAreaElement)) return;
  code.select();
  try {
    await navigator.clipboard.writeText(code.value);
  } catch {
    if (!document.execCommand("copy")) return;
  }
  button.textContent = button.dataset.done || "";
}

function attach() {
  for (const each of document.querySelectorAll("[data-png], [data-copies]")) if (each instanceof HTMLElement) each.hidden = false;
}

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-png], [data-copies]") : null;
  if (!(button instanceof HTMLElement)) return;
  void ("png" in button.dataset ? download(button) : copy(button));
});
document.addEventListener("knownwhen:replaced", attach);
attach();
