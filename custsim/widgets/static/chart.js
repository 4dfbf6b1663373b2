/**
 * Charts of monthly series on a canvas: the present run solid in colour, the reference run dashed and grey, each line
 * labelled at its end. Drawing is a pure function of size, looks and data.
 */

import { make, newId } from "./dom.js";
import { decimalsOf, monthName, monthTicks, niceTicks, plainNumber, ticksWithin } from "./format.js";

const DASH = [6, 4];

/**
 * Read the looks of charts from the style sheet: colours follow the theme, letters follow the size of the text.
 * @param {Element} element
 */
export function readLooks(element) {
  const style = getComputedStyle(element);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: colour("ink"),
    soft: colour("soft"),
    grid: colour("grid"),
    edge: colour("edge"),
    ground: colour("ground"),
    before: colour("before"),
    named: (name, otherwise) => (name && colour(`line-${name}`)) || otherwise || colour("line-blue"),
    letters: Math.max(14, Math.round(parseFloat(style.fontSize) * 0.875)),
    family: style.fontFamily || "sans-serif",
  };
}

/**
 * Lowest and highest number of some rows, or null where there is none.
 * @param {Iterable<ArrayLike<number>>} rows
 */
export function extent(rows) {
  let low = Infinity;
  let high = -Infinity;
  for (const row of rows) {
    for (let index = 0; index < row.length; index += 1) {
      if (row[index] < low) low = row[index];
      if (row[index] > high) high = row[index];
    }
  }
  return low <= high ? [low, high] : null;
}

/**
 * An axis from low to high with round ticks; widened if something lies beyond, as a band may.
 * @param {number[]|null} scale its ends as the component says; without one, those of the data
 * @param {[number, number]|null} data lowest and highest number
 * @param {number} about how many ticks are wanted
 */
export function makeAxis(scale, data, about) {
  const [least, most] = data ?? scale ?? [0, 1];
  let [low, high] = scale ?? [Math.min(0, least), Math.max(0, most)];
  if (!(low < high)) high = low + 1;
  if (least < low || most > high) {
    const wider = niceTicks(Math.min(low, least), Math.max(high, most), about);
    [low, high] = [wider[0], wider.at(-1)];
  }
  return { low, high, ticks: ticksWithin(low, high, about) };
}

/** How numbers of an axis are written: thousands and millions go into the unit, so that ticks stay short. */
export function axisUnit(axis, unit) {
  const most = Math.max(Math.abs(axis.low), Math.abs(axis.high));
  const [divisor, word] = most >= 2e6 ? [1e6, "million"] : most >= 1e5 ? [1e3, "thousand"] : [1, ""];
  const percent = unit === "share";
  const factor = percent ? 100 : 1 / divisor;
  const decimals = decimalsOf((axis.ticks[1] - axis.ticks[0]) * factor);
  return {
    text: percent ? "%" : [word, unit === "1" ? "" : unit].filter(Boolean).join(" "),
    write: (value) => plainNumber(value * factor, decimals),
  };
}

