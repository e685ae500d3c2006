/** The strips: what happened in each quarter of an hour, drawn. Who does not see them has the table. */

import uPlot from "./vendor/uplot-1.6.32.js";
import { by } from "./day-dom.js";

const HEIGHT = 190;
const QUARTER_SECONDS = 900;
const FEWEST = 10;
const LINES = [
  { colour: "--key", dash: [] },
  { colour: "--heed", dash: [8, 5] },
  { colour: "--good", dash: [2, 4] },
  { colour: "--bad", dash: [8, 5] },
];
const CLOCK = new Intl.DateTimeFormat("ja-JP", { timeZone: "Asia/Tokyo", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** @type {{id: string, lines: number[], of: (quarter: any) => (number | null)[]}[]} */
const STRIPS = [
  { id: "strip-calls", lines: [0, 1, 2], of: (one) => [one.placed, one.answered, one.contacts] },
  { id: "strip-rates", lines: [0, 3], of: (one) => [enough(one.tried, one.contact_rate), enough(one.persons, one.left_alone_rate)] },
  { id: "strip-waits", lines: [0, 1], of: (one) => [one.wait_mean, one.wait_longest] },
  { id: "strip-work", lines: [0], of: (one) => [hundredths(one.utilisation)] },
];

/** @param {number | null} share */
const hundredths = (share) => (share === null ? null : 100 * share);

/** A rate of a few calls says nothing of a quarter of an hour; the table has it. @param {number} of @param {number | null} share */
const enough = (of, share) => (of < FEWEST ? null : hundredths(share));

/** @type {Map<string, any>} */
const drawn = new Map();

/** A quarter that is not over would look like a fall. @param {any[]} all */
export function showStrips(all) {
  const quarters = all.filter((one) => one.is_over);
  if (!quarters.length) return;
  for (const strip of STRIPS) {
    const values = quarters.map(strip.of);
    const data = [quarters.map((one) => one.at), ...strip.lines.map((_, place) => values.map((row) => row[place]))];
    if (!drawn.has(strip.id)) drawn.set(strip.id, plot(strip, data));
    else drawn.get(strip.id).setData(data);
  }
}

/** @param {{id: string, lines: number[]}} strip @param {any[]} data */
function plot({ id, lines }, data) {
  const place = by(id);
  const styles = getComputedStyle(document.documentElement);
  const colour = (/** @type {string} */ name) => styles.getPropertyValue(name).trim();
  const axis = { stroke: colour("--ink-quiet"), grid: { stroke: colour("--line-quiet"), width: 1 }, ticks: { show: false } };
  const made = new uPlot(
    {
      width: place.clientWidth,
      height: HEIGHT,
      cursor: { show: false },
      legend: { show: false },
      scales: {
        x: { time: true, range: (/** @type {any} */ _, /** @type {number} */ first, /** @type {number} */ last) => [first, last + QUARTER_SECONDS] },
        y: { range: (/** @type {any} */ _, /** @type {number} */ __, /** @type {number} */ most) => [0, Math.max(1, most * 1.1)] },
      },
      axes: [
        { ...axis, size: 28, values: (/** @type {any} */ _, /** @type {number[]} */ at) => at.map((one) => CLOCK.format(one * 1000)) },
        { ...axis, size: 44 },
      ],
      series: [
        {},
        ...lines.map((line) => ({
          stroke: colour(LINES[line].colour),
          dash: LINES[line].dash,
          width: 2,
          points: { show: true, size: 5 },
        })),
      ],
    },
    data,
    place,
  );
  new ResizeObserver(() => made.setSize({ width: place.clientWidth, height: HEIGHT })).observe(place);
  return made;
}
