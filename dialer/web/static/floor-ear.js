/** Hearing a talk through the own seat: to listen, to speak to the operator alone, to speak to both. */

import { send } from "./api.js";
import { by } from "./desk-dom.js";
import { own } from "./floor-own.js";

const HEARD = new Set(["talking", "reserved", "wrap_up", "free"]);

/** Whose talk is heard now. @type {string | null} */
let to = null;

/**
 * Whoever has no seat of their own, or takes calls at it, cannot listen and sees no button.
 * @param {HTMLTableCellElement} cell @param {any} one @param {any[]} operators
 */
export function listenButton(cell, one, operators) {
  const mine = own(operators);
  const can = mine?.state === "paused" && mine.leg === "up" && mine !== one && one.leg === "up" && HEARD.has(one.state);
  let button = cell.querySelector("button");
  if (!can) {
    button?.remove();
    return;
  }
  if (!button) {
    button = document.createElement("button");
    button.type = "button";
    button.textContent = "聴く";
    button.addEventListener("click", () => act(one.phone, "listen"));
    cell.append(button);
  }
  button.setAttribute("aria-label", `${one.phone} ${one.name ?? ""} の通話を聴く`);
}

/** @param {any[]} operators */
export function showEar(operators) {
  const mine = own(operators);
  to = mine?.listens_to ?? null;
  by("ear").hidden = !to;
  const other = operators.find((one) => one.phone === to);
  if (other) by("ear-who").textContent = `${other.phone} ${other.name ?? ""}`;
  for (const button of by("ear").querySelectorAll("[data-how]")) {
    const pressed = String(button.dataset.how === mine?.listens_how);
    if (button.getAttribute("aria-pressed") !== pressed) button.setAttribute("aria-pressed", pressed);
  }
}

/** @param {string | null} phone @param {string} [how] */
async function act(phone, how) {
  let answer;
  try {
    const told = await send("/floor/listen", phone ? { to: phone, how } : {});
    answer = told.ok ? "" : told.answer;
  } catch (refused) {
    answer = /** @type {Error} */ (refused).message;
  }
  by("refused").hidden = !answer;
  by("refused").textContent = answer;
}

for (const button of by("ear").querySelectorAll("[data-how]")) {
  button.addEventListener("click", () => act(to, button.dataset.how));
}
by("ear-stop").addEventListener("click", () => act(null));
