/** Somebody has called us: which number, from where, and, while nobody knows who it is, how to find out. */

import { by, make, show, telephone } from "./desk-dom.js";
import { markKeys } from "./desk-keys.js";
import { personLine, search } from "./desk-search.js";

const UNKNOWN = { withheld: "番号の通知なし", unusable: "折り返せない番号" };

/** @typedef {{choose: (found: number | null) => void, change: () => void}} Acts */

/** @param {any} caller */
const from = (caller) => (caller.number ? telephone(caller.number) : UNKNOWN[/** @type {"withheld"} */ (caller.given)] ?? "番号を確認中");

/** Said at once to who does not see it. @param {any} caller of now @param {any} view */
export function announce(caller, view) {
  const who = view ? `${view.person.name} 様の案件です。` : caller?.matches.length > 1 ? `この番号の方が${caller.matches.length}人います。` : "どなたの案件か分かっていません。";
  const words = caller ? `着信です。${caller.debts.join("・")}。${who}` : "";
  if (by("arrival").textContent !== words) by("arrival").textContent = words;
}

/** @param {any} caller @param {any} view @param {boolean} isUp @param {Acts} acts */
export function showCaller(caller, view, isUp, acts) {
  by("caller").hidden = !caller;
  const words = caller ? `着信　${caller.debts.join("・") || "科目不明"}（${telephone(caller.dialled)}）あて　発信者 ${from(caller)}` : "";
  const found = !caller || view ? "" : "　どなたの案件か分かっていません。";
  if (by("caller-said").textContent !== words + found) by("caller-said").textContent = words + found;
  const mayChange = Boolean(caller?.changeable && view);
  show("caller-acts", [mayChange, isUp], () => mayChange ? [
    make("button", { type: "button", text: "案件を選び直す", "data-key": "c", "aria-haspopup": "dialog", disabled: !isUp, onclick: acts.change }),
    make("button", { type: "button", text: "案件なし", "data-key": "w", disabled: !isUp, onclick: () => acts.choose(null) }),
  ] : []);
  markKeys(by("caller-acts"));
}

/** The middle of the page until somebody has said whose case it is. @param {any} caller @param {Acts} acts */
export function showUnknown(caller, acts) {
  const { matches, greeting, number, given } = caller;
  show("script", ["caller", caller.call, matches, greeting, number, given], () => [
    make("h2", { id: "script-title", tabindex: -1, text: "着信：どなたからのお電話かを確かめる" }),
    greeting ? make("p", { class: "desk-say", text: greeting }) : null,
    make("p", {}, make("b", { text: why(caller) })),
    matches.length ? make("ul", { class: "desk-found", "aria-label": "この番号の方" },
      ...matches.map((/** @type {any} */ one) => personLine(one, one.state_name, "選ぶ", acts.choose))) : null,
    ...search("選ぶ", acts.choose),
    make("p", { class: "desk-quiet", text: "案件に関わらないお問い合わせは、下の分類を選んで登録します。Escで入力欄から出ると、キーが使えます。" }),
  ]);
}

/** @param {any} caller */
function why({ matches, number, given }) {
  if (matches.length > 1) return `この番号は、名簿の${matches.length}人のものです。お名前を伺って選んでください。`;
  if (matches.length === 1) return "この番号の方です。お名前を伺って、違うときは検索してください。";
  if (number) return `${telephone(number)} は名簿にありません。お名前を伺って検索してください。`;
  return given === "withheld" ? "番号が通知されていません。お名前を伺って検索してください。" : "お名前を伺って検索してください。";
}
