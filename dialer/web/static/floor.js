/** The supervisor's page: shows what is pushed, row by row, and lets time pass in between. */

import { by, clock } from "./desk-dom.js";
import { listenButton, showEar } from "./floor-ear.js";
import { groupName, hasGroups, ofTheGroup, onFilter, showTeams } from "./floor-groups.js";
import { maySupervise, modeNames, openModes, openStop, percent, showTarget } from "./floor-modes.js";
import { showReceivers } from "./floor-notices.js";
import { showEnterers } from "./floor-results.js";
import { own, showOwn } from "./floor-own.js";
import "./floor-special.js";
import { seatButton } from "./floor-seats.js";
import { showWarnings } from "./floor-warnings.js";
import { follow } from "./stream.js";

const STATES = {
  offline: "席なし", connecting: "接続中", paused: "休止中", free: "待機中", reserved: "つながります", talking: "通話中", wrap_up: "後処理中",
};
/** @type {Record<string, string>} */
const PAUSES = JSON.parse(by("operators").dataset.pauses);

/** The server's clock less ours, ms. */
let ahead = 0;
/** @type {Map<Element, number>} cells whose time passes, with when it began */
const passing = new Map();

/** @param {Element} cell @param {string | number | null | undefined} text */
function put(cell, text) {
  const words = text === null || text === undefined ? "" : String(text);
  if (cell.textContent !== words) cell.textContent = words;
}

/** @param {Element} cell @param {string | null} since */
function lasts(cell, since) {
  if (since) passing.set(cell, Date.parse(since));
  else passing.delete(cell);
  put(cell, since ? clock((Date.now() + ahead - Date.parse(since)) / 1000) : "");
}

/** Of each table its rows by key, and of each row what it shows. @type {Map<string, Map<string, {row: HTMLTableRowElement, item?: any, beside?: unknown}>>} */
const tables = new Map();

/**
 * Rows by their key, in this order; a row is touched only when what it shows changes.
 * @param {string} id @param {any[]} items @param {string} key @param {number} cells
 * @param {(row: HTMLTableRowElement, item: any) => void} fill
 * @param {unknown} [beside] what all rows go by besides
 */
function rows(id, items, key, cells, fill, beside) {
  const before = tables.get(id) ?? new Map();
  const now = new Map();
  for (const item of items) {
    const name = String(item[key]);
    const { row, ...shown } = before.get(name) ?? { row: made(cells) };
    if (shown.item !== item || shown.beside !== beside) fill(row, item);
    now.set(name, { row, item, beside });
  }
  for (const [name, { row }] of before) {
    if (now.has(name)) continue;
    for (const cell of row.cells) passing.delete(cell);
    row.remove();
  }
  tables.set(id, now);
  const names = [...now.keys()];
  const left = [...before.keys()].filter((name) => now.has(name));
  if (names.length !== left.length || names.some((name, place) => name !== left[place])) inOrder(by(id), now);
}

/** @param {HTMLTableSectionElement} body @param {Map<string, {row: HTMLTableRowElement}>} rows */
function inOrder(body, rows) {
  let at = body.firstElementChild;
  for (const { row } of rows.values()) {
    if (at && at !== row && at.nextElementSibling === row) {
      body.append(at); // one that went down: the others stay where they are
      at = row;
    }
    if (at === row) at = row.nextElementSibling;
    else body.insertBefore(row, at);
  }
}

/** @param {number} cells */
function made(cells) {
  const row = document.createElement("tr");
  row.role = "row"; // said, since not every table is laid out as one
  for (let cell = 0; cell < cells; cell++) row.insertCell().role = "cell";
  return row;
}

/** @param {any} one */
function stateOf(one) {
  const name = STATES[/** @type {"free"} */ (one.state)] ?? one.state;
  const pause = one.pause && (PAUSES[one.pause] ?? "休止");
  if (one.state === "paused") return pause ? `${name}（${pause}）` : name;
  if (one.state === "talking" && one.consulting) return "転送先と通話中";
  if (one.state === "talking" && one.on_hold) return "保留中";
  return pause ? `${name}（このあと${pause}）` : name;
}

