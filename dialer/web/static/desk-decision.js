/** What the tender leaves to a person: to end a case, or to go on calling (C-047). */

import { by, make } from "./desk-dom.js";
import { Refused, ask } from "./desk-link.js";
import { openDialog } from "./desk-dialogs.js";

/** @param {any[]} choices @param {(() => void) | null} decide none: it is somebody else's to decide */
export function judgement(choices, decide) {
  const names = choices.map((one) => one.name).join("、");
  return make("div", { class: "desk-gate" },
    make("p", { text: `${decide ? "担当者" : "管理者"}の判断で完了にできます（${names}）。` }),
    decide ? make("button", { type: "button", id: "decide", "aria-haspopup": "dialog", text: "完了にするか判断する", onclick: decide }) : null);
}

/** @param {() => any} view what is shown now @param {{again: () => unknown, tell: (words: string, tone: "news") => void}} acts */
export function askDecision(view, acts) {
  const { person, debts, standing, form: limits } = view();
  const reason = make("textarea", { id: "decision-reason", rows: 2, maxlength: limits.note_longest });
  const told = make("p", { id: "decision-told", class: "desk-error", role: "alert" });
  const debt = debts.find((/** @type {any} */ one) => one.is_this).name;
  const form = make("form", { novalidate: true },
    make("p", { text: `${person.name} 様の「${debt}」を完了にすると、この架電期間にはもう架電しません。閉じると架電を続けます。` }),
    make("fieldset", {}, make("legend", { text: "判断" }),
      make("div", { class: "desk-decisions" }, ...standing.choices.map((/** @type {any} */ one, /** @type {number} */ _, /** @type {any[]} */ all) =>
        make("label", {}, make("input", { type: "radio", name: "decision", value: one.key, checked: all.length === 1 }), `${one.name}（${one.clause}）`)))),
    make("label", { for: "decision-reason", text: "理由（任意）" }), reason, told,
    make("p", { class: "desk-dialog-buttons" }, make("button", { type: "submit", class: "desk-primary", text: "完了にする" })));
  form.addEventListener("submit", async (/** @type {Event} */ event) => {
    event.preventDefault();
    const choice = new FormData(form).get("decision");
    told.textContent = choice ? await decided(view(), { choice, reason: reason.value }, acts.again) : "判断を選んでください。";
    if (told.textContent) return;
    by("dialog").close();
    acts.tell("案件を完了にしました。", "news");
  });
  openDialog("この案件を完了にするかの判断", [form]);
}

/** @param {any} view @param {object} decision @param {() => unknown} again @returns {Promise<string>} why not; empty: it is done */
async function decided(view, decision, again) {
  let why = "";
  try {
    await ask("POST", "/desk/decide", { case: view.case, happened: view.happened, ...decision });
  } catch (refused) {
    why = /** @type {Error} */ (refused).message;
    if (!(refused instanceof Refused) || refused.status !== 409) return why;
  }
  await again();
  return why;
}
