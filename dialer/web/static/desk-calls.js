/** What can be done to a call now. Buttons that the state does not allow are grey, and the server refuses them too. */

import { by, make } from "./desk-dom.js";

/** @param {any} operator */
const isBusy = (operator) => ["talking", "wrap_up"].includes(operator?.state);

/** Another operator is about to pass a talk on to this seat. @param {any} snapshot */
export const isOffered = (snapshot) => snapshot?.operator?.state === "reserved" && Boolean(snapshot.passed);

/** @param {any} snapshot @param {boolean} isUp @returns {Set<string>} */
export function allowed(snapshot, isUp) {
  const operator = snapshot?.operator;
  const can = new Set(["keys", "unfinished", "search", "menu", "phone"]);
  if (!operator || !isUp) return can;
  if (isBusy(operator) && operator.pause_reason) can.add("ready");
  const add = (/** @type {string[]} */ ...acts) => acts.forEach((act) => can.add(act));
  switch (operator.state) {
    case "paused":
      add("leave", "pause");
      if (operator.leg_state === "up") add("ready", "dial");
      break;
    case "connecting":
      add("leave");
      break;
    case "free":
      add("pause", "dial");
      break;
    case "reserved":
      add("hang_up");
      break;
    case "talking":
      add("hang_up", "hold", "mute", "digits", "transfer", "help", "pause");
      if (!operator.on_hold && !operator.consulting && !snapshot.caller) add("voicemail", "fax", "announcement");
      break;
    case "wrap_up":
      add("help", "pause");
      if (!operator.extended) add("extend");
      break;
  }
  return can;
}

/** @param {any} snapshot @param {Set<string>} can */
export function showCalls(snapshot, can) {
  const { operator } = snapshot;
  for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("button[data-act]"))) {
    const act = button.dataset.act ?? "";
    button.disabled = !can.has(act);
  }
  toggle("hold", operator?.on_hold, "保留", "保留を解除");
  toggle("mute", operator?.muted, "消音", "消音を解除");
  toggle("help", operator?.help, "管理者を呼ぶ", "呼出しを取り消す");
  const pausesLater = isBusy(operator) && operator.pause_reason;
  toggle("hang_up", false, isOffered(snapshot) ? "転送を断る" : "通話を終える", "");
  toggle("ready", false, pausesLater ? "休止をやめる" : "受付を開始", "");
  toggle("pause", false, operator?.state === "paused" ? "休止の理由" : "休止", "");
  by("ready").hidden = operator?.state !== "paused" && !pausesLater;
  by("pause").hidden = !operator || ["offline", "connecting"].includes(operator.state);
  by("leave").hidden = !operator || !["paused", "connecting", "free"].includes(operator.state);
}

/** @param {string} act @param {boolean} isOn @param {string} off @param {string} on */
function toggle(act, isOn, off, on) {
  const button = /** @type {HTMLButtonElement} */ (document.querySelector(`button[data-act="${act}"]`));
  if (on) button.setAttribute("aria-pressed", String(Boolean(isOn)));
  const words = isOn ? on : off;
  if (button.firstChild?.textContent !== words) button.firstChild?.replaceWith(words);
}

/** @typedef {(kind: string, detail?: object) => void} Order */

/** @param {Order} order */
export function digitsDrawer(order) {
  const keys = [..."123456789*0#"].map((digit) =>
    make("button", { type: "button", text: digit, onclick: () => order("digits", { digits: digit }) }));
  return [make("span", { class: "desk-hint", text: "押した番号を相手に送ります。" }), ...keys];
}
