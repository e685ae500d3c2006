/** What asks for an answer before anything else. Opened over the page; the page below stays as it is. */

import { by, make } from "./desk-dom.js";
import { OWN_PAUSES, PAUSES } from "./desk-bar.js";
import { keyList } from "./desk-keys.js";
import { talks } from "./desk-idle.js";
import { search } from "./desk-search.js";

/** @param {string} title @param {Node[]} parts */
export function openDialog(title, parts) {
  const dialog = by("dialog");
  dialog.replaceChildren(
    make("h2", { id: "dialog-title", text: title }), ...parts,
    make("p", { class: "desk-dialog-buttons" }, make("button", { type: "button", text: "閉じる", onclick: () => dialog.close() })),
  );
  if (!dialog.open) dialog.showModal();
}

/** @param {(reason: string) => void} choose */
export function askPause(choose) {
  const buttons = OWN_PAUSES.map((reason, place) =>
    make("button", { type: "button", text: PAUSES[reason], "data-digit": place + 1, onclick: () => {
      by("dialog").close();
      choose(reason);
    } }, make("kbd", { text: String(place + 1), "aria-hidden": "true" })));
  const list = make("div", { class: "desk-choices" }, ...buttons);
  list.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => list.querySelector(`[data-digit="${CSS.escape(event.key)}"]`)?.click());
  openDialog("休止の理由を選んでください", [list]);
}

/** @param {boolean} isOn @param {(isOn: boolean) => void} turn */
export function showKeys(isOn, turn) {
  const box = make("input", { type: "checkbox", id: "keys-on", checked: isOn, onchange: () => turn(box.checked) });
  openDialog("キーの一覧", [
    make("dl", { class: "desk-key-list" }, ...keyList()),
    make("p", {}, make("label", {}, box, "1文字のキーを使う")),
    make("p", { class: "desk-hint", text: "入力欄に文字を入れている間は働きません。" }),
  ]);
}

/** @param {any} snapshot @param {(attempt: string) => void} choose */
export function showUnfinished(snapshot, choose) {
  const acts = { open: (/** @type {string} */ attempt) => {
    by("dialog").close();
    choose(attempt);
  } };
  openDialog("結果が未入力の通話", talks("未入力", snapshot.unfinished, "入力する", /** @type {any} */ (acts)));
}

/** @param {string} title @param {string} label @param {Node[]} before @param {(found: number) => void} choose */
export function askSearch(title, label, before, choose) {
  openDialog(title, [...before, ...search(label, (found) => {
    by("dialog").close();
    choose(found);
  })]);
  by("search-words").focus();
}

/** Somebody else wrote meanwhile: what they wrote, and what becomes of ours. @param {any} theirs @param {() => void} keep @param {() => void} drop */
export function askStale(theirs, keep, drop) {
  const close = (/** @type {() => void} */ then) => () => {
    by("dialog").close();
    then();
  };
  openDialog("ほかの人が先に結果を登録しました", [
    make("p", {}, make("b", { id: "stale-theirs", text: theirs.name ?? "" }), `　${theirs.by ?? ""}`),
    theirs.note ? make("p", { text: theirs.note }) : make("p", { class: "desk-hint", text: "備考はありません。" }),
    make("p", { text: "あなたの入力はまだ登録していません。" }),
    make("p", { class: "desk-dialog-buttons" },
      make("button", { type: "button", class: "desk-primary", text: "理由を書いて訂正する", onclick: close(keep) }),
      make("button", { type: "button", text: "登録済みの結果のままにする", onclick: close(drop) })),
  ]);
}

/** What is of the account, not of the desk. */
/** @param {any} can */
export function showMenu(can) {
  const token = document.querySelector('meta[name="token"]')?.getAttribute("content") ?? "";
  const button = (/** @type {string} */ action, /** @type {string} */ text) =>
    make("form", { method: "post", action }, make("input", { type: "hidden", name: "token", value: token }), make("button", { text }));
  openDialog("メニュー", [
    make("div", { class: "desk-dialog-buttons" }, button("/lock", "画面をロック"), button("/sign-out", "サインアウト"),
      make("a", { href: "/password", text: "パスワードの変更" }),
      can?.supervise ? make("a", { href: "/floor", text: "現在の状況（管理者）" }) : null),
  ]);
}
