/** The floor's dialogs: one form each, what went wrong is said in it, and it closes when it is done. */

import { by } from "./desk-dom.js";

/** Of whoever looks. */
export const login = document.querySelector('meta[name="login"]')?.getAttribute("content") ?? "";

/**
 * @param {string} id of the dialog; its form, its `.floor-wrong` and its `[data-close]` belong to it
 * @param {() => Promise<string>} submit what went wrong, in words; none: done
 * @returns {{open: () => void, say: (words: string) => void}} nothing happens where the page has no such dialog
 */
export function dialog(id, submit) {
  const box = by(id);
  if (!box) return { open: () => {}, say: () => {} };
  const wrong = box.querySelector(".floor-wrong");
  const say = (/** @type {string} */ words) => (wrong.textContent = words);
  box.querySelector("[data-close]").addEventListener("click", () => box.close());
  box.querySelector("form").addEventListener("submit", async (/** @type {Event} */ event) => {
    event.preventDefault();
    say("");
    const words = await submit();
    say(words);
    if (!words) box.close();
  });
  return {
    open: () => {
      say("");
      box.showModal();
    },
    say,
  };
}

/** @param {Promise<any>} asked of the server @returns {Promise<string>} what was refused */
export async function wrongOf(asked) {
  try {
    const told = await asked;
    return told.ok === false ? told.answer : "";
  } catch (refused) {
    return /** @type {Error} */ (refused).message;
  }
}
