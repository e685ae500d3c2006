/** What operators are let known, and who has read it. */

import { get, send } from "./api.js";
import { by, time } from "./desk-dom.js";
import { dialog, login, wrongOf } from "./floor-dialog.js";
import { isOurs } from "./floor-groups.js";

const AGAIN_MS = 3000; // while it is looked at

/** @type {any[]} */
let seated = [];

const box = dialog("notice-dialog", async () => {
  const wrong = await wrongOf(send("/floor/notices", { to: by("notice-to").value || null, text: by("notice-text").value }));
  if (wrong) return wrong;
  by("notice-text").value = "";
  await look();
  return "";
});

/** @param {any} one */
function line(one) {
  const item = document.createElement("li");
  const readers = one.readers === one.receivers ? "全員が確認しました" : `${one.readers} / ${one.receivers}人が確認`;
  const waits = one.waits_for.length ? `（未確認：${one.waits_for.join("、")}）` : "";
  item.textContent = `${time(one.at)}　${one.text}　${one.by}　${readers}${waits}`;
  return item;
}

async function look() {
  const { notices } = await get("/floor/notices");
  const none = document.createElement("li");
  none.textContent = "本日の連絡はまだありません。";
  by("notice-list").replaceChildren(...(notices.length ? notices.map(line) : [none]));
}

/** @param {any[]} operators */
export function showReceivers(operators) {
  seated = operators.filter((one) => one.account && one.account !== login && isOurs(one));
}

function open() {
  const before = by("notice-to").value;
  const all = new Option(`着席している全員（${seated.length}人）`, "");
  by("notice-to").replaceChildren(all, ...seated.map((one) => new Option(`${one.phone} ${one.name ?? one.account}`, one.account)));
  by("notice-to").value = seated.some((one) => one.account === before) ? before : "";
  box.open();
  void look();
  const timer = window.setInterval(() => (by("notice-dialog").open ? void look() : window.clearInterval(timer)), AGAIN_MS);
}

by("notices")?.addEventListener("click", open);
