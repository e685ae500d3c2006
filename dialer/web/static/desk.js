/**
 * The operator's desk. What it shows is the newest snapshot of the server and nothing else; of its own it has only what
 * is being typed (kept on the server as a draft) and which earlier talk is looked at.
 */

import { by, isWriting, make, say, show } from "./desk-dom.js";
import { ask, followDesk } from "./desk-link.js";
import { listenForKeys, markKeys, tellKeys } from "./desk-keys.js";
import { look, showBar, showLink, showPhone, tick } from "./desk-bar.js";
import { allowed, digitsDrawer, showCalls } from "./desk-calls.js";
import { showPassed, transferDrawer } from "./desk-transfer.js";
import { showPerson, showWarnings } from "./desk-person.js";
import { showMoney } from "./desk-money.js";
import { showScript } from "./desk-script.js";
import { showResults } from "./desk-results.js";
import { allowSaving, closeForm } from "./desk-form.js";
import { showIdle } from "./desk-idle.js";
import { askPause, askSearch, showKeys, showMenu, showUnfinished } from "./desk-dialogs.js";
import { announce, showCaller, showUnknown } from "./desk-caller.js";
import { showInquiries } from "./desk-inquiry.js";
import { showNotices } from "./desk-notices.js";
import { Choosing } from "./desk-choosing.js";
import { Entering } from "./desk-entering.js";
import { askDecision } from "./desk-decision.js";
import { SeatAudio } from "./seat-audio.js";
import { Work } from "./desk-work.js";

const ALERT_AFTER_MS = 1500; // a short cut mends itself before anybody need be told
const ACTIVE_MS = 30_000;

/** @type {any} */ let snapshot = null;
/** @type {any} */ let looking = null; // an earlier talk, or a case that was searched for: {view, caller, draft}
/** @type {any} */ let seats = null;
/** @type {import("./desk-transfer.js").Colleague[] | null} */ let colleagues = null; // as they were when the drawer was opened
let serverAhead = 0; // ms
let isUp = true;
let isCut = false; // for long enough to be told
let areKeysOn = by("desk").dataset.keys === "on";
let cutTimer = 0;
/** @type {"digits" | "transfer" | null} */ let drawer = null;
let saidActive = 0;

const work = new Work((isSaved) => tell(isSaved ? "" : "下書きを保存できません。内容は画面に残っています。"));
const audio = new SeatAudio({ element: by("ear"), tell: () => snapshot && render() });

const now = () => Date.now() + serverAhead;
const view = () => (looking ? looking.view : snapshot?.view ?? snapshot?.next) ?? null;
const caller = () => (looking ? looking.caller : snapshot?.caller) ?? null;

/** What the parts of the page that enter something know of it. */
const desk = {
  work, view, caller, render, tell,
  isUp: () => isUp,
  isTalking: () => !looking && snapshot.operator?.state === "talking",
  /** @param {any} newest of the case that is shown */
  put: (newest) => (looking ? (looking.view = newest) : (snapshot.view = newest)),
  again: () => lookAgain(),
  /** @param {string} attempt whose result is in */
  leave: (attempt) => {
    if (callShown() !== attempt || !looking) return;
    looking = null; // the snapshot that tells of it may have come before this answer
    render();
  },
};
const entering = new Entering(desk);
const choosing = new Choosing(desk);

const callShown = () => view()?.call?.attempt ?? caller()?.call ?? null;

// --- what the server says

/** @param {any} newest */
function take(newest) {
  const before = snapshot;
  snapshot = newest;
  serverAhead = Date.parse(newest.at) - Date.now();
  const attempt = newest.call?.attempt ?? null;
  if (attempt && attempt !== before?.call?.attempt) looking = null;
  if (before && before.operator?.state !== "talking" && newest.operator?.state === "talking") audio.join();
  void audio.want(newest.operator?.seat === "browser");
  if (!newest.operator && before?.operator !== null) void loadSeats();
  if (attempt && attempt !== before?.call?.attempt) tell("");
  render();
  const failed = newest.transfer_failed;
  if (failed && JSON.stringify(failed) !== JSON.stringify(before?.transfer_failed ?? null)) tell(`転送できませんでした。${failed.why}。`);
}

