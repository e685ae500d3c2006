/** A day's figures as tables; each number opens its calls. */

import { by, cell, element, fill, grouped, lasted, opens, percent } from "./day-dom.js";

/** @param {any} day */
export function showHead({ day, head }) {
  /** @param {string} figure @param {string} name */
  const calls = (figure, name) => opens(head[figure], { day, figure }, name, `${grouped(head[figure])}件`);
  const target = head.answer_rate_target;
  const isLow = target !== null && head.answer_rate !== null && head.answer_rate < target;
  const tried = opens(head.tried, { day, figure: "tried" }, "接触率の対象となる架電", `対象 ${grouped(head.tried)}件`);
  const persons = opens(head.persons, { day, figure: "persons" }, "応答者", `応答者 ${grouped(head.persons)}人`);
  const atOnce = opens(head.callers_gave_up_at_once, { day, figure: "callers_gave_up_at_once" }, "5秒以内の放棄", `${grouped(head.callers_gave_up_at_once)}件`);
  const missing = opens(head.not_noted, { day, figure: "not_noted" }, "結果未入力", `${grouped(head.not_noted)}件`);
  fill(
    by("head"),
    box("発信", calls("placed", "発信"), [calls("talks", "通話"), "が通話"]),
    box("応答", calls("answered", "応答"), ["機械を含む"]),
    box("接触", calls("contacts", "接触"), [`${percent(head.contact_rate)} `, tried]),
    box("放棄", calls("left_alone", "放棄"), [`${percent(head.left_alone_rate)} `, persons, head.lost_by_ear ? `　ほかに機械と誤認 推計${head.lost_by_ear}人` : ""]),
    box("着信", calls("callers", "着信"), [`応答率 ${percent(head.answer_rate)}${target === null ? "" : `（目標 ${percent(target)}）`}`], isLow),
    box("着信の放棄", calls("callers_gave_up", "着信の放棄"), ["5秒以内 ", atOnce]),
    box("待ち（平均）", opens(head.callers_answered, { day, figure: "callers_answered" }, "待ち（平均）", lasted(head.wait_mean)), [`最長 ${lasted(head.wait_longest)}`]),
    box("稼働率", opens(head.all_talks, { day, figure: "all_talks" }, "稼働率", percent(head.utilisation)), ["通話と後処理"]),
    box("納付約束", calls("all_promises", "納付約束"), ["結果未入力 ", missing]),
  );
}

/** @param {string} name @param {Node | string} value @param {(Node | string)[]} more @param {boolean} [heed] */
function box(name, value, more, heed = false) {
  const figure = element("dd", {}, value, element("small", {}, ...more));
  return element("div", { "data-heed": heed ? "yes" : "no" }, element("dt", {}, name), figure);
}

const OF_QUARTERS = { placed: "発信", answered: "応答", contacts: "接触", left_alone: "放棄", callers: "着信", callers_answered: "着信の応答", callers_gave_up: "着信の放棄" };

/** @param {any} day */
export function showQuarters({ day, quarters }) {
  fill(by("quarters"), ...quarters.map((/** @type {any} */ one) => {
    /** @param {keyof typeof OF_QUARTERS} figure */
    const calls = (figure) => cell(opens(one[figure], { day, quarter: one.label, figure }, `${one.label} ${OF_QUARTERS[figure]}`));
    return element(
      "tr", {},
      element("th", { scope: "row" }, one.is_over ? one.label : `${one.label}（途中）`),
      ...[calls("placed"), calls("answered"), calls("contacts"), cell(percent(one.contact_rate)), calls("left_alone"), cell(percent(one.left_alone_rate))],
      ...[calls("callers"), calls("callers_answered"), calls("callers_gave_up"), cell(lasted(one.wait_mean)), cell(lasted(one.wait_longest)), cell(percent(one.utilisation))],
    );
  }));
}

/** @param {any} day */
export function showOperators({ day, operators }) {
  fill(by("operators"), ...operators.map((/** @type {any} */ one) => {
    /** @param {string} figure @param {string} name */
    const calls = (figure, name) => cell(opens(one[figure], { day, operator: one.login, figure }, `${one.name} ${name}`));
    return element(
      "tr", {},
      element("th", { scope: "row" }, one.name),
      ...[calls("all_talks", "通話"), calls("all_contacts", "接触"), cell(percent(one.contact_rate)), calls("all_promises", "納付約束"), calls("not_noted", "結果未入力")],
      ...[one.talk_seconds, one.talk_mean, one.wrap_up_mean, one.pause_seconds].map((seconds) => cell(lasted(seconds))),
      cell(percent(one.utilisation)),
    );
  }));
}

/** @param {any} day */
export function showOutcomes({ day, outcomes }) {
  fill(by("outcomes"), ...outcomes.map((/** @type {any} */ one) => {
    const direction = one.direction === "attempt" ? "架電" : "着信";
    const query = { day, direction: one.direction, outcome: one.outcome };
    return element(
      "tr", {},
      element("td", {}, direction),
      element("th", { scope: "row" }, one.name),
      cell(opens(one.calls, query, `${direction} ${one.name}`)),
      cell(percent(one.share)),
    );
  }));
}
