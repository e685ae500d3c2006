/** What reaches beyond the day: targets with where they will end, and contacts by day of the week and hour. */

import { by, cell, element, fill, grouped, opens, percent } from "./day-dom.js";

const FEW = 20;

/** @param {any} told */
export function showTargets({ at, targets, later }) {
  by("targets-at").textContent = `${at} 集計`;
  fill(by("targets"), ...targets.map(target));
  by("targets-later").textContent = later.length ? `いまは期間外の目標: ${later.map((/** @type {any} */ one) => one.name).join("、")}` : "";
}

/** @param {any} one */
function target(one) {
  /** @param {number | null} value */
  const said = (value) => (value === null ? "－" : one.is_rate ? percent(value) : `${grouped(Math.round(value))}${one.unit}`);
  const row = element("tr", {}, element("th", { scope: "row" }, one.name, " ", element("small", {}, `${one.clause}`)), element("td", {}, `${one.first}～${one.last}`), cell(said(one.goal)));
  if (one.not_counted) {
    row.append(element("td", { class: "words", colspan: "4" }, one.not_counted));
    return row;
  }
  const query = { first: one.listed_from, last: one.until, ...one.behind };
  const now = element("td", { class: "number" }, opens(one.count, query, one.name, said(one.value)));
  if (one.of !== null) now.append(element("small", {}, `${grouped(one.count)} / ${grouped(one.of)}件`));
  if (one.of_listed !== null) now.append(element("small", {}, `名簿に対し ${percent(one.of_listed)}`));
  const reached = one.value === null ? 0 : Math.min(1, one.value / one.goal);
  const bar = element("meter", { min: "0", max: "1", value: String(reached), "aria-label": `${one.name}の進み` });
  const words = one.forecast ? `${said(one.forecast[1])}（${said(one.forecast[0])}～${said(one.forecast[2])}）` : "実績が足りません";
  row.append(
    now,
    element("td", {}, bar, ` ${Math.floor(100 * reached)}%`),
    element("td", {}, words, element("small", {}, `実績${one.days_done}日、残り${one.days_left}日`)),
    element("td", { "data-prospect": one.prospect?.key ?? "" }, one.prospect?.name ?? "－"),
  );
  return row;
}

/** @param {any} told */
export function showHours({ first, last, at, hours, days, cells }) {
  by("hours-at").textContent = `${first}から${last}まで、${at} 集計`;
  fill(by("map-hours"), element("th", { scope: "col" }, "曜日"), ...hours.map((/** @type {number} */ hour) => element("th", { scope: "col" }, `${hour}時`)));
  const rates = Object.values(cells).filter((one) => one.tried >= FEW).map((one) => one.rate);
  const [least, most] = [Math.min(...rates), Math.max(...rates)];
  fill(by("map"), ...days.map((/** @type {any} */ day) => element(
    "tr", {},
    element("th", { scope: "row" }, day.name),
    ...hours.map((/** @type {number} */ hour) => place(cells[`${day.key}.${hour}`], { first, last, weekday: day.key, hour: String(hour) }, `${day.name} ${hour}時`)),
  )));

  /** @param {any} one @param {Record<string, string>} query @param {string} label */
  function place(one, query, label) {
    if (!one) return element("td", {}, "");
    const isFew = one.tried < FEW;
    const level = isFew ? 0 : most > least ? 1 + Math.min(3, Math.floor((4 * (one.rate - least)) / (most - least))) : 1;
    const made = element("td", { "data-level": String(level) }, element("b", {}, percent(one.rate)));
    if (isFew) made.dataset.few = "";
    made.append(
      opens(one.reached, { ...query, figure: "contacts" }, `${label} 接触`),
      " / ",
      opens(one.tried, { ...query, figure: "tried" }, `${label} 対象の架電`),
    );
    return made;
  }
}
