/** Whose case a caller's is: chosen, changed as long as no result is in, or none at all (I-012). */

import { by, make } from "./desk-dom.js";
import { ask } from "./desk-link.js";
import { askSearch } from "./desk-dialogs.js";
import { closeForm } from "./desk-form.js";
import { personLine } from "./desk-search.js";

const FORGOTTEN = /** @type {const} */ (["identity_confirmed", "identity_how", "result", "inquiry"]);

export class Choosing {
  /** @param {import("./desk-entering.js").Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.choices = 0; // so far; whoever chooses again at once means the newer
    this.acts = { choose: (/** @type {number | null} */ found) => void this.choose(found), change: () => this.change() };
  }

  /** @returns {boolean} whether the search lies in the middle of the page */
  isUnder() {
    return Boolean(by("search-words")) && !by("dialog").open;
  }

  change() {
    const found = this.desk.caller().matches;
    const list = found.length ? [make("ul", { class: "desk-found", "aria-label": "この番号の方" },
      ...found.map((/** @type {any} */ one) => personLine(one, one.state_name, "選ぶ", (found) => {
        by("dialog").close();
        this.acts.choose(found);
      })))] : [];
    askSearch("案件を選び直す", "選ぶ", list, this.acts.choose);
  }

  /** @param {number | null} found none: the talk concerns no case */
  async choose(found) {
    const { desk } = this;
    const { attempt } = desk.work;
    const mine = ++this.choices;
    const isOver = () => desk.work.attempt !== attempt || mine !== this.choices;
    await desk.work.save(); // what was typed for whom the caller was taken for
    let answer;
    try {
      answer = await ask("POST", "/desk/callers/case", { attempt, case: found });
    } catch (refused) {
      return desk.tell(/** @type {Error} */ (refused).message);
    }
    if (isOver()) return undefined;
    closeForm();
    FORGOTTEN.forEach((name) => desk.work.set(name, null));
    desk.work.set("steps", greeted(answer.view?.script));
    desk.put(answer.view);
    desk.tell("");
    desk.render();
    await desk.again();
    return isOver() ? undefined : by(answer.view ? "script-title" : "search-words")?.focus();
  }
}

/** Who has been asked for the name has been greeted: on with the identity step. @param {any} script */
function greeted(script) {
  const asks = script?.steps?.find((/** @type {any} */ step) => step.branches.some((/** @type {any} */ branch) => branch.confirms));
  return asks && asks.key !== script.first ? [script.first, asks.key] : [];
}
