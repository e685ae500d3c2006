/** The city's message to people who call: heard before it is set, withdrawn when it is over. */

import { Refused, get, headers, send } from "./api.js";
import { by, dayAndTime } from "./desk-dom.js";
import { dialog, wrongOf } from "./floor-dialog.js";

const field = (/** @type {string} */ name) => by("special-form").elements.namedItem(name);

const box = dialog("special-dialog", async () => {
  const wrong = await wrongOf(send("/floor/special", {
    text: field("text").value, first: field("first").value, last: field("last").value, reason: field("reason").value,
  }));
  if (wrong) return wrong;
  by("special-form").reset();
  await look();
  return "";
});

/** @param {any} one */
function line(one) {
  const item = document.createElement("li");
  const until = one.valid_until ? `${dayAndTime(one.valid_until)}まで` : "";
  const since = one.valid_from ? `${dayAndTime(one.valid_from)}から` : "";
  const button = document.createElement("button");
  Object.assign(button, { type: "button", textContent: "取り下げる" });
  button.setAttribute("aria-label", `版${one.version} を取り下げる`);
  button.addEventListener("click", async () => {
    const wrong = await wrongOf(send("/floor/special", { version: one.version, reason: field("reason").value }));
    box.say(wrong);
    if (!wrong) await look();
  });
  item.append(`版${one.version}　${since}${until}　${one.text}　`, button);
  return item;
}

async function look() {
  const { messages } = await get("/floor/special");
  const none = document.createElement("li");
  none.textContent = "再生するお知らせはありません。";
  by("special-list").replaceChildren(...(messages.length ? messages.map(line) : [none]));
}

/** Heard without a file: the sound stays in the page. */
async function listen() {
  box.say("");
  const answer = await fetch("/floor/special/say", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", ...headers() },
    body: JSON.stringify({ text: field("text").value }),
  });
  if (!answer.ok) return box.say(new Refused(answer.status, await answer.json().catch(() => ({}))).message);
  const sound = new AudioContext();
  const source = sound.createBufferSource();
  source.buffer = await sound.decodeAudioData(await answer.arrayBuffer());
  source.connect(sound.destination);
  source.addEventListener("ended", () => void sound.close());
  by("special-seconds").textContent = `${source.buffer.duration.toFixed(1)}秒`;
  source.start();
}

by("special")?.addEventListener("click", () => {
  box.open();
  void look();
});
by("special-listen")?.addEventListener("click", () => void listen());
