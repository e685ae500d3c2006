/** Warnings at the floor: shown, said, sounded once each, acknowledged; and how the parts of the centre do. */

import { send } from "./api.js";
import { by } from "./desk-dom.js";
import { wrongOf } from "./floor-dialog.js";
import { maySupervise } from "./floor-modes.js";

const TONES = { heed: [660, 520], alarm: [880, 660, 880] };
const TONE_SECONDS = 0.16;

/** Ids that have been sounded, or were there when the page was opened. @type {Set<number> | null} */
let known = null;
let isMuted = false;
/** None before somebody has touched the page. @type {AudioContext | null} */
let sounds = null;

function awake() {
  sounds ??= new AudioContext();
}
for (const gesture of ["pointerdown", "keydown"]) window.addEventListener(gesture, awake, { once: true });

by("warnings-sound").addEventListener("click", () => {
  isMuted = !isMuted;
  by("warnings-sound").setAttribute("aria-pressed", String(isMuted));
});

/** @param {any} floor */
export function showWarnings({ warnings, parts, trunk }) {
  if (!warnings) return;
  const box = by("warnings-box");
  box.hidden = warnings.length === 0;
  const list = by("warnings");
  const old = new Map([...list.children].map((row) => [row.dataset.key, row]));
  warnings.forEach((/** @type {any} */ one, /** @type {number} */ place) => {
    const key = `${one.kind} ${one.subject} ${one.level}`;
    const row = old.get(key) ?? made(key, one);
    old.delete(key);
    fill(row, one);
    if (list.children[place] !== row) list.insertBefore(row, list.children[place] ?? null);
  });
  for (const row of old.values()) row.remove();
  const open = warnings.filter((/** @type {any} */ one) => !one.acknowledged_by).length;
  put(by("warnings-count"), open ? `未確認の警告 ${open}件` : "");
  tell(warnings);
  showParts(parts, trunk);
}

/** @param {string} key @param {any} one */
function made(key, one) {
  const row = document.createElement("li");
  row.dataset.key = key;
  row.dataset.level = one.level;
  const level = document.createElement("b");
  const words = document.createElement("span");
  const since = document.createElement("time");
  const seen = document.createElement("span");
  level.textContent = one.level_name;
  row.append(level, words, since, seen);
  return row;
}

/** @param {any} row @param {any} one */
function fill(row, one) {
  const [, words, since, seen] = row.children;
  put(words, one.text);
  put(since, `${one.at}から`);
  since.dateTime = one.since;
  row.dataset.seen = one.acknowledged_by ? "yes" : "no";
  const may = maySupervise && one.id !== null && !one.acknowledged_by;
  let button = seen.querySelector("button");
  if (!may) {
    if (button && document.activeElement === button) by("warnings-box").focus();
    put(seen, one.acknowledged_by ? `確認: ${one.acknowledged_by}` : "");
    return;
  }
  if (!button) {
    seen.textContent = "";
    button = document.createElement("button");
    button.type = "button";
    button.textContent = "確認した";
    button.addEventListener("click", () => acknowledge(Number(button.dataset.id)));
    seen.append(button);
  }
  button.dataset.id = String(one.id);
  button.setAttribute("aria-label", `確認した: ${one.text}`);
}

/** @param {Element} node @param {string} text */
function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** @param {number} id */
async function acknowledge(id) {
  const wrong = await wrongOf(send(`/floor/warnings/${id}/acknowledge`));
  by("refused").hidden = !wrong;
  by("refused").textContent = wrong;
}

/** What is new is said to who does not look, and sounded. @param {any[]} warnings */
function tell(warnings) {
  const open = warnings.filter((one) => one.id !== null && !one.acknowledged_by);
  const fresh = known === null ? [] : open.filter((one) => !known?.has(one.id));
  known ??= new Set();
  for (const one of open) known.add(one.id);
  if (!fresh.length) return;
  by("warnings-said").textContent = fresh.map((one) => `${one.level_name}: ${one.text}`).join("");
  sound(fresh.some((one) => one.level === "alarm") ? TONES.alarm : TONES.heed);
}

/** @param {number[]} tones */
function sound(tones) {
  if (isMuted || sounds === null) return;
  const context = sounds;
  tones.forEach((frequency, place) => {
    const begins = context.currentTime + place * TONE_SECONDS;
    const tone = new OscillatorNode(context, { frequency });
    const volume = new GainNode(context, { gain: 0 });
    volume.gain.setTargetAtTime(0.2, begins, 0.01);
    volume.gain.setTargetAtTime(0, begins + TONE_SECONDS * 0.7, 0.02);
    tone.connect(volume).connect(context.destination);
    tone.start(begins);
    tone.stop(begins + TONE_SECONDS);
  });
}

/** @param {any[]} parts @param {{refused: number, ended: number, minutes: number} | null} trunk */
function showParts(parts, trunk) {
  const ill = parts.filter((one) => !one.well);
  const well = parts.filter((one) => one.well);
  const named = well.filter((one) => !one.text.includes("空き")).map((one) => one.name);
  const rows = [
    ...ill.map((one) => ({ text: one.text, well: false })),
    ...(named.length ? [{ text: `正常: ${named.join("、")}`, well: true }] : []),
    ...well.filter((one) => one.text.includes("空き")),
    ...(trunk ? [{ text: `回線の輻輳・規制（直近${trunk.minutes}分）: ${trunk.refused} / ${trunk.ended}件`, well: true }] : []),
  ];
  const list = by("parts");
  while (list.children.length > rows.length) list.lastChild.remove();
  while (list.children.length < rows.length) list.append(document.createElement("li"));
  rows.forEach((one, place) => {
    const row = list.children[place];
    row.dataset.well = one.well ? "yes" : "no";
    put(row, one.text);
  });
}
