/**
 * What is being entered for one talk. It lives here and, as a draft, on the server: nowhere on this terminal. Typing is
 * saved after a moment, at once when the page goes, and comes back with the snapshot after a reload.
 */

import { Refused, ask, leaveBehind } from "./desk-link.js";

const SAVE_AFTER_MS = 600;

const EMPTY = {
  result: null, talker: null, relation: null, identity_how: null, identity_confirmed: null, promise_day: null,
  promise_yen: null, promise_way: null, appointment_at: null, new_number: null, department: null, note: "", steps: [],
  why: null, inquiry: null,
};
/** @typedef {typeof EMPTY & Record<string, any>} Content */

export class Work {
  /** @param {(isSaved: boolean) => void} tell whether what is on the screen is also on the server */
  constructor(tell) {
    this.tell = tell;
    /** @type {string | null} */
    this.attempt = null;
    /** @type {Content} */
    this.content = { ...EMPTY };
    this.saved = "";
    this.timer = 0;
    /** @type {Promise<void>} */
    this.saving = Promise.resolve();
    this.underWay = 0;
    window.addEventListener("pagehide", () => this.leave());
    document.addEventListener("visibilitychange", () => document.hidden && this.leave());
  }

  /** Another talk: what was typed for the one before is saved first. @param {string | null} attempt @param {any} draft */
  open(attempt, draft) {
    if (this.attempt === attempt) return false;
    void this.save();
    this.attempt = attempt;
    const known = Object.entries(draft ?? {}).filter(([name]) => name in EMPTY);
    this.content = { ...EMPTY, ...Object.fromEntries(known) };
    this.saved = JSON.stringify(this.content);
    return true;
  }

  /** Its result is in. */
  close() {
    clearTimeout(this.timer);
    this.attempt = null;
    this.content = { ...EMPTY };
    this.saved = JSON.stringify(this.content);
  }

  /** @param {string} name @param {any} value */
  set(name, value) {
    if (this.content[name] === value) return;
    this.content[name] = value;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.save(), SAVE_AFTER_MS);
  }

  /** The page goes, or is put to sleep; what is under way may not arrive. */
  leave() {
    if (this.attempt !== null && (this.underWay > 0 || JSON.stringify(this.content) !== this.saved)) {
      leaveBehind("/desk/draft", { attempt: this.attempt, content: this.content });
    }
  }

  /** One after the other, so that an earlier state never comes later. */
  save() {
    clearTimeout(this.timer);
    const { attempt, saved } = this;
    const now = JSON.stringify(this.content);
    if (attempt !== null && now !== saved) {
      this.saved = now;
      this.underWay += 1;
      this.saving = this.saving.then(() => this.#put(attempt, now, saved)).finally(() => (this.underWay -= 1));
    }
    return this.saving;
  }

  /** @param {string} attempt @param {string} content @param {string} before */
  async #put(attempt, content, before) {
    try {
      await ask("PUT", "/desk/draft", { attempt, content: JSON.parse(content) });
      this.tell(true);
    } catch (refused) {
      if (this.attempt !== attempt) return;
      if (this.saved === content) this.saved = before;
      this.tell(false);
      if (refused instanceof Refused && refused.status === 0) this.timer = window.setTimeout(() => void this.save(), 3000);
    }
  }
}
