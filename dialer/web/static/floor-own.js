/** The own seat, from which talks are heard: taken here, with this page as its telephone or with the seat's own. */

import { get, send } from "./api.js";
import { by } from "./desk-dom.js";
import { dialog, login, wrongOf } from "./floor-dialog.js";
import { SeatAudio } from "./seat-audio.js";

const LEGS = { none: "未接続", coming: "接続中", up: "接続済み", lost: "切断" };
const TAKEN_HERE = "yobikake-own-seat"; // else the desk in another tab is its telephone

/** @param {any[]} operators */
export const own = (operators) => operators.find((one) => one.account === login);

/** @type {any} */
let mine = null;

/** Whether a talk can be passed to the own seat now. */
export const canTake = () => mine?.leg === "up" && ["paused", "free"].includes(mine.state);

const audio = new SeatAudio({ element: by("own-sound"), tell: () => showState() });

const box = dialog("own-dialog", async () => {
  const seat = by("own-form").elements.namedItem("seat").value;
  const wrong = await wrongOf(send("/floor/own", mine ? {} : { phone: by("own-phone").value, seat }));
  if (!wrong) sessionStorage[mine ? "removeItem" : "setItem"](TAKEN_HERE, seat);
  return wrong;
});

async function open() {
  by("own-free").hidden = Boolean(mine);
  by("own-said").textContent = mine ? `${mine.phone} に着席しています。席を空けると、聴取も終わります。` : "";
  by("own-do").textContent = mine ? "席を空ける" : "着席する";
  box.open();
  if (mine) return;
  const { free } = await get("/floor/own");
  by("own-phone").replaceChildren(...free.map((/** @type {string} */ phone) => new Option(phone, phone)));
  box.say(free.length ? "" : "空いている席がありません。");
}

/** @param {any[]} operators */
export function showOwn(operators) {
  if (!by("own")) return;
  mine = own(operators) ?? null;
  const isHere = mine?.seat === "browser" && sessionStorage.getItem(TAKEN_HERE) === "browser";
  void audio.want(isHere);
  showState();
}

function showState() {
  const leg = mine ? LEGS[/** @type {"up"} */ (mine.leg)] ?? mine.leg : "";
  const words = mine ? `聴取用の席：${mine.phone}（音声 ${leg}）` : "聴取用の席：なし";
  if (by("own").textContent !== words) by("own").textContent = words;
  by("own-trouble").hidden = !audio.reason;
  if (by("own-trouble-said").textContent !== audio.reason) by("own-trouble-said").textContent = audio.reason;
  by("own-again").hidden = !audio.isStopped;
}

by("own")?.addEventListener("click", () => void open());
by("own-again")?.addEventListener("click", () => void audio.again());