/** @param {any} floor */
function showOperators(floor) {
  const here = floor.operators.filter((/** @type {any} */ one) => one.state !== "offline");
  put(by("operators-count"), `${here.length}人`);
  rows("operators", ofTheGroup(floor.operators), "phone", hasGroups ? 11 : 10, (row, one) => {
    const cells = [...row.cells];
    if (hasGroups) put(cells.splice(4, 1)[0], one.account ? groupName(one.group) : "");
    const [phone, name, state, since, number, today, mean, needs, ear, acts] = cells;
    row.dataset.state = one.state;
    row.dataset.urgent = one.urgent ? "yes" : "no";
    put(phone, one.phone);
    put(name, one.name ?? one.account);
    put(state, stateOf(one));
    lasts(since, one.state === "offline" ? null : one.since);
    put(number, one.case);
    put(today, known(one.all_talks) ? `${one.all_talks}件${known(one.contact_rate) ? ` ${Math.round(100 * one.contact_rate)}%` : ""}` : "");
    put(mean, known(one.talk_mean) ? `${clock(one.talk_mean)} / ${known(one.wrap_up_mean) ? clock(one.wrap_up_mean) : "－"}` : "");
    put(needs, one.needs);
    needs.className = "needs";
    listenButton(ear, one, floor.operators);
    seatButton(acts, one);
  }, own(floor.operators));
  showEar(floor.operators);
  showOwn(floor.operators);
  showReceivers(floor.operators);
  showEnterers(floor.operators);
}

/** @param {any} floor */
function showCallers(floor) {
  const waiting = floor.callers.filter((/** @type {any} */ one) => one.place).sort((/** @type {any} */ one, /** @type {any} */ other) => one.place - other.place);
  const others = floor.callers.filter((/** @type {any} */ one) => !one.place);
  put(by("callers-count"), `${floor.callers.length}件`);
  put(by("waiting"), `${waiting.length}人`);
  by("waiting-box").dataset.waits = waiting.length ? "yes" : "no";
  const longest = waiting.map((/** @type {any} */ one) => one.since).sort()[0];
  lasts(by("waiting-since"), longest ?? null);
  rows("callers", [...waiting, ...others], "call", 6, (row, one) => {
    const [place, stage, since, number, about, phone] = row.cells;
    put(place, one.place);
    put(stage, one.stage_name);
    lasts(since, one.since);
    put(number, one.number ?? "不明");
    put(about, one.case);
    put(phone, one.operator);
  });
}

/** @param {any} floor */
function showCalls(floor) {
  put(by("calls-count"), `${floor.calls.length}件`);
  rows("calls", floor.calls, "call", 6, (row, one) => {
    const [stage, since, debt, number, about, phone] = row.cells;
    put(stage, one.stage_name);
    lasts(since, one.since);
    put(debt, one.debt);
    put(number, one.number);
    put(about, one.case);
    put(phone, one.operator);
  });
}

/** @param {any} floor */
function showFigures(floor) {
  const { lines, pace } = floor;
  put(by("why"), floor.why);
  put(by("lines"), `${lines.used} / ${lines.all} 使用中` + (lines.kept_for_callers ? `（着信用 ${lines.kept_for_callers}）` : ""));
  put(by("wishes"), known(floor.wishes) ? `${floor.wishes}件` : "－");
  const { rate, target, answered, total } = floor.answered;
  const wanted = target === null ? "" : `（目標 ${percent(target)}）`;
  put(by("answered"), rate === null ? `－${wanted}` : `${percent(rate)}　${answered} / ${total}件${wanted}`);
  by("answered-box").dataset.low = rate !== null && target !== null && rate < target ? "yes" : "no";
  const share = pace.persons ? ` ${percent(pace.left_alone / pace.persons)}` : "";
  const lost = pace.lost_by_ear ? `（ほかに機械と誤認 推計${pace.lost_by_ear}人）` : "";
  put(by("abandoned"), `${pace.left_alone}人 / ${pace.persons}人${share}${lost}`);
  showDebts(floor.debts);
  showTarget(pace.target);
  showTeams(floor.teams);
}