async function loadSeats() {
  try {
    seats = (await ask("GET", "/desk/seats")).seats;
    render();
  } catch {
    // said by the banner; asked again with the next snapshot
  }
}

function render() {
  const shown = view();
  const attempt = callShown();
  const isUnknown = Boolean(caller()) && !shown?.call;
  const isNew = work.open(attempt, looking ? looking.draft : snapshot.draft);
  if (isNew) closeForm();
  const can = allowed(snapshot, isUp);
  showBar(snapshot);
  showPhone(snapshot.operator, audio.state);
  showCalls(snapshot, can);
  by("phone").hidden = !audio.isStopped;
  showWarnings(shown);
  showPassed(snapshot);
  announce(snapshot.caller, snapshot.view);
  showCaller(caller(), shown, isUp, choosing.acts);
  showNotices(snapshot.notices, audio);
  showPerson(shown, work.content, {
    identify,
    set: (name, value) => work.set(name, value),
    dial: can.has("dial") && shown && !shown.call && (snapshot.can.dial || !looking) ? (number) => order("dial", { case: shown.case, number }) : null,
    canIdentify: isUp && !shown?.records?.length,
    isUnknown,
  });
  showMoney(shown, isUnknown, snapshot.can.decide && isUp ? () => askDecision(view, { again: lookAgain, tell }) : null);
  if (shown?.call) showScript(shown, work.content, { go, back });
  else if (isUnknown) showUnknown(caller(), choosing.acts);
  else showIdle(snapshot, seats, audio, { takeSeat, open: openTalk, dial: () => {}, skip: (reason) => order("skip", { case: shown.case, reason }) });
  if (isUnknown) showInquiries(caller(), work.content.inquiry, (key) => entering.ask(key, true));
  else showResults(shown, work.content.result, (key) => entering.choose(key, true));
  showLooking();
  showDrawer(can);
  showAlert();
  allowSaving(...entering.saving());
  tick(snapshot, now());
  by("desk").dataset.call = attempt ? "yes" : "none";
  if (isNew && work.content.result && shown?.call) void entering.choose(work.content.result, false);
  if (isNew && work.content.inquiry && isUnknown) entering.ask(work.content.inquiry, false);
  if (isNew && attempt && !isWriting() && !document.querySelector("dialog[open]")) toTheCall(isUnknown);
}

/** The hand goes to what comes first: the search, unless there are persons to choose from. @param {boolean} isUnknown */
function toTheCall(isUnknown) {
  by(isUnknown && !caller().matches.length ? "search-words" : "script-title")?.focus();
}

function showAlert() {
  const said = [
    isCut ? "サーバーとの接続が切れました。自動で接続し直しています。通話はそのまま続けられ、入力した内容は残ります。" : "",
    snapshot?.operator?.seat === "browser" ? audio.reason : "",
    snapshot?.operator?.leg_state === "lost" && !audio.reason ? "通話の接続が切れました。自動で接続し直しています。" : "",
    snapshot && !snapshot.engine.ready ? `架電の制御が止まっています。${snapshot.engine.why ?? ""}通話と結果の入力は続けられます。` : "",
  ].filter(Boolean).join(" ");
  if (by("alert").textContent !== said) by("alert").textContent = said;
}

function showLooking() {
  by("looking").hidden = !looking;
  show("looking", looking && (callShown() ?? looking.view.case), () => [
    make("span", { text: looking && callShown() ? "以前の通話の結果を入力しています。" : "検索した案件を表示しています。" }),
    make("button", { type: "button", text: "この表示を閉じる", onclick: () => {
      looking = null;
      render();
    } }),
  ]);
}

// --- the talk

