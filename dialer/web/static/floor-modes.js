/** How debt kinds are called from now on: one of them, or none at all any more. */

import { send } from "./api.js";

/** @param {string} id @returns {any} */
const by = (id) => document.getElementById(id);

/** What the dialog is about. @type {{debts: string[], stops: boolean}} */
let about = { debts: [], stops: false };

/** @returns {Record<string, string>} */
export function modeNames() {
  const labels = [...by("mode-choices").querySelectorAll("label")];
  return Object.fromEntries(labels.map((label) => [label.querySelector("input").value, label.textContent.trim()]));
}

/** @param {any} debt */
export function openModes(debt) {
  open([debt.key], false, `${debt.name}の発信の方法`, "変更は数秒で反映します。通話中の電話はそのまま続きます。");
  const now = by("mode-form").querySelector(`input[value="${CSS.escape(debt.mode)}"]`);
  if (now) now.checked = true;
}

/** @param {any[]} debts */
export function openStop(debts) {
  const keys = debts.filter((one) => one.mode !== "paused").map((one) => one.key);
  open(keys, true, "すべての科目を休止", "新しい架電を止めます。呼び出し中と通話中の電話はそのまま続きます。再開は科目ごとに行います。");
}

/** @param {string[]} debts @param {boolean} stops @param {string} title @param {string} text */
function open(debts, stops, title, text) {
  about = { debts, stops };
  by("mode-form").reset();
  by("dialog-title").textContent = title;
  by("dialog-text").textContent = text;
  by("dialog-wrong").textContent = "";
  by("mode-choices").hidden = stops;
  by("change").textContent = stops ? "休止する" : "変更する";
  by("dialog").showModal();
  by("reason").focus();
}

by("close").addEventListener("click", () => by("dialog").close());

by("mode-form").addEventListener("submit", async (/** @type {Event} */ event) => {
  event.preventDefault();
  const form = new FormData(by("mode-form"));
  const mode = about.stops ? "paused" : form.get("mode");
  try {
    await send("/floor/modes", { debts: about.debts, mode, reason: form.get("reason") });
    by("dialog").close();
  } catch (refused) {
    by("dialog-wrong").textContent = /** @type {Error} */ (refused).message;
  }
});
