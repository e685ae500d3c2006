/** What asks for an answer before anything else. Opened over the page; the page below stays as it is. */

import { by, make } from "./desk-dom.js";
import { ask } from "./desk-link.js";
import { OWN_PAUSES, PAUSES } from "./desk-bar.js";
import { keyList } from "./desk-keys.js";
import { talks } from "./desk-idle.js";

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

/** @param {(found: any) => void} choose */
export function askSearch(choose) {
  const words = make("input", { id: "search-words", type: "search", autocomplete: "off", maxlength: 60 });
  const told = make("p", { id: "search-told", role: "status" });
  const list = make("ul", {});
  const form = make("form", { class: "desk-idle" },
    make("label", { for: "search-words", text: "氏名・カナ・宛名番号・電話番号" }), words, make("button", { type: "submit", class: "desk-primary", text: "検索" }));
  form.addEventListener("submit", async (/** @type {Event} */ event) => {
    event.preventDefault();
    try {
      const { found, more } = await ask("POST", "/desk/search", { words: words.value.trim() });
      told.textContent = found.length ? `${found.length}件${more ? "（ほかにもあります。条件を足してください）" : ""}` : "見つかりません。";
      list.replaceChildren(...found.map((/** @type {any} */ one) =>
        make("li", { class: "desk-row" }, make("span", { class: "desk-grow", text: `${one.name}（${one.kana}）　${one.debt}　${one.state}` }),
          make("button", { type: "button", text: "開く", "aria-label": `${one.name} ${one.debt} を開く`, onclick: () => {
            by("dialog").close();
            choose(one.case);
          } }))));
    } catch (refused) {
      told.textContent = refused instanceof Error ? refused.message : "";
    }
  });
  openDialog("案件の検索", [form, told, list]);
  words.focus();
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
export function showMenu() {
  const token = document.querySelector('meta[name="token"]')?.getAttribute("content") ?? "";
  const button = (/** @type {string} */ action, /** @type {string} */ text) =>
    make("form", { method: "post", action }, make("input", { type: "hidden", name: "token", value: token }), make("button", { text }));
  openDialog("メニュー", [
    make("div", { class: "desk-dialog-buttons" }, button("/lock", "画面をロック"), button("/sign-out", "サインアウト"),
      make("a", { href: "/password", text: "パスワードの変更" })),
  ]);
}