/** @type {any[]} */
let debts = [];

/** @param {number | null | undefined} figure */
const known = (figure) => figure !== null && figure !== undefined;

/** @param {number} cases */
const count = (cases) => cases.toLocaleString("ja-JP");

/** @param {() => void} opens */
function button(opens) {
  const made = document.createElement("button");
  made.type = "button";
  made.setAttribute("aria-haspopup", "dialog");
  made.addEventListener("click", opens);
  return made;
}

/** @param {{persons: number, left_alone: number, spent: boolean} | null} alone */
function leftAlone(alone) {
  if (!alone || !alone.persons) return "";
  return `　放棄${alone.left_alone} / ${alone.persons}人${alone.spent ? "（上限に近いため一人に一件ずつ）" : ""}`;
}

/** How each debt kind is called, and, for whoever may, a button that changes it. @param {any[]} now */
function showDebts(now) {
  debts = now;
  const list = by("debts");
  while (list.children.length < debts.length) {
    const place = list.children.length;
    list.append(document.createElement("li"));
    list.lastChild.append(maySupervise ? button(() => openModes(debts[place])) : document.createElement("span"));
  }
  debts.forEach((one, place) => {
    const shown = list.children[place].firstChild;
    shown.dataset.mode = one.mode;
    const cases = one.cases ? `　残り${count(one.cases.open)}・架電できる${count(one.cases.due)}・終了${count(one.cases.done)}` : "";
    put(shown, `${one.name}：${modeNames[one.mode] ?? one.mode}${one.open ? "" : "（時間外）"}${cases}${leftAlone(one.alone)}`);
  });
}

by("stop")?.addEventListener("click", () => openStop(debts));

/** Who calls for the supervisor is told to who does not see it. */
let called = "";

/** @param {any} floor */
function sayCalls(floor) {
  const calling = floor.operators.filter((/** @type {any} */ one) => one.help);
  const words = calling.map((/** @type {any} */ one) => `${one.phone} ${one.name ?? ""} が管理者を呼んでいます。`).join("");
  if (words !== called) put(by("status"), (called = words));
}

/** The floor as it is now. @type {any} */
let newest = null;

onFilter(() => newest && !newest.away && showOperators(newest));

const KEYS = { operators: "phone", calls: "call", callers: "call" };

follow({
  events: "/floor/events",
  state: "/floor/state",
  health: (isUp) => {
    by("health").dataset.up = isUp ? "yes" : "no";
    put(by("health"), isUp ? "接続済み" : "接続し直しています");
  },
  told: {
    floor: (floor) => show((newest = floor)),
    changes: (changed) => show((newest = changedBy(newest, changed))),
  },
});

/** Rows that did not change stay the same objects. @param {any} floor @param {any} changed */
function changedBy(floor, changed) {
  const after = { ...floor, ...changed };
  for (const [name, key] of Object.entries(KEYS)) {
    if (!changed[name]) continue;
    const { rows, order } = changed[name];
    const known = new Map([...floor[name], ...rows].map((row) => [row[key], row]));
    after[name] = order.map((/** @type {string} */ one) => known.get(one));
  }
  return after;
}

/** To which groups the right to see this page is limited, as it was when the page was made. */
const limited = by("operators").dataset.limited;

/** @param {any} floor */
function show(floor) {
  if (JSON.stringify(floor.limited ?? null) !== limited) return window.location.reload(); // it has been changed since
  ahead = Date.parse(floor.now) - Date.now();
  by("away").hidden = !floor.away;
  put(by("away"), floor.away);
  showWarnings(floor);
  if (floor.away) return;
  showFigures(floor);
  showOperators(floor);
  showCallers(floor);
  showCalls(floor);
  sayCalls(floor);
  if (Date.now() - tickedAt > 700) tick(); // in one drawing with what has changed
}

let tickedAt = 0;
let ticks = 0;

function tick() {
  window.clearTimeout(ticks);
  tickedAt = Date.now();
  for (const [cell, since] of passing) put(cell, clock((tickedAt + ahead - since) / 1000));
  ticks = window.setTimeout(tick, 1000);
}