/** Break a text into lines no wider than a limit, between words only. */
function wrap(context, text, limit) {
  const lines = [];
  for (const word of text.split(/\s+/)) {
    const longer = lines.length ? `${lines.at(-1)} ${word}` : word;
    if (lines.length && context.measureText(longer).width <= limit) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/**
 * Move labels apart so that none covers another and all stay between top and bottom.
 * @param {{at: number, height: number}[]} labels wanted middle and height of each; `y` is set
 */
export function spread(labels, top, bottom) {
  const sorted = [...labels].sort((a, b) => a.at - b.at);
  let floor = top;
  for (const label of sorted) {
    label.y = Math.max(label.at - label.height / 2, floor);
    floor = label.y + label.height;
  }
  let ceiling = bottom;
  for (const label of sorted.reverse()) {
    label.y = Math.min(label.y, ceiling - label.height);
    ceiling = label.y;
  }
  return labels;
}

function lastNumber(row) {
  for (let index = row.length - 1; index >= 0; index -= 1) if (Number.isFinite(row[index])) return index;
  return -1;
}

/** Whether two rows differ somewhere by more than they are rounded. */
function apart(row, other) {
  return row.some((value, index) => Math.abs(value - other[index]) > 1e-4 * Math.abs(value));
}

/** Labels at line ends: names where there are several lines; "now" and "before" where there is one. */
function endLabels(context, series, present, reference, looks, limit) {
  const names = [];
  series.forEach((one, index) => {
    const colour = looks.named(one.colour, one.hex);
    names.push({ text: series.length > 1 ? one.label : "now", colour, row: present[index] });
  });
  if (series.length === 1 && reference.length === 1 && apart(present[0], reference[0])) {
    names.push({ text: "before", colour: looks.soft, row: reference[0], before: true });
  }
  const kept = names.filter((name) => name.row && lastNumber(name.row) >= 0);
  return kept.map((name) => ({ ...name, lines: wrap(context, name.text, limit), end: lastNumber(name.row) }));
}

function drawLine(context, row, x, y) {
  let down = false;
  context.beginPath();
  for (let month = 0; month < row.length; month += 1) {
    if (!Number.isFinite(row[month])) down = false;
    else if (down) context.lineTo(x(month), y(row[month]));
    else {
      context.moveTo(x(month), y(row[month]));
      down = true;
    }
  }
  context.stroke();
}

function drawBand(context, low, high, x, y) {
  const months = Array.from(low.keys()).filter((month) => Number.isFinite(low[month]) && Number.isFinite(high[month]));
  context.beginPath();
  months.forEach((month) => context.lineTo(x(month), y(high[month])));
  months.reverse().forEach((month) => context.lineTo(x(month), y(low[month])));
  context.closePath();
  context.fill();
}

function drawGrid(context, frame, axis, unit, months, looks) {
  const { left, right, foot, x, y } = frame;
  context.lineWidth = 1;
  context.textBaseline = "middle";
  context.textAlign = "right";
  for (const tick of axis.ticks) {
    const at = Math.round(y(tick)) + 0.5;
    context.strokeStyle = tick === 0 && axis.low < 0 ? looks.edge : looks.grid;
    context.beginPath();
    context.moveTo(left, at);
    context.lineTo(right, at);
    context.stroke();
    context.fillStyle = looks.soft;
    context.fillText(unit.write(tick), left - 8, at);
  }
  context.strokeStyle = looks.edge;
  context.textBaseline = "top";
  for (const [index, tick] of monthTicks(months, (right - left) / (looks.letters * 4)).entries()) {
    const at = Math.round(x(tick.month - 1)) + 0.5;
    context.beginPath();
    context.moveTo(at, foot);
    context.lineTo(at, foot + 5);
    context.stroke();
    context.textAlign = index === 0 ? "left" : "center";
    if (index === 0) context.fillText(tick.text, at - looks.letters * 0.28, foot + 8);
    else context.fillText(tick.text, tick.text.includes(" ") ? at + shift(context, tick.text) : at, foot + 8);
  }
}

/** The number of the last tick stands under its tick, the unit behind it. */
function shift(context, text) {
  return (context.measureText(text).width - context.measureText(text.split(" ")[0]).width) / 2;
}

function drawLabels(context, labels, frame, looks) {
  const { right, y, x } = frame;
  const line = looks.letters * 1.15;
  spread(labels.map((label) => Object.assign(label, { at: y(label.row[label.end]), height: label.lines.length * line })), frame.top - 4, frame.bottom + 4);
  context.textAlign = "left";
  context.textBaseline = "middle";
  for (const label of labels) {
    const middle = label.y + label.height / 2;
    context.strokeStyle = label.colour;
    context.fillStyle = label.colour;
    context.lineWidth = 1;
    context.beginPath();
    if (label.end < label.row.length - 1) {
      context.arc(x(label.end), label.at, 4, 0, 2 * Math.PI); // it ends before its time
      context.fill();
    } else {
      context.moveTo(x(label.end) + 3, label.at);
      context.lineTo(right + 10, middle);
      context.stroke();
    }
    label.lines.forEach((text, index) => context.fillText(text, right + 14, label.y + line * (index + 0.5)));
  }
}

/** Marks of what happened, a lane for each kind under the lines: full ones now, hollow ones in the reference run. */
function drawLanes(context, lanes, frame, looks) {
  const { left, right, bottom, x } = frame;
  const height = laneHeight(looks);
  lanes.forEach((lane, index) => {
    const y = bottom + height * (index + 1);
    context.strokeStyle = looks.grid;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(left, Math.round(y) + 0.5);
    context.lineTo(right, Math.round(y) + 0.5);
    context.stroke();
    context.fillStyle = looks.ink;
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillText(lane.label, right + 14, y);
    context.strokeStyle = looks.before;
    context.lineWidth = 2;
    lane.before.forEach((month) => drawMark(context, x(month), y, 7, "stroke"));
    context.fillStyle = looks.named("blue");
    lane.now.forEach((month) => drawMark(context, x(month), y, 5, "fill"));
  });
}

function drawMark(context, x, y, radius, how) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context[how]();
}

function laneHeight(looks) {
  return looks.letters * 1.4;
}

/**
 * Draw one chart.
 * @param {CanvasRenderingContext2D} context scaled so that one unit is one CSS pixel
 * @param {{width: number, height: number}} size
 * @param {object} looks of {@link readLooks}
 * @param {object} data `{series, months, axis, unit, present, reference, bands, lanes, month}`
 * @returns {{left: number, right: number}} where the months are
 */
export function drawChart(context, size, looks, data) {
  const { series, months, axis, unit, present, reference, bands, lanes, month } = data;
  context.fillStyle = looks.ground;
  context.fillRect(0, 0, size.width, size.height);
  context.font = `${looks.letters}px ${looks.family}`;
  context.lineJoin = "round";
  const labels = endLabels(context, series, present, reference, looks, size.width * 0.26);
  const words = [...labels.flatMap((label) => label.lines), ...lanes.map((lane) => lane.label)];
  const wide = Math.max(0, ...words.map((text) => context.measureText(text).width));
  const ticksWide = Math.max(...axis.ticks.map((tick) => context.measureText(unit.write(tick)).width));
  const years = monthTicks(months, 1).at(-1).text; // its unit stands to the right of the axis' end
  const room = Math.max(Math.ceil(wide) + 18, 2 * shift(context, years) + looks.letters);
  const foot = size.height - looks.letters - 14;
  const frame = { left: Math.ceil(ticksWide) + 10, right: size.width - room, top: 10, bottom: foot - (lanes.length ? laneHeight(looks) * (lanes.length + 0.5) : 0), foot };
  frame.x = (index) => frame.left + ((index + 1) / months) * (frame.right - frame.left);
  frame.y = (value) => frame.bottom - ((value - axis.low) / (axis.high - axis.low)) * (frame.bottom - frame.top);
  drawGrid(context, frame, axis, unit, months, looks);
  drawRuns(context, { series, present, reference, bands }, frame, looks);
  drawLanes(context, lanes, frame, looks);
  drawLabels(context, labels, frame, looks);
  if (month !== null && month !== undefined) drawPointer(context, data, frame, looks);
  return frame;
}

function drawRuns(context, { series, present, reference, bands }, frame, looks) {
  const { x, y } = frame;
  series.forEach((one, index) => {
    const colour = looks.named(one.colour, one.hex);
    context.save();
    context.globalAlpha = 0.18;
    if (bands) {
      context.fillStyle = looks.before;
      drawBand(context, bands.reference[index].low, bands.reference[index].high, x, y);
      context.fillStyle = colour;
      drawBand(context, bands.present[index].low, bands.present[index].high, x, y);
    }
    context.restore();
  });
  context.lineWidth = 2;
  context.strokeStyle = looks.before;
  context.setLineDash(DASH);
  reference.forEach((row) => drawLine(context, row, x, y));
  context.setLineDash([]);
  context.lineWidth = 2.75;
  series.forEach((one, index) => {
    context.strokeStyle = looks.named(one.colour, one.hex);
    drawLine(context, present[index], x, y);
  });
}

function drawPointer(context, { series, present, month }, frame, looks) {
  const at = frame.x(month);
  context.strokeStyle = looks.ink;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(at, frame.top);
  context.lineTo(at, frame.foot);
  context.stroke();
  series.forEach((one, index) => {
    if (!Number.isFinite(present[index][month])) return;
    context.beginPath();
    context.arc(at, frame.y(present[index][month]), 4.5, 0, 2 * Math.PI);
    context.fillStyle = looks.named(one.colour, one.hex);
    context.fill();
    context.strokeStyle = looks.ground;
    context.lineWidth = 2;
    context.stroke();
  });
}

/**
 * Make a chart with its heading and its read-out.
 * @param {{title: string, unit: string, series: object[], months: number}} spec
 *   `series` as the component describes them
 * @param {(month: number|null) => void} [pointed] called when the learner points at a month
 */
export function makeChart(spec, pointed = () => {}) {
  const unitText = make("span", { class: "unit" });
  const readout = make("p", { class: "readout", id: newId("readout") });
  const canvas = make("canvas", { role: "img", tabindex: "0", "aria-describedby": readout.id });
  const caption = make("figcaption", {}, make("strong", {}, spec.title), unitText);
  const element = make("figure", { class: "chart" }, caption, canvas, readout);
  const context = canvas.getContext("2d", { alpha: false });
  let data = { series: spec.series, months: spec.months, present: [], reference: [], bands: null, lanes: [], month: null, scale: null };
  let axis = null;
  let frame = null;

  /**
   * Take new numbers: rows of the present and of the reference run, one a series; besides `scale`, `bands`, `lanes`
   * (label, months of the marks `now` and `before`), and `says`: words about a month.
   */
  function take(present, reference, more = {}) {
    data = { ...data, present, reference, ...more };
  }

  /** Axis and unit for the data at hand. */
  function measured(height) {
    const rows = [...data.present, ...data.reference];
    if (data.bands) rows.push(...[...data.bands.present, ...data.bands.reference].flatMap((band) => [band.low, band.high]));
    axis = makeAxis(data.scale, extent(rows), Math.max(2, Math.round(height / 50)));
    return axisUnit(axis, spec.unit);
  }

  function draw(looks) {
    const width = canvas.clientWidth;
    const height = canvas.clientHeight;
    if (!width || !height) return;
    const ratio = window.devicePixelRatio || 1;
    const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== across || canvas.height !== down) [canvas.width, canvas.height] = [across, down];
    const unit = measured(height);
    unitText.textContent = unit.text;
    context.setTransform(across / width, 0, 0, down / height, 0, 0);
    frame = drawChart(context, { width, height }, looks, { ...data, axis, unit });
  }

  /** Draw it elsewhere and at another size, for a picture to keep. */
  function drawAt(other, place, looks) {
    const unit = measured(place.height);
    other.save();
    other.translate(place.left, place.top);
    other.fillStyle = looks.ink;
    other.font = `bold ${looks.letters + 2}px ${looks.family}`;
    other.textBaseline = "top";
    other.textAlign = "left";
    other.fillText(spec.title, 0, 0);
    const wide = other.measureText(`${spec.title}  `).width;
    other.fillStyle = looks.soft;
    other.font = `${looks.letters}px ${looks.family}`;
    other.fillText(unit.text, wide, 2);
    other.translate(0, looks.letters * 2);
    drawChart(other, { width: place.width, height: place.height - looks.letters * 2 }, looks, { ...data, axis, unit, month: null });
    other.restore();
  }

  /** Show the month that is pointed at; with words, since colours alone do not tell. */
  function point(month, aloud = false) {
    data = { ...data, month };
    readout.toggleAttribute("aria-live", false);
    if (aloud) readout.setAttribute("aria-live", "polite");
    readout.textContent = month === null ? "" : readOut(spec, data, axis, month);
  }

  function monthAt(event) {
    if (!frame) return null;
    const at = event.clientX - canvas.getBoundingClientRect().left;
    const month = Math.round(((at - frame.left) / (frame.right - frame.left)) * spec.months) - 1;
    return Math.min(spec.months - 1, Math.max(0, month));
  }

  canvas.addEventListener("pointermove", (event) => pointed(monthAt(event), false));
  canvas.addEventListener("pointerdown", (event) => pointed(monthAt(event), false));
  canvas.addEventListener("pointerleave", () => pointed(null, false));
  canvas.addEventListener("blur", () => pointed(null, false));
  canvas.addEventListener("keydown", (event) => {
    const month = stepped(event.key, data.month, spec.months);
    if (month === undefined) return;
    event.preventDefault();
    pointed(month, true, api);
  });

  const api = { element, canvas, take, draw, drawAt, point, describe: (words) => canvas.setAttribute("aria-label", words) };
  return api;
}

