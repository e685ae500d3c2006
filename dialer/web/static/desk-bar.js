/** The top bar: own state and how long, where calls go, what is connected. */

import { by, clock, say } from "./desk-dom.js";

export const PAUSES = {
  signed_in: "着席（受付前）", leg_lost: "通話の接続が切れました", page_gone: "画面から離れました", break: "休憩", meal: "食事", training: "研修", meeting: "打合せ",
  work: "事務作業", other: "その他",
};
export const OWN_PAUSES = /** @type {const} */ (["break", "meal", "training", "meeting", "work", "other"]);

const STATES = {
  none: ["－", "席についていません"],
  offline: ["－", "席についていません"],
  connecting: ["…", "接続しています"],
  paused: ["‖", "休止中"],
  free: ["◯", "待機中"],
  reserved: ["→", "つながります"],
  talking: ["☎", "通話中"],
  hold: ["‖", "保留中"],
  consulting: ["☎", "転送先と通話中"],
  wrap_up: ["△", "後処理中"],
  fault: ["✕", "通話の接続なし"],
};
const CAME_IN = { reserved: "着信：つながります", talking: "通話中（着信）" };
const PASSED = "転送を受けます";
const LATE_SECONDS = { talking: 600, hold: 60, wrap_up: 60 }; // the border turns thick

/** One word for what the page looks like. @param {any} operator @returns {keyof typeof STATES} */
export function look(operator) {
  if (!operator) return "none";
  if (operator.leg_state === "lost") return "fault";
  if (operator.state === "talking" && operator.consulting) return "consulting";
  if (operator.state === "talking" && operator.on_hold) return "hold";
  return operator.state in STATES ? operator.state : "none";
}

/** Why there will be a pause: what the operator chose, else a pause it is. @param {string} reason */
function pauseAfter(reason) {
  return OWN_PAUSES.includes(/** @type {"other"} */ (reason)) ? PAUSES[/** @type {"other"} */ (reason)] : "休止";
}

/** @param {any} snapshot */
export function showBar(snapshot) {
  const { operator } = snapshot;
  const state = look(operator);
  const desk = by("desk");
  const icon = STATES[state][0];
  const name = (snapshot.passed && state === "reserved" && PASSED) || (snapshot.caller && CAME_IN[/** @type {"reserved"} */ (state)]) || STATES[state][1];
  const reason = state === "paused" && operator.pause_reason ? `・${PAUSES[/** @type {"other"} */ (operator.pause_reason)] ?? ""}` : "";
  const after = ["talking", "wrap_up"].includes(operator?.state) && operator.pause_reason ? `\n（このあと${pauseAfter(operator.pause_reason)}）` : "";
  if (desk.dataset.state !== state || by("state-name").textContent !== name + reason + after) {
    desk.dataset.state = state === "consulting" ? "talking" : state;
    by("state-icon").textContent = icon;
    by("state-name").textContent = name + reason + after;
    say(name + reason + after);
  }
  by("city").textContent = snapshot.city.name;
  by("campaign").textContent = snapshot.campaign ?? "";
  showGroup(operator);
  by("today-calls").textContent = String(snapshot.today.calls);
  by("unfinished").hidden = snapshot.unfinished.length === 0;
  by("unfinished").textContent = `未入力 ${snapshot.unfinished.length}件`;
  by("search").hidden = !snapshot.can?.search;
  by("who").textContent = operator ? `${operator.phone} ${operator.name ?? snapshot.name}` : snapshot.name;
}

/** The group that is shown; none: nobody sits here. @type {string | null} */
let group = null;

/** Which debt kinds come to this desk. @param {any} operator */
function showGroup(operator) {
  const before = group;
  group = operator ? operator.group ?? "全科目" : null;
  by("group").textContent = by("group").title = operator?.group ? `担当 ${operator.group}` : "";
  if (before !== null && group !== null && group !== before) say(`担当が「${group}」に替わりました`);
}

const LONG_SECONDS = 60;

/** Who waits for an operator, and how long the first has. @param {any} line @param {number} now ms of the server */
function showLine(line, now) {
  const waits = line?.waiting ?? 0;
  by("line").dataset.waits = waits ? "yes" : "no";
  by("line-count").textContent = String(waits);
  const seconds = line?.since ? (now - Date.parse(line.since)) / 1000 : 0;
  by("line-time").textContent = waits ? `最長 ${clock(seconds)}` : "";
  by("line").dataset.late = waits && seconds > LONG_SECONDS ? "yes" : "no";
}

/** @param {any} snapshot @param {number} now ms of the server */
export function tick(snapshot, now) {
  showLine(snapshot.line, now);
  const { operator } = snapshot;
  const since = operator?.since ? (now - Date.parse(operator.since)) / 1000 : null;
  by("state-time").textContent = since === null ? "" : clock(since);
  const late = LATE_SECONDS[/** @type {"hold"} */ (look(operator))];
  by("desk").dataset.late = since !== null && late !== undefined && since > late ? "yes" : "no";
  const wrapUp = by("wrap-up");
  wrapUp.hidden = operator?.state !== "wrap_up";
  if (wrapUp.hidden || !operator.wrap_up_until) return;
  const left = (Date.parse(operator.wrap_up_until) - now) / 1000;
  wrapUp.dataset.overdue = left < 0 ? "yes" : "no";
  by("wrap-up-text").textContent = left < 0 ? "✕ 後処理 超過" : "△ 後処理 残り";
  by("wrap-up-time").textContent = clock(Math.abs(left));
}

const PHONES = {
  off: ["none", "未接続"], connecting: ["waiting", "接続中"], registered: ["good", "接続済み"], in_leg: ["good", "接続済み"],
  lost: ["bad", "切断"], refused: ["bad", "使えません"],
};

/** @param {boolean} isUp */
export function showLink(isUp) {
  health("link-health", isUp ? "good" : "bad", "画面", isUp ? "接続済み" : "切断");
}

const LEGS = { up: "in_leg", coming: "connecting", lost: "lost" };

/** @param {any} operator @param {string} sound the browser's telephone; who has another one is shown its leg */
export function showPhone(operator, sound) {
  const state = operator?.seat === "phone" ? (LEGS[/** @type {"up"} */ (operator.leg_state)] ?? "off") : sound;
  const [mark, words] = PHONES[/** @type {"off"} */ (state)] ?? PHONES.off;
  health("phone-health", mark, "通話", words);
}

/** @param {string} id @param {string} mark @param {string} what @param {string} words */
function health(id, mark, what, words) {
  const item = by(id);
  item.dataset.health = mark;
  item.childNodes[1].textContent = `${what} `;
  item.querySelector("b").textContent = words;
}
