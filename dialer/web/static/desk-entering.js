/** What is entered for a talk: the result of a case, or what was asked when it concerned none; and why it cannot be yet. */

import { by, say } from "./desk-dom.js";
import { Refused, ask } from "./desk-link.js";
import { askStale } from "./desk-dialogs.js";
import { closeForm, openForm, showProblems } from "./desk-form.js";
import { openInquiry } from "./desk-inquiry.js";
import { entered } from "./desk-results.js";

const GONE = "選んだ結果は、いまの一覧にありません。結果を選び直してください。入力した内容は残っています。";

/**
 * @typedef {{work: import("./desk-work.js").Work, view: () => any, caller: () => any, render: () => void,
 *   tell: (words: string, tone?: "trouble" | "news") => void, isUp: () => boolean, isTalking: () => boolean,
 *   put: (newest: any) => void, again: () => Promise<void> | undefined, leave: (attempt: string) => void}} Desk
 */

export class Entering {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
  }

  /** @param {string} key @param {boolean} byHand then the first field gets the hand too */
  async choose(key, byHand) {
    const { desk } = this;
    const shown = desk.view();
    const result = shown.form.results.find((/** @type {any} */ one) => one.key === key);
    if (!result) return key && key === desk.work.content.result ? desk.tell(GONE) : undefined; // registered or typed before
    desk.work.set("result", key);
    desk.render();
    await openForm(this.#fields(shown), result, this.#acts(() => this.save()));
    if (byHand) this.#toTheFirstField();
  }

  /** @param {string} key of an inquiry @param {boolean} byHand */
  ask(key, byHand) {
    const { desk } = this;
    const caller = desk.caller();
    if (!caller.choices.some((/** @type {any} */ one) => one.key === key)) return;
    desk.work.set("inquiry", key);
    desk.render();
    openInquiry(caller, this.#fields(null), this.#acts(() => this.saveInquiry()));
    if (byHand) this.#toTheFirstField();
  }

  stop() {
    this.desk.work.set("result", null);
    this.desk.work.set("inquiry", null);
    closeForm();
    this.desk.render();
    by("script-title")?.focus();
  }

  /** @returns {[boolean, string]} whether it can be registered now, and why not */
  saving() {
    const { desk } = this;
    if (!desk.view()?.call && !desk.caller()) return [false, ""];
    if (!desk.isUp()) return [false, "接続が戻ると登録できます。"];
    if (desk.isTalking()) return [false, "通話が終わると登録できます。"];
    return [true, desk.view()?.call ? "Enter でも登録できます。" : "Ctrl+Enter でも登録できます。"];
  }

  async save() {
    const { work, view } = this.desk;
    const shown = view();
    const result = shown.form.results.find((/** @type {any} */ one) => one.key === work.content.result);
    if (!result) return showProblems({ result: GONE });
    const told = { case: shown.case, expected_number: shown.expected_number, ...entered(shown, result, work.content) };
    await this.#sent("/desk/results", told, shown.expected_number, `結果「${result.name}」を登録しました`);
  }

  async saveInquiry() {
    const { work, caller } = this.desk;
    const { choices, inquiries } = caller();
    const { inquiry, note, why } = work.content;
    const chosen = choices.find((/** @type {any} */ one) => one.key === inquiry);
    const told = { inquiry, note, why: inquiries.length ? why : null, expected_number: inquiries.length };
    await this.#sent("/desk/inquiries", told, inquiries.length, `問い合わせ「${chosen.name}」を登録しました`);
  }

  /** @param {string} path @param {any} told @param {number} expected @param {string} done */
  async #sent(path, told, expected, done) {
    const { desk } = this;
    if (!this.saving()[0]) return;
    const { attempt } = desk.work;
    await desk.work.save(); // a draft that came after its result would stay
    let answer;
    try {
      answer = await ask("POST", path, { attempt, ...told });
    } catch (refused) {
      return refused instanceof Refused ? this.#refused(refused) : undefined;
    }
    if (desk.work.attempt === attempt) { // else the next call is here already
      desk.work.close();
      closeForm();
    }
    const isIn = answer.number > expected; // a call that was over at once has no result
    say(isIn ? done : answer.told);
    desk.tell(answer.told ? (isIn ? `${done}。` : "") + answer.told : "", "news");
    desk.leave(attempt ?? "");
  }

  /** @param {Refused} refused */
  #refused(refused) {
    const { desk } = this;
    if (refused.status === 422) return showProblems(refused.answer.problems ?? {});
    const newest = refused.answer.view;
    if (refused.status !== 409 || !newest) return showProblems({ form: refused.message });
    askStale(refused.answer.theirs ?? {}, () => {
      desk.put(newest);
      desk.render();
      void this.choose(desk.work.content.result ?? "", false).then(() => by("field-why")?.focus());
    }, () => {
      desk.work.close();
      closeForm();
      void ask("POST", "/desk/leave-result", { attempt: newest.call.attempt }).catch(() => {});
      desk.leave(newest.call.attempt);
      desk.render();
    });
  }

  /** @param {any} view */
  #fields(view) {
    const { work } = this.desk;
    return { view, content: work.content, set: (/** @type {string} */ name, /** @type {any} */ value) => work.set(name, value) };
  }

  /** @param {() => void} save */
  #acts(save) {
    const [canSave, hint] = this.saving();
    return { save, close: () => this.stop(), canSave, hint };
  }

  #toTheFirstField() {
    /** @type {HTMLElement | null} */ (document.querySelector("#form select, #form input, #form textarea"))?.focus();
  }
}
