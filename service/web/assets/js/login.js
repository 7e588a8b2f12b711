/**
 * Exchanges a token for a session, whose cookie scripts cannot read; the token is kept nowhere. And ends the session.
 */

import { clearProblem, send, showProblem } from "./send.js";

const form = document.getElementById("login");
const button = document.getElementById("logout");

/** @param {HTMLFormElement} of */
async function signIn(of) {
  const input = /** @type {HTMLInputElement} */ (document.getElementById("token"));
  const token = input.value.trim().replace(/^Bearer\s+/i, "");
  clearProblem(of);
  if (!/^[!-~]+$/.test(token)) return input.focus();
  const answer = await send("POST", "/v1/session", undefined, { Authorization: `Bearer ${token}` });
  if (answer.problem) return showProblem(of, answer.problem);
  input.value = "";
  location.assign(of.dataset["next"] ?? "/");
}

if (form instanceof HTMLFormElement) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void signIn(form);
  });
}

button?.addEventListener("click", async () => {
  const answer = await send("DELETE", "/v1/session");
  if (answer.ok) location.assign(button.dataset["next"] ?? "/login");
});
