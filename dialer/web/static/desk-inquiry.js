/** A talk that concerns no case: what was asked, by the city's list, and a note (I-015). */

import { by, make, show } from "./desk-dom.js";
import { formEnd, noteField, typed } from "./desk-form.js";

const KEYS = "123456789";

/** @param {any} caller @param {string | null} chosen @param {(key: string) => void} choose */
export function showInquiries(caller, chosen, choose) {
  show("results", ["inquiries", caller.choices, chosen], () =>
    caller.choices.map((/** @type {any} */ one, /** @type {number} */ place) =>
      make("button", { type: "button", id: `inquiry-${one.key}`, "data-key": KEYS[place] ?? null, "aria-pressed": String(one.key === chosen),
        onclick: () => choose(one.key) },
        KEYS[place] ? make("kbd", { text: KEYS[place], "aria-hidden": "true" }) : "", make("span", { text: one.name }))));
}

/**
 * @param {any} caller @param {import("./desk-form.js").Of} of
 * @param {{save: () => void, close: () => void, canSave: boolean, hint: string}} acts
 */
export function openInquiry(caller, of, acts) {
  const chosen = caller.choices.find((/** @type {any} */ one) => one.key === of.content.inquiry);
  const corrects = caller.inquiries.length > 0;
  const form = by("form");
  const parts = [
    make("p", { class: "desk-form-title", text: `問い合わせ：${chosen.name}` }),
    noteField(of, caller.note_longest, false),
    corrects ? typed(of, "why", "訂正の理由（必須）", { wide: true }) : null,
    ...formEnd(acts, corrects),
  ];
  form.replaceChildren(...parts.filter((part) => part !== null));
  form.onsubmit = (/** @type {Event} */ event) => {
    event.preventDefault();
    acts.save();
  };
  form.hidden = false;
}
