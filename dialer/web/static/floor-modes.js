/** How debt kinds are called from now on: one of them, or none at all any more; and how many persons may be left alone. */

import { send } from "./api.js";
import { by } from "./desk-dom.js";
import { dialog, wrongOf } from "./floor-dialog.js";

/** @type {Record<string, string>} */
export const modeNames = JSON.parse(by("debts").dataset.modes);

export const maySupervise = Boolean(by("mode-dialog"));

/** What the dialog is about. @type {{debts: string[], stops: boolean}} */
let about = { debts: [], stops: false };

const box = dialog("mode-dialog", () => {
  const form = new FormData(by("mode-form"));
  const mode = about.stops ? "paused" : form.get("mode");
  return wrongOf(send("/floor/modes", { debts: about.debts, mode, reason: form.get("reason") }));
});

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
  by("mode-title").textContent = title;
  by("mode-text").textContent = text;
  by("mode-choices").hidden = stops;
  by("change").textContent = stops ? "休止する" : "変更する";
  box.open();
  by("reason").focus();
}

const aim = dialog("target-dialog", () => {
  const form = new FormData(by("target-form"));
  const target = form.get("target");
  if (target === null) return Promise.resolve("目標を選んでください。");
  return wrongOf(send("/floor/target", { target: target === "" ? null : Number(target), reason: form.get("reason") }));
});

/** @param {number} share */
export const percent = (share) => `${(100 * share).toFixed(1)}%`;

/** For whoever may, a button. @param {number} target */
export function showTarget(target) {
  const words = `放棄率の目標：${percent(target)}`;
  const shown = by("target").firstElementChild ?? by("target");
  if (shown.textContent !== words) shown.textContent = words;
}

if (by("target-dialog")) {
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-haspopup", "dialog");
  button.addEventListener("click", () => {
    by("target-form").reset();
    aim.open();
    by("target-reason").focus();
  });
  by("target").append(button);
}
