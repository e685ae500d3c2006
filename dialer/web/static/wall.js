/** The floor on a wall: shows what is pushed; goes dark when the link is taken back or nothing is heard any more. */

import { follow } from "./stream.js";

/** @param {string} id @returns {any} */
const by = (id) => document.getElementById(id);

const SILENT_MS = 15_000;
const MOST_WARNINGS = 3;
const STATES = {
  offline: "席なし", connecting: "接続中", paused: "休止中", free: "待機中", reserved: "つながります", talking: "通話中", wrap_up: "後処理中",
};
const OVER = "この表示のリンクは無効になりました。";
const LOST = "接続し直しています。";

/** The server's clock less ours, ms. */
let ahead = 0;
let heardAt = Date.now();
let isOver = false;
/** @type {string | null} */
let waitingSince = null;

/** @param {Element} node @param {string | number} text */
function put(node, text) {
  if (node.textContent !== String(text)) node.textContent = String(text);
}

/** @param {string | null} since */
function lasted(since) {
  if (!since) return "";
  const seconds = Math.max(0, Math.floor((Date.now() + ahead - Date.parse(since)) / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** Nothing of the figures stays in the page. @param {string} why */
function goDark(why) {
  by("all").hidden = true;
  for (const id of ["warnings", "seats", "debts"]) by(id).replaceChildren();
  waitingSince = null;
  put(by("dark"), why);
  by("dark").hidden = false;
}

/** @param {Element} list @param {number} count */
function items(list, count) {
  while (list.children.length > count) list.lastChild?.remove();
  while (list.children.length < count) list.append(document.createElement("li"));
  return /** @type {any[]} */ ([...list.children]);
}

/** @param {any} told */
function show(told) {
  if (isOver) return;
  ahead = Date.parse(told.now) - Date.now();
  showWarnings(told);
  if (told.away) {
    goDark(told.away);
    return;
  }
  by("dark").hidden = true;
  by("all").hidden = false;
  showFigures(told);
  showSeats(told.operators);
  items(by("debts"), told.debts.length).forEach((item, place) => {
    const one = told.debts[place];
    put(item, `${one.name}: ${one.mode}${one.open ? "" : "（時間外）"}`);
  });
}

/** @param {any} told */
function showWarnings(told) {
  const some = told.warnings.slice(0, MOST_WARNINGS);
  const more = told.warnings.length - some.length;
  items(by("warnings"), some.length).forEach((item, place) => {
    item.dataset.level = some[place].level;
    const rest = more && place === some.length - 1 ? `　ほか${more}件` : "";
    put(item, `${some[place].text}${rest}`);
  });
}

/** @param {any} told */
function showFigures(told) {
  const { answered, pace, lines, states } = told;
  waitingSince = told.waiting_since;
  put(by("waiting"), told.waiting);
  by("waiting-box").dataset.waits = told.waiting ? "yes" : "no";
  put(by("answered"), answered.rate === null ? "－" : (100 * answered.rate).toFixed(1));
  const target = answered.target === null ? "" : `目標 ${(100 * answered.target).toFixed(1)}%　`;
  put(by("answered-of"), `${target}${answered.answered} / ${answered.total}件`);
  by("answered-box").dataset.low = answered.rate !== null && answered.target !== null && answered.rate < answered.target ? "yes" : "no";
  put(by("abandoned"), pace.persons ? ((100 * pace.left_alone) / pace.persons).toFixed(1) : "－");
  put(by("abandoned-of"), `${pace.left_alone} / ${pace.persons}人`);
  put(by("calls"), told.calls);
  put(by("stages"), told.stages.map((/** @type {any} */ one) => `${one.name}${one.calls}`).join("　"));
  put(by("talking"), states.talking);
  put(by("states"), `待機${states.free}　後処理${states.wrap_up}　休止${states.paused}`);
  put(by("lines"), lines.used);
  put(by("lines-of"), `/ ${lines.all}`);
  put(by("wishes"), `折り返し希望 ${told.wishes}件`);
  tick();
}

/** @param {any[]} operators */
function showSeats(operators) {
  items(by("seats"), operators.length).forEach((item, place) => {
    const one = operators[place];
    if (!item.firstChild) {
      item.append(document.createElement("b"), document.createElement("span"));
      item.firstChild.append(document.createElement("span"));
    }
    item.dataset.state = one.state;
    item.dataset.urgent = one.urgent ? "yes" : "no";
    item.dataset.since = one.state === "offline" ? "" : (one.since ?? "");
    put(item.firstChild.firstChild, one.phone);
    item.dataset.words = one.consulting ? "転送中" : one.on_hold ? "保留中" : (STATES[/** @type {"free"} */ (one.state)] ?? one.state);
    put(item.lastChild, `${item.dataset.words} ${lasted(item.dataset.since)}`.trim());
  });
}

function tick() {
  put(by("clock"), new Date(Date.now() + ahead).toLocaleTimeString("ja-JP", { timeZone: "Asia/Tokyo", hour: "2-digit", minute: "2-digit" }));
  put(by("waiting-since"), lasted(waitingSince) || "－");
  for (const item of by("seats").children) {
    put(item.lastChild, `${item.dataset.words} ${lasted(item.dataset.since)}`.trim());
  }
  if (!isOver && Date.now() - heardAt > SILENT_MS) goDark(LOST);
}

function end() {
  isOver = true;
  goDark(OVER);
  by("health").hidden = true;
  by("clock").hidden = true;
}

follow({
  events: `${location.pathname}/events`,
  state: `${location.pathname}/state`,
  health: (isUp) => {
    if (isUp) heardAt = Date.now();
    by("health").dataset.up = isUp ? "yes" : "no";
    put(by("health"), isUp ? "接続済み" : LOST);
  },
  told: { wall: show, dark: end },
});

window.setInterval(tick, 1000);
