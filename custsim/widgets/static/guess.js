/**
 * Predict first: a number is entered or a curve is drawn, then the outcome is revealed beside it.
 */

import { capital, heading, make, makeButton, newId, show } from "./dom.js";
import { axisUnit, extent, makeAxis, readLooks } from "./chart.js";
import { plainNumber, withUnit } from "./format.js";

/** How many points of a curve can be entered by keyboard. */
const ANCHORS = 6;
/** A curve of so few points is entered whole. */
const FEW = 9;

/** Read a point of a curve as people write it: "1,234.5", "12,5", "12 %", "−3". Anything else: NaN. */
export function readNumber(text) {
  const plain = text.replace(/[−–]/g, "-").replace(/[\s']/g, "").replace(/,(?=\d{3}(?!\d))/g, "");
  const found = plain.match(/^[^\d.,+-]*([-+]?(?:\d+[.,]?\d*|[.,]\d+))[^\d.,a-z]*$/);
  return found ? Number(found[1].replace(",", ".")) : NaN;
}

/** A guess of either form. */
export function buildGuess(root, description, line) {
  return description.form === "curve" ? buildCurve(root, description, line) : buildSingle(root, description, line);
}

function makeReveal() {
  const element = make("div", { class: "reveal", role: "status", hidden: true });
  return { element, put: (message, ...content) => {
    const words = [message.says, message.explain].filter(Boolean).map((text) => make("p", {}, text));
    element.replaceChildren(...content, ...words);
    show(element, true);
  } };
}

function buildSingle(root, description, line) {
  const id = newId("guess");
  const unit = description.unit === "1" ? "" : description.unit;
  const reveal = makeReveal();
  const field = make("input", { id, type: "text", autocomplete: "off" });
  const form = make("form", { class: "answer", onsubmit: (event) => {
    event.preventDefault();
    line.askOnce({ do: "guess", text: field.value });
  } }, make("label", { for: id }, description.question),
  make("div", { class: "row" }, field, unit ? make("span", { class: "unit" }, unit) : "", make("button", {}, "That is my guess")));
  if (Number.isFinite(description.low) && Number.isFinite(description.high)) {
    form.append(make("p", { class: "soft" }, `Between ${plainNumber(description.low)} and ${withUnit(description.high, unit)}.`));
  }
  root.append(...heading(description), form, reveal.element);
  return { receive: (message) => {
    if (message.is !== "revealed") return;
    field.value = plainNumber(message.guess);
    form.querySelectorAll("input, button").forEach((part) => (part.disabled = true));
    reveal.put(message, bars([["Your guess", message.guess, "mine"], [description.label, message.outcome, "outcome"]], unit));
  } };
}

/** Guess and outcome as two bars from zero. */
function bars(rows, unit) {
  const ends = [0, ...rows.map(([, value]) => value)];
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const share = (value) => ((value - low) / (high - low || 1)) * 100;
  return make("div", { class: "two-bars" }, ...rows.map(([name, value, kind]) => {
    const fill = make("span", { class: `fill ${kind}` });
    fill.style.left = `${share(Math.min(0, value))}%`;
    fill.style.width = `${Math.max(0.5, Math.abs(share(value) - share(0)))}%`;
    return make("div", { class: "two-bars-row" }, make("span", {}, name), make("span", { class: "bar-track", "aria-hidden": "true" }, fill), make("strong", {}, withUnit(value, unit)));
  }));
}

/**
 * Fill a curve between two points that were pointed at one after the other.
 * @param {Float64Array} curve NaN where nothing has been drawn
 */
export function strike(curve, from, to) {
  const [first, last] = from.index <= to.index ? [from, to] : [to, from];
  for (let index = first.index; index <= last.index; index += 1) {
    const share = last.index === first.index ? 1 : (index - first.index) / (last.index - first.index);
    curve[index] = first.index === last.index ? to.value : first.value + share * (last.value - first.value);
  }
}

/** Fill what was left out: straight between drawn parts, level beyond them. */
export function complete(curve) {
  const known = Array.from(curve.keys()).filter((index) => Number.isFinite(curve[index]));
  if (!known.length) return curve;
  known.slice(1).forEach((index, at) => strike(curve, { index: known[at], value: curve[known[at]] }, { index, value: curve[index] }));
  curve.fill(curve[known[0]], 0, known[0]);
  curve.fill(curve[known.at(-1)], known.at(-1));
  return curve;
}

function buildCurve(root, description, line) {
  const screen = new Curve(root, description, line);
  screen.build();
  return screen;
}

class Curve {
  constructor(root, description, line) {
    Object.assign(this, { root, description, line });
    this.points = description.points;
    this.curve = new Float64Array(this.points).fill(NaN);
    this.outcome = null;
    this.last = null;
  }

  build() {
    const { description } = this;
    this.unit = description.unit === "1" ? "" : description.unit;
    this.axis = makeAxis([description.low, description.high], null, 4);
    this.canvas = make("canvas", { role: "img", class: "drawing", "aria-label": "Nothing drawn yet. You can draw here, or enter points below." });
    this.reveal = makeReveal();
    this.done = makeButton("That is my guess", () => this.submit(), { class: "go", disabled: true });
    this.again = makeButton("Start again", () => this.clear(), { class: "quiet" });
    const entry = make("details", { "aria-label": "Points of the curve" }, make("summary", {}, `Enter points instead of drawing${this.unit && `, in ${this.unit}`}`), this.makeFields());
    this.controls = make("div", {}, entry, make("div", { class: "row" }, this.done, this.again));
    this.key = make("p", { class: "key", hidden: true }, make("span", { class: "solid", "aria-hidden": "true" }), description.label, make("span", { class: "dashed", "aria-hidden": "true" }), "Your guess");
    this.root.append(...heading(description), make("p", { class: "question" }, description.question), (this.invitation = make("p", { class: "soft" }, "Draw the curve with finger or mouse, from left to right.")),
      this.key, make("p", { class: "soft" }, axisUnit(this.axis, this.unit).text), this.canvas, this.controls, this.reveal.element);
    this.canvas.addEventListener("pointerdown", (event) => this.down(event));
    this.canvas.addEventListener("pointermove", (event) => this.moved(event));
    this.canvas.addEventListener("pointerup", (event) => this.up(event));
    this.canvas.addEventListener("pointercancel", (event) => this.up(event));
    this.sizes = new ResizeObserver(() => this.draw());
    this.sizes.observe(this.canvas);
    this.themes = new MutationObserver(() => this.draw());
    for (const place of [document.documentElement, document.body]) this.themes.observe(place, { attributes: true });
  }

  close() {
    this.sizes.disconnect();
    this.themes.disconnect();
  }

  /** Where a point of the curve is, in words. */
  place(index) {
    return this.description.across.replace("{}", plainNumber(this.description.at[index]));
  }

  makeFields() {
    const spots = this.points <= FEW ? this.points : ANCHORS;
    this.fields = Array.from({ length: spots }, (_, at) => Math.round((at / (spots - 1)) * (this.points - 1))).map((index) => {
      const id = newId("point");
      const input = make("input", { id, type: "text", autocomplete: "off", onchange: () => this.typed() });
      return { index, input, element: make("div", {}, make("label", { for: id }, capital(this.place(index))), input) };
    });
    this.wrong = make("p", { class: "problem", role: "alert" });
    return make("div", {}, make("div", { class: "points" }, ...this.fields.map((field) => field.element)), this.wrong);
  }

  /** Points were entered: the curve runs straight through them. */
  typed() {
    this.curve.fill(NaN);
    const { low, high } = this.description;
    this.wrong.textContent = "";
    for (const { index, input } of this.fields) {
      const value = readNumber(input.value);
      if (value >= low && value <= high) this.curve[index] = value;
      else if (input.value.trim()) this.wrong.textContent = `${capital(this.place(index))}: write a number from ${plainNumber(low)} to ${withUnit(high, this.unit)}, such as 12.5.`;
    }
    complete(this.curve);
    this.changed(false);
  }

  at(event) {
    const box = this.canvas.getBoundingClientRect();
    const { left, right, top, bottom } = this.frame;
    const share = (event.clientX - box.left - left) / (right - left);
    const height = (bottom - (event.clientY - box.top)) / (bottom - top);
    const { low, high } = this.description;
    const value = this.axis.low + height * (this.axis.high - this.axis.low);
    return { index: Math.min(this.points - 1, Math.max(0, Math.round(share * (this.points - 1)))), value: Math.min(high, Math.max(low, value)) };
  }

  down(event) {
    if (this.outcome || this.last || !this.frame) return; // one finger draws
    this.canvas.setPointerCapture(event.pointerId);
    event.preventDefault();
    this.finger = event.pointerId;
    this.last = this.at(event);
    strike(this.curve, this.last, this.last);
    this.changed(true);
  }

  moved(event) {
    if (!this.last || event.pointerId !== this.finger) return;
    const now = this.at(event);
    strike(this.curve, this.last, now);
    this.last = now;
    this.changed(true);
  }

  up(event) {
    if (!this.last || event.pointerId !== this.finger) return;
    this.last = null;
    complete(this.curve);
    this.changed(true);
  }

  changed(fields) {
    if (fields) this.wrong.textContent = ""; // what was wrong in a field is not there any more
    const any = this.curve.some(Number.isFinite);
    this.done.disabled = !any;
    if (fields) for (const { index, input } of this.fields) input.value = Number.isFinite(this.curve[index]) ? plainNumber(this.curve[index]) : "";
    this.name();
    this.draw();
  }

  clear() {
    this.curve.fill(NaN);
    this.changed(true);
  }

  name() {
    const told = this.fields.filter(({ index }) => Number.isFinite(this.curve[index])).map(({ index }) => `${this.place(index)}: ${plainNumber(this.curve[index])}`);
    this.canvas.setAttribute("aria-label", told.length ? `Your curve. ${capital(told.join(", "))}` : "Nothing drawn yet. You can draw here, or enter points below.");
  }

  submit() {
    this.line.askOnce({ do: "guess", curve: Array.from(complete(this.curve), (value) => Number(value.toPrecision(6))) });
  }

  receive(message) {
    if (message.is !== "revealed") return;
    this.last = null; // what is being drawn when the outcome arrives is no guess any more
    this.curve = Float64Array.from(message.guess);
    this.outcome = Float64Array.from(message.outcome, (value) => value ?? NaN);
    show(this.controls, false);
    show(this.invitation, false);
    show(this.key, true);
    this.reveal.put(message);
    this.name();
    this.draw();
  }

  /** The drawing: axes, the guess, and the outcome once it is revealed. */
  draw() {
    const [width, height] = [this.canvas.clientWidth, this.canvas.clientHeight];
    if (!width || !height) return;
    const ratio = window.devicePixelRatio || 1;
    const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== across || this.canvas.height !== down) [this.canvas.width, this.canvas.height] = [across, down];
    const context = this.canvas.getContext("2d", { alpha: false });
    context.setTransform(across / width, 0, 0, down / height, 0, 0);
    this.paint(context, width, height, readLooks(this.root));
  }

  paint(context, width, height, looks) {
    this.axis = makeAxis([this.description.low, this.description.high], this.outcome && extent([this.outcome]), 4);
    const unit = axisUnit(this.axis, this.unit);
    context.fillStyle = looks.ground;
    context.fillRect(0, 0, width, height);
    context.font = `${looks.letters}px ${looks.family}`;
    const left = 12 + Math.max(...this.axis.ticks.map((tick) => context.measureText(unit.write(tick)).width));
    const frame = { left, right: width - 18, top: 12, bottom: height - looks.letters * 2 - 20 };
    const x = (index) => frame.left + (index / (this.points - 1)) * (frame.right - frame.left);
    const y = (value) => frame.bottom - ((value - this.axis.low) / (this.axis.high - this.axis.low)) * (frame.bottom - frame.top);
    this.frame = frame;
    this.paintAxes(context, x, y, unit, looks);
    this.paintRow(context, this.outcome, x, y, looks.named("blue"), []);
    this.paintRow(context, this.curve, x, y, this.outcome ? looks.before : looks.named("vermilion"), this.outcome ? [6, 4] : []);
  }

  paintAxes(context, x, y, unit, looks) {
    const { left, right, bottom } = this.frame;
    context.lineWidth = 1;
    context.textBaseline = "middle";
    context.textAlign = "right";
    for (const tick of this.axis.ticks) {
      context.strokeStyle = looks.grid;
      context.beginPath();
      context.moveTo(left, Math.round(y(tick)) + 0.5);
      context.lineTo(right, Math.round(y(tick)) + 0.5);
      context.stroke();
      context.fillStyle = looks.soft;
      context.fillText(unit.write(tick), left - 8, y(tick));
    }
    context.textBaseline = "top";
    context.textAlign = "center";
    this.fields.forEach(({ index }) => context.fillText(plainNumber(this.description.at[index]), x(index), bottom + 8));
    context.fillText(this.description.across.replace("{}", "").trim(), (left + right) / 2, bottom + 12 + looks.letters);
  }

  paintRow(context, row, x, y, colour, dash) {
    if (!row) return;
    context.strokeStyle = colour;
    context.lineWidth = 3;
    context.lineJoin = "round";
    context.setLineDash(dash);
    context.beginPath();
    let down = false;
    row.forEach((value, index) => {
      if (Number.isFinite(value)) context[down ? "lineTo" : "moveTo"](x(index), y(value));
      down = Number.isFinite(value);
    });
    context.stroke();
    context.setLineDash([]);
  }
}