/** @param {boolean} confirmed */
async function identify(confirmed) {
  const { attempt, content } = work;
  if (!attempt) return false;
  by("identity-error").textContent = "";
  if (confirmed && !content.identity_how) {
    by("identity-error").textContent = "確認の方法を選んでください。";
    by("identity-how").focus();
    return false;
  }
  try {
    const answer = await ask("POST", "/desk/identity", { attempt, case: view().case, how: content.identity_how, confirmed });
    if (work.attempt !== attempt) return false;
    work.set("identity_confirmed", confirmed);
    desk.put(answer.view);
    render();
    if (document.activeElement === document.body) by("script-title")?.focus(); // the button that was pressed is grey now
    say(confirmed ? "本人確認済み。未納額を表示しました" : "本人確認ができていません。未納額は表示しません");
    return true;
  } catch (refused) {
    tell(/** @type {Error} */ (refused).message);
    return false;
  }
}

/** @param {any} branch */
async function go(branch) {
  const { script, amounts } = view();
  if (branch.confirms && !amounts && !(await identify(true))) return;
  const steps = work.content.steps.length ? work.content.steps : [script.first];
  work.set("steps", [...steps, branch.to]);
  render();
  by("script-title")?.focus();
  if (branch.result && !work.content.result) void entering.choose(branch.result, false);
}

function back() {
  work.set("steps", work.content.steps.slice(0, -1));
  render();
  by("script-title")?.focus();
}

// --- earlier talks, and cases

/** @param {string} attempt */
async function openTalk(attempt) {
  try {
    looking = await ask("GET", `/desk/talks/${encodeURIComponent(attempt)}`);
    tell("");
    render();
    by("script-title")?.focus();
  } catch (refused) {
    tell(/** @type {Error} */ (refused).message);
  }
}

/** @param {number} number of a case */
async function openCase(number) {
  try {
    looking = await ask("GET", `/desk/cases/${number}`);
    render();
  } catch (refused) {
    tell(/** @type {Error} */ (refused).message);
  }
}

/** What is looked at, as it is now; a call that stands at the desk comes by itself. */
function lookAgain() {
  return !looking ? undefined : callShown() ? openTalk(callShown()) : openCase(looking.view.case);
}

// --- orders

let ordered = Promise.resolve();

/** One after the other, as the hand gave them. @param {string} kind @param {object} [detail] @param {string} [phone] */
function order(kind, detail = {}, phone) {
  ordered = ordered.then(() => give({ kind, detail, ...(phone ? { phone } : {}) }));
  return ordered;
}

/** @param {object} wanted */
async function give(wanted) {
  tell("");
  try {
    const { ok, answer } = await ask("POST", "/desk/orders", wanted);
    if (!ok) tell(answer);
  } catch (refused) {
    tell(/** @type {Error} */ (refused).message);
  }
}

/** @param {string} phone @param {string} seat */
async function takeSeat(phone, seat) {
  await order("take_seat", { seat }, phone);
  void loadSeats();
}

const ACTS = /** @type {Record<string, () => void>} */ ({
  ready: () => order("ready"),
  pause: () => askPause((reason) => order("pause", { reason })),
  leave: () => order("leave_seat"),
  hold: () => order(snapshot.operator.on_hold ? "unhold" : "hold"),
  mute: () => order(snapshot.operator.muted ? "unmute" : "mute"),
  digits: () => openDrawer("digits"),
  transfer: () => openDrawer("transfer"),
  help: () => order("help", { on: !snapshot.operator.help }),
  voicemail: () => order("correct", { what: "voicemail" }),
  fax: () => order("correct", { what: "fax" }),
  announcement: () => order("correct", { what: "announcement" }),
  hang_up: () => order("hang_up"),
  extend: () => order("extend"),
  unfinished: () => showUnfinished(snapshot, openTalk),
  search: () => (choosing.isUnder() ? by("search-words").focus() : askSearch("案件の検索", "開く", [], openCase)),
  keys: () => showKeys(areKeysOn, turnKeys),
  menu: () => showMenu(snapshot.can),
  phone: () => void audio.again(),
});

