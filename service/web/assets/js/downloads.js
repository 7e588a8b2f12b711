/** The part `downloads`: its button prints the page. It is shown only here, as nothing else can print. */

function show() {
  for (const button of document.querySelectorAll("[data-print]")) button.removeAttribute("hidden");
}

document.addEventListener("click", (event) => {
  if (event.target instanceof Element && event.target.closest("[data-print]")) window.print();
});
document.addEventListener("knownwhen:replaced", show);
show();
