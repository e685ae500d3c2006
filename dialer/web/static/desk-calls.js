/** What can be done to a call now. Buttons that the state does not allow are grey, and the server refuses them too. */

import { by, make } from "./desk-dom.js";

/** @param {any} operator */
const isBusy = (operator) => ["talking", "wrap_up"].includes(operator?.state);

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

/** @typedef {{key: string, name: string, hours: string | null, closed: string | null}} Department */

/** @param {any} operator @param {Department[]} departments @param {Order} order */
export function transferDrawer(operator, departments, order) {
  if (operator?.consulting) {
    const name = departments.find((one) => one.key === operator.consulting)?.name ?? operator.consulting;
    return [
      make("b", { text: `${name}と通話中です。対象者は保留音を聞いています。` }),
      make("button", { type: "button", class: "desk-primary", text: "つなぐ", onclick: () => order("complete_transfer") }),
      make("button", { type: "button", text: "転送をやめる", onclick: () => order("cancel_transfer") }),
    ];
  }
  if (!departments.length) return [make("span", { text: "この科目には転送先の設定がありません。管理者に相談してください。" })];
  const open = departments.filter((one) => !one.closed);
  const choices = make("select", { id: "transfer-to", "aria-label": "転送先", disabled: !open.length },
    ...open.map((one) => make("option", { value: one.key, text: one.hours ? `${one.name}（${one.hours}）` : one.name })),
    ...departments.filter((one) => one.closed).map((one) =>
      make("option", { value: one.key, disabled: true, text: `${one.name}（受付時間外・${one.hours}）` })));
  const to = (/** @type {string} */ how) => () => order("transfer", { to: choices.value, how });
  return [
    choices,
    make("button", { type: "button", class: "desk-primary", text: "先に話してからつなぐ", disabled: !open.length, onclick: to("attended") }),
    make("button", { type: "button", text: "すぐにつなぐ", disabled: !open.length, onclick: to("blind") }),
    ...departments.filter((one) => one.closed).map((one) => make("span", { class: "desk-closed", text: `${one.closed}。` })),
  ];
}
