/** Searching for a case: over the page, or in its middle while somebody whom nobody knows is on the line. */

import { make } from "./desk-dom.js";
import { ask } from "./desk-link.js";

/**
 * @param {string} label of the button beside each case @param {(found: number) => void} choose
 * @returns {HTMLElement[]} the first has the field to write in
 */
export function search(label, choose) {
  const words = make("input", { id: "search-words", type: "search", autocomplete: "off", maxlength: 60 });
  const told = make("p", { id: "search-told", role: "status" });
  const list = make("ul", { class: "desk-found" });
  const form = make("form", { class: "desk-search" },
    make("label", { for: "search-words", text: "氏名・カナ・宛名番号・電話番号" }),
    make("div", { class: "desk-row" }, make("span", { class: "desk-grow" }, words), make("button", { type: "submit", class: "desk-primary", text: "検索" })));
  form.addEventListener("submit", async (/** @type {Event} */ event) => {
    event.preventDefault();
    try {
      const { found, more } = await ask("POST", "/desk/search", { words: words.value.trim() });
      told.textContent = found.length ? `${found.length}件${more ? "（ほかにもあります。条件を足してください）" : ""}` : "見つかりません。";
      list.replaceChildren(...found.map((/** @type {any} */ one) => personLine(one, one.state, label, choose)));
    } catch (refused) {
      told.textContent = refused instanceof Error ? refused.message : "";
    }
  });
  return [form, told, list];
}

/** @param {any} one @param {string} state @param {string} label @param {(found: number) => void} choose */
export function personLine(one, state, label, choose) {
  const household = one.household ? `　世帯番号 ${one.household}` : "";
  return make("li", { class: "desk-row" },
    make("span", { class: "desk-grow" }, make("b", { text: one.name }), `（${one.kana}）　${one.debt}　${state}`,
      make("small", { text: `宛名番号 ${one.address_key}${household}` })),
    make("button", { type: "button", text: label, "aria-label": `${one.name} ${one.debt} を${label}`, onclick: () => choose(one.case) }));
}
