/** What a supervisor lets this operator know: the oldest that is not read yet, until it is. */

import { by, make, say, show, time } from "./desk-dom.js";
import { ask } from "./desk-link.js";

let told = 0;

/** @param {any[]} notices @param {{note: () => void}} audio */
export function showNotices(notices, audio) {
  const [first, ...more] = notices;
  by("notices").hidden = !first;
  show("notices", [first, more.length], () => first ? [
    make("p", {}, make("b", { text: `連絡（${first.by}、${time(first.at)}）` }), `　${first.text}`),
    make("button", { type: "button", text: more.length ? `確認しました（ほか${more.length}件）` : "確認しました", onclick: (/** @type {any} */ event) => read(event.currentTarget, first.id) }),
  ] : []);
  const newest = notices.at(-1);
  if (!newest || newest.id <= told) return;
  told = newest.id;
  say(`管理者からの連絡です。${newest.text}`);
  audio.note();
}

/** @param {HTMLButtonElement} button @param {number} id */
async function read(button, id) {
  button.disabled = true;
  try {
    await ask("POST", `/desk/notices/${id}/read`);
  } catch {
    button.disabled = false; // it stays until the server has heard it
  }
}