/** @param {"digits" | "transfer"} which */
function openDrawer(which) {
  drawer = drawer === which ? null : which;
  if (drawer === "transfer") void loadColleagues();
  render();
  if (drawer) /** @type {HTMLElement | null} */ (by("drawer").querySelector("button, select"))?.focus();
}

async function loadColleagues() {
  try {
    ({ colleagues } = await ask("GET", "/desk/colleagues"));
    render();
    if (drawer === "transfer" && document.activeElement === document.body) by("transfer-to")?.focus();
  } catch {
    // said by the banner; asked again when the drawer is opened
  }
}

/** The same as of the result that may be open. @param {string} text */
function note(text) {
  work.set("note", text);
  if (by("field-note")) by("field-note").value = text;
}

/** What was noted so far goes along. @param {string} to @param {string} how */
async function transfer(to, how) {
  await work.save();
  await order("transfer", { to, how });
  void loadColleagues();
}

/** @param {Set<string>} can */
function showDrawer(can) {
  if (drawer && !can.has(drawer)) drawer = null;
  const isOpen = drawer ?? (snapshot.operator?.consulting ? "transfer" : null);
  by("drawer").hidden = !isOpen;
  for (const which of ["digits", "transfer"]) {
    document.querySelector(`[data-act="${which}"]`)?.setAttribute("aria-expanded", String(isOpen === which));
  }
  const departments = snapshot.transfers ?? [];
  const consulting = snapshot.operator?.consulting ?? null;
  show("drawer", [isOpen, departments, colleagues, consulting, snapshot.consulted, work.attempt], () => {
    if (isOpen === "digits") return digitsDrawer(order);
    if (isOpen !== "transfer") return [];
    const known = { operator: snapshot.operator, departments, colleagues, consulted: snapshot.consulted,
      note: work.content.note, longest: view()?.form?.note_longest ?? 1000 };
    return transferDrawer(known, { order, begin: transfer, note });
  });
}

/** Keys on or off for the account. @param {boolean} areOn */
function turnKeys(areOn) {
  areKeysOn = areOn;
  tellKeys(areOn);
  ask("PUT", "/desk/keys", { on: areOn }).catch((refused) => tell(`キーの設定を保存できません。${refused.message}`));
}

/** @param {string} words beside the hand, not only for whoever cannot see @param {"trouble" | "news"} [tone] */
function tell(words, tone = "trouble") {
  by("told").hidden = !words;
  by("told").dataset.tone = tone;
  by("told").textContent = words;
  if (words) say(words);
}

// --- the page itself

function start() {
  markKeys(document);
  tellKeys(areKeysOn);
  listenForKeys({ isOn: () => areKeysOn });
  document.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest?.("button[data-act]");
    if (button instanceof HTMLButtonElement && !button.disabled) ACTS[button.dataset.act ?? ""]?.();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
    if (drawer) openDrawer(drawer);
    else if (!by("form").hidden) entering.stop();
    else if (document.activeElement?.id === "search-words") by("script-title").focus();
  });

  followDesk({
    snapshot: take,
    line: (line) => {
      if (!snapshot) return;
      snapshot.line = line;
      tick(snapshot, now());
    },
    health: (up) => {
      clearTimeout(cutTimer);
      isUp = up;
      showLink(up);
      const told = () => {
        isCut = !isUp;
        if (snapshot) render();
        else showAlert();
      };
      if (up) told();
      else cutTimer = window.setTimeout(told, ALERT_AFTER_MS);
    },
  });
  window.setInterval(() => {
    if (!snapshot) return;
    tick(snapshot, now());
    if (["talking", "consulting", "hold"].includes(look(snapshot.operator))) sayActive();
  }, 500);
}

/** Who talks need not touch a key: the page is not locked meanwhile. */
function sayActive() {
  if (Date.now() - saidActive < ACTIVE_MS || document.querySelector("dialog[open]")) return;
  saidActive = Date.now();
  void ask("POST", "/active").catch(() => {});
}

start();
