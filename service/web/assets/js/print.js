/** Unfolds everything while the page is printed, and folds it again. */

/** @type {HTMLDetailsElement[]} */
let unfolded = [];

addEventListener("beforeprint", () => {
  unfolded = [...document.querySelectorAll("details:not([open])")].filter((each) => each instanceof HTMLDetailsElement);
  for (const each of unfolded) each.open = true;
});

addEventListener("afterprint", () => {
  for (const each of unfolded) each.open = false;
  unfolded = [];
});
