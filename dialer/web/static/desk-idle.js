/** The centre of the page while nobody is on the line: taking a seat, trying out the sound, what is left to be entered. */

import { by, dayAndTime, make, show } from "./desk-dom.js";
import { markKeys } from "./desk-keys.js";
import { look } from "./desk-bar.js";

/** @typedef {{takeSeat: (phone: string, seat: string) => void, open: (attempt: string) => void, dial: (number: number) => void, skip: (reason: string) => void}} Acts */

/** @param {any} snapshot @param {any} seats @param {import("./seat-audio.js").SeatAudio} audio @param {Acts} acts */
export function showIdle(snapshot, seats, audio, acts) {
  const { operator } = snapshot;
  const state = look(operator);
  const shown = ["idle", state, operator?.seat, operator?.pause_reason, operator?.leg_state, audio.state, snapshot.unfinished,
    snapshot.recent, snapshot.next?.case, operator ? null : seats];
  show("script", shown, () => {
    const parts = operator ? waiting(snapshot, state, audio, acts) : takingSeat(seats, acts);
    parts.forEach((part) => part instanceof HTMLElement && markKeys(part));
    return parts;
  });
}

/** @param {any} seats @param {Acts} acts */
function takingSeat(seats, acts) {
  if (!seats) return [make("h2", { id: "script-title", tabindex: -1, text: "着席" }), make("p", { text: "席を調べています。" })];
  const free = seats.filter((/** @type {any} */ one) => !one.account);
  const choice = make("select", { id: "seat-phone" },
    ...free.map((/** @type {any} */ one) => make("option", { value: one.phone, text: one.phone })));
  const way = (/** @type {string} */ value, /** @type {string} */ text, /** @type {boolean} */ checked) =>
    make("label", {}, make("input", { type: "radio", name: "seat-way", value, checked }), text);
  const form = make("form", { class: "desk-idle", novalidate: true },
    make("h2", { id: "script-title", tabindex: -1, text: "着席" }),
    free.length
      ? make("div", { class: "desk-row" }, make("label", { for: "seat-phone", text: "席" }), choice)
      : make("p", { class: "desk-error", text: "空いている席がありません。管理者に連絡してください。" }),
    make("fieldset", {}, make("legend", { text: "使う電話" }),
      make("div", { class: "desk-choices" }, way("browser", "この画面（ヘッドセット）", true), way("phone", "席の電話機", false))),
    make("p", { class: "desk-hint", text: "この画面を使うときは、マイクの使用を許可してください。" }),
    make("div", { class: "desk-row" }, make("button", { type: "submit", id: "take-seat", class: "desk-primary", text: "着席する", disabled: !free.length })),
  );
  form.addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    acts.takeSeat(choice.value, new FormData(form).get("seat-way")?.toString() ?? "browser");
  });
  return [form];
}

const WORDS = {
  paused: "休止中です。「受付を開始」を押すと通話がつながります。",
  free: "次の通話を待っています。",
  reserved: "まもなくつながります。",
  connecting: "通話の接続を準備しています。",
  fault: "通話の接続が切れました。自動で接続し直しています。",
  wrap_up: "結果を登録してください。",
  talking: "通話中です。案件を読み込んでいます。",
};

/** @param {any} snapshot @param {string} state @param {import("./seat-audio.js").SeatAudio} audio @param {Acts} acts */
function waiting(snapshot, state, audio, acts) {
  const { operator } = snapshot;
  const parts = [
    make("h2", { id: "script-title", tabindex: -1, text: snapshot.next ? "次の案件" : "待機" }),
    make("p", {}, make("b", { text: WORDS[/** @type {"free"} */ (state)] ?? "" })),
  ];
  if (snapshot.next) parts.push(...preview(acts));
  if (state === "paused" && operator.seat === "browser" && audio.phone) parts.push(make("h3", { text: "音声の確認" }), ...audio.check());
  parts.push(...talks("結果が未入力の通話", snapshot.unfinished, "入力する", acts), ...talks("最近の通話", snapshot.recent ?? [], "結果を見る・訂正", acts));
  return parts;
}

/** @param {any} one */
const nameOf = (one) => one.name || "案件のない着信";

/** @param {string} title @param {any[]} list @param {string} label @param {Acts} acts */
export function talks(title, list, label, acts) {
  if (!list.length) return [];
  return [
    make("h3", { text: `${title}（${list.length}件）` }),
    make("ul", { class: "desk-list" }, ...list.map((one) =>
      make("li", {},
        make("span", {}, make("b", { text: nameOf(one) }), `　${dayAndTime(one.ended_at)}${one.result ? `　${one.result}` : ""}`),
        make("button", { type: "button", text: label, "aria-label": `${nameOf(one)} ${label}`, onclick: () => acts.open(one.attempt) })))),
  ];
}

/** @param {Acts} acts */
function preview(acts) {
  const reason = make("input", { id: "skip-reason", type: "text", maxlength: 200 });
  const skip = () => {
    const words = reason.value.trim();
    by("skip-error").textContent = words ? "" : "見送る理由を書いてください";
    words ? acts.skip(words) : reason.focus();
  };
  return [
    make("p", { text: "左の内容を確認し、番号の「発信」を押してください。" }),
    make("div", { class: "desk-row" },
      make("label", { for: "skip-reason", text: "見送る理由" }), make("span", { class: "desk-grow" }, reason),
      make("button", { type: "button", text: "見送る", onclick: skip })),
    make("p", { class: "desk-error", id: "skip-error" }),
  ];
}
