/**
 * Numbers as people read them: thousands separators, a true minus sign, round ticks.
 */

const MINUS = "\u2212";

/**
 * Write a number with thousands separators and no needless decimals.
 * @param {number} value
 * @param {number|null} [decimals] digits after the point; by default as many as the size calls for
 * @returns {string} "1,234.5"; a dash where there is no value
 */
export function plainNumber(value, decimals = null) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  const most = decimals ?? (size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
  const text = size.toLocaleString("en-GB", { minimumFractionDigits: decimals ?? 0, maximumFractionDigits: most });
  return value < 0 && /[1-9]/.test(text) ? MINUS + text : text;
}

/**
 * The least number of decimals that tells multiples of a step apart.
 * @param {number} step
 */
export function decimalsOf(step) {
  let decimals = 0;
  while (decimals < 6 && Math.abs(Number(step.toFixed(decimals)) - step) > 1e-9 * Math.max(1, step)) decimals += 1;
  return decimals;
}

/** Write a number with its unit. */
export function withUnit(value, unit) {
  return [plainNumber(value), unit].filter(Boolean).join(" ");
}

const LADDER = [1, 2, 2.5, 5, 10];

/**
 * Round ticks from the ladder 1, 2, 2.5, 5, 10 that span at least low to high.
 * @param {number} low
 * @param {number} high
 * @param {number} about how many steps are wanted
 * @returns {number[]}
 */
export function niceTicks(low, high, about) {
  const rough = (high - low) / Math.max(1, about);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * LADDER.find((rung) => rung * power >= rough * (1 - 1e-9));
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

/**
 * Round ticks from low to high; if some step meets both ends, one that does.
 * @param {number} low
 * @param {number} high
 * @param {number} about how many steps are wanted
 */
export function ticksWithin(low, high, about) {
  const power = 10 ** Math.floor(Math.log10((high - low) / Math.max(1, about)));
  const meets = (step) => [low, high].every((end) => Math.abs(end / step - Math.round(end / step)) < 1e-6);
  const steps = LADDER.map((rung) => rung * power).filter((step) => meets(step) && (high - low) / step <= 1.5 * about);
  const far = (step) => Math.abs(Math.log((high - low) / step / about));
  const best = steps.sort((one, other) => far(one) - far(other))[0];
  const room = 1e-9 * (high - low);
  return niceTicks(low, high, best ? (high - low) / best : about).filter((tick) => tick >= low - room && tick <= high + room);
}

/**
 * Months at which a time axis has its ticks, and what is written there: years, or months if the time is short.
 * @param {number} months length of the run
 * @param {number} about how many are wanted
 * @returns {{month: number, text: string}[]} the last one carries the unit
 */
export function monthTicks(months, about) {
  const years = months > 18;
  const unit = years ? 12 : 1;
  const steps = years ? [1, 2, 5, 10, 20, 50] : [1, 2, 3, 6];
  const whole = Math.floor(months / unit);
  const step = steps.find((candidate) => whole / candidate <= Math.max(2, about)) ?? steps.at(-1);
  const ticks = [];
  for (let at = 0; at <= whole; at += step) ticks.push({ month: at * unit, text: String(at) });
  const last = ticks.at(-1);
  last.text = `${last.text} ${years ? "years" : "months"}`;
  return ticks;
}

/**
 * Say which month is meant: "month 17 (year 2)".
 * @param {number} index 0 for the first month
 */
export function monthName(index) {
  return `month ${index + 1}` + (index >= 12 ? ` (year ${Math.floor(index / 12) + 1})` : "");
}

/** An amount and its unit, of a text such as "20,802 EUR a month". */
export function apartFromUnit(text) {
  return (text.match(/^(\S+(?: %)?)\s*(.*)$/s) ?? [null, text, ""]).slice(1);
}