/** The month a key leads to; null: none any more; undefined: not our key. */
function stepped(key, month, months) {
  const from = month ?? -1;
  const far = { ArrowRight: from + 1, ArrowLeft: from - 1, PageUp: from + 12, PageDown: from - 12, Home: 0, End: months - 1 };
  if (key === "Escape") return null;
  return key in far ? Math.min(months - 1, Math.max(0, far[key])) : undefined;
}

/** Say in words what a chart shows in one month. */
function readOut(spec, data, axis, month) {
  const unit = axisUnit(axis, spec.unit);
  const step = (axis.ticks[1] - axis.ticks[0]) / 20;
  const fine = axisUnit({ ...axis, ticks: [0, Number(step.toPrecision(1))] }, spec.unit);
  const parts = spec.series.map((one, index) => {
    const before = data.reference[index] ? ` (${fine.write(data.reference[index][month])})` : "";
    return `${spec.series.length > 1 ? `${one.label} ` : ""}${fine.write(data.present[index][month])}${before}`;
  });
  const name = monthName(month);
  const when = `${name[0].toUpperCase()}${name.slice(1)}${data.reference.length ? ", now (before)" : ""}`;
  const more = data.says?.(month) ?? "";
  return `${when}: ${parts.join("; ")}${spec.series.length === 1 && unit.text ? ` ${unit.text}` : ""}${more && `; ${more}`}`;
}
