/** What a supervisor does to somebody else's seat: a break, the seat free, the talk over or taken over, a call for help answered. */

import { send } from "./api.js";
import { by } from "./desk-dom.js";
import { dialog, wrongOf } from "./floor-dialog.js";
import { isOurs } from "./floor-groups.js";
import { canTake } from "./floor-own.js";

const OF_THE_TALK = new Set(["end_talk", "take_over"]);
const BUSY = new Set(["reserved", "talking"]);

/** Whose seat the dialog is about, as it was when it was opened: it may be another's meanwhile. @type {any} */
let one = null;

/** @type {Record<string, {may: (one: any) => boolean, hint: string}>} */
const ACTS = {
  answer_help: { may: (seat) => seat.help, hint: "担当者の画面に、応じることを表示します。" },
  give_break: { may: isOurs, hint: "通話中のときは、結果の登録が終わってから休止になります。" },
  free_seat: { may: isOurs, hint: "席を空け、担当者をサインアウトします。通話中のときは、通話が終わってからです。" },
  take_over: { may: (seat) => seat.state === "talking" && canTake(), hint: "相手を自分の席につなぎます。担当者は次の通話に移り、結果は引き取った人が登録します。案件はオペレーター画面に表示します。" },
  end_talk: { may: (seat) => BUSY.has(seat.state), hint: "相手との通話を切ります。担当者は結果を登録します。" },
};

const chosen = () => by("seat-form").elements.namedItem("act").value;

const box = dialog("seat-dialog", () => {
  const kind = chosen();
  if (!kind) return Promise.resolve("操作を選んでください。");
  const detail = OF_THE_TALK.has(kind) ? { attempt: one.call } : { account: one.account };
  const more = kind === "give_break" ? { reason: by("seat-reason").value } : {};
  return wrongOf(send("/floor/seats", { phone: one.phone, kind, detail: { ...detail, ...more } }));
});

function choose() {
  by("seat-hint").textContent = ACTS[chosen()]?.hint ?? "";
  by("seat-reason-row").hidden = chosen() !== "give_break";
  by("seat-do").classList.toggle("danger", ["free_seat", "end_talk", "take_over"].includes(chosen()));
}

/** @param {any} seat */
function open(seat) {
  one = seat;
  by("seat-title").textContent = `${seat.phone}　${seat.name ?? seat.account}`;
  for (const radio of by("seat-form").querySelectorAll("[name=act]")) {
    radio.checked = seat.help && radio.value === "answer_help";
    radio.parentElement.hidden = !ACTS[radio.value].may(seat);
  }
  choose();
  box.open();
}

by("seat-form")?.addEventListener("change", choose);

/**
 * Only where somebody sits, and only for whoever may: the others' page has no dialog.
 * @param {HTMLTableCellElement} cell @param {any} seat
 */
export function seatButton(cell, seat) {
  let button = cell.querySelector("button");
  if (!seat.account || !by("seat-dialog") || !(isOurs(seat) || seat.call)) {
    button?.remove();
    return;
  }
  if (!button) {
    button = document.createElement("button");
    button.type = "button";
    button.textContent = "操作";
    button.setAttribute("aria-haspopup", "dialog");
    button.addEventListener("click", () => open(seats.get(cell)));
    cell.append(button);
  }
  seats.set(cell, seat);
  const label = `${seat.phone} ${seat.name ?? seat.account} の操作`;
  if (button.getAttribute("aria-label") !== label) button.setAttribute("aria-label", label);
}

/** @type {WeakMap<Element, any>} */
const seats = new WeakMap();
