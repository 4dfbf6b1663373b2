/**
 * The board: controls of the firm by link of the chain, and what they do to a run, beside a frozen reference run.
 */

import { copyFrom, make, makeAnnouncer, makeButton, newId, show } from "./dom.js";
import { makeChart, readLooks } from "./chart.js";
import { makeControl } from "./controls.js";
import { apartFromUnit } from "./format.js";
import { buildGuess } from "./guess.js";
import { makeCustomerPanel, makePanel, same, tellWhy } from "./panels.js";
import { savePicture } from "./picture.js";

const ARROWS = { up: "▲", down: "▼", same: "=" };
const BETTER = { true: "better", false: "worse" };

/** Split a buffer into rows of one run: one row a series. */
function rowsOf(numbers, run, series, months) {
  return Array.from({ length: series }, (_, index) => {
    const from = (run * series + index) * months;
    return numbers.subarray(from, from + months);
  });
}

/** The setting: only what differs from the start. */
export function settingOf(controls) {
  return Object.fromEntries(controls.filter((control) => control.moved()).map((control) => [control.path, control.value()]));
}

/** Headline numbers: value, change with sign, arrow and word; never by colour alone. */
export function makeNumbers(specs) {
  const tiles = new Map();
  const element = make("dl", { class: "numbers" });
  for (const spec of specs) {
    const value = make("dd", { class: "value" });
    const change = make("dd", { class: "change" });
    element.append(make("div", { class: "number", title: spec.meaning || null }, make("dt", {}, spec.label), value, change));
    tiles.set(spec.name, { value, change });
  }
  function put(numbers) {
    for (const number of numbers) {
      const tile = tiles.get(number.name);
      if (!tile) continue;
      const [amount, unit] = apartFromUnit(number.text);
      tile.value.replaceChildren(make("span", {}, amount), ...(unit ? [" ", make("span", { class: "unit" }, unit)] : []));
      const still = number.direction === "same" || !number.change;
      const arrow = still ? "" : make("span", { class: "arrow", "aria-hidden": "true" }, ARROWS[number.direction]);
      const [by, byUnit] = apartFromUnit(number.change ?? "");
      const word = number.good === null || number.good === undefined ? "" : `, ${BETTER[number.good]}`;
      tile.change.replaceChildren(arrow, still ? "no change" : ` ${byUnit && byUnit !== unit ? `${by} ${byUnit}` : by}${word}`);
      tile.change.dataset.good = still ? "" : String(number.good);
    }
  }
  return { element, put };
}

/** Controls in groups, in the order of the chain. */
function makeGroups(description, changed) {
  const specs = new Map(description.controls.map((control) => [control.path, control]));
  const controls = [];
  const element = make("div", { class: "controls" });
  for (const group of description.groups) {
    const own = group.controls.map((path) => makeControl(specs.get(path), changed));
    controls.push(...own);
    element.append(make("fieldset", { "data-link": group.link }, make("legend", {}, group.label), ...own.map((control) => control.element)));
  }
  return { element, controls };
}

/** Share and restore: a setting as a short text. */
function makeShare(restore) {
  const [shareId, restoreId] = [newId("share"), newId("restore")];
  const text = make("input", { id: shareId, readonly: true, spellcheck: "false", onfocus: () => text.select() });
  const given = make("input", { id: restoreId, spellcheck: "false", autocomplete: "off" });
  const copied = make("span", { role: "status" });
  const copy = makeButton("Copy", async () => {
    copied.textContent = (await copyFrom(text)) ? "Copied." : "Selected: copy it with Ctrl+C.";
  });
  const element = make("section", { class: "panel share", hidden: true, "aria-label": "Share or restore a setting" },
    make("div", { class: "row" }, make("label", { for: shareId }, "This setting as a text"), text, copy, copied),
    make("form", { class: "row", onsubmit: (event) => {
      event.preventDefault();
      if (given.value.trim()) restore(given.value.trim());
    } }, make("label", { for: restoreId }, "A text you were given"), given, make("button", {}, "Restore")));
  return { element, put: (value) => {
    if (text.value !== value) copied.textContent = "";
    text.value = value;
  } };
}

/**
 * Build the board's screen.
 * @param {HTMLElement} root
 * @param {object} description what the component says about itself
 * @param {object} line of {@link openLine}
 */
export function buildBoard(root, description, line) {
  const board = new Board(root, description, line);
  board.build();
  return board;
}

class Board {
  constructor(root, description, line) {
    Object.assign(this, { root, description, line });
    this.view = null;
    this.present = [];
    this.reference = [];
    this.bands = null;
    this.held = {}; // the reference setting whose rows are at hand
    this.revealed = false; // whether the prediction is shown against the outcome
    this.asked = {}; // number of the newest slow question of each kind
    this.frame = 0;
  }

  build() {
    const { description, line } = this;
    const { element: groups, controls } = makeGroups(description, (path, value, rest) => this.changed(rest));
    this.controls = controls;
    this.groups = groups;
    this.numbers = makeNumbers(description.numbers);
    this.announcer = makeAnnouncer();
    this.charts = this.makeCharts();
    this.why = makePanel("Why?", () => this.ask("why"));
    this.customer = makeCustomerPanel((person) => this.ask("customer", { person }));
    this.panels = { why: this.why, customer: this.customer };
    this.share = makeShare((text) => this.act({ do: "restore", text }));
    this.bandWords = make("div", { class: "panel", hidden: true, role: "status" });
    this.legend = make("p", { class: "key" }, make("span", { class: "solid", "aria-hidden": "true" }), "now", make("span", { class: "dashed", "aria-hidden": "true" }), "reference: ", (this.referenceName = make("span")));
    const side = make("div", { class: "side" }, this.toolbar(), groups);
    const main = make("div", { class: "main" }, this.numbers.element, this.legend,
      make("div", { class: "charts" }, ...this.charts.map((chart) => chart.element)),
      this.lookBar(), this.share.element, this.bandWords, this.why.element, this.customer.element);
    const head = [description.title ? make("h2", {}, description.title) : "", description.intro ? make("p", { class: "intro" }, description.intro) : ""];
    this.root.append(...head.filter(Boolean), ...this.guessFirst(line), make("div", { class: "board" }, side, main), this.announcer.element);
    this.watch();
    this.open();
  }

  makeCharts() {
    const { description } = this;
    const byName = new Map(description.series.map((series, row) => [series.name, { ...series, row }]));
    return description.charts.map((chart) => {
      const series = chart.series.map((name) => byName.get(name));
      const made = makeChart({ title: chart.title, unit: chart.unit, months: description.months, series }, (month, aloud, from) => this.point(month, aloud, from));
      if (chart.meaning) made.element.title = chart.meaning;
      return Object.assign(made, { id: chart.id, rows: series.map((one) => one.row), title: chart.title });
    });
  }

  toolbar() {
    this.undo = makeButton("Undo", () => this.act({ do: "undo" }));
    this.redo = makeButton("Redo", () => this.act({ do: "redo" }));
    this.reset = makeButton("Reset", () => this.act({ do: "reset" }));
    return make("div", { class: "toolbar", role: "toolbar", "aria-label": "Steps" }, this.undo, this.redo, this.reset);
  }

  lookBar() {
    const panels = new Set(this.description.panels);
    const large = makeButton("Large type", () => {
      large.setAttribute("aria-pressed", String(this.root.classList.toggle("large")));
      this.draw();
    }, { "aria-pressed": "false" });
    this.freeze = makeButton("Freeze as reference", () => this.act({ do: "reference", set: "now" }), { title: "Compare with the present setting from now on" });
    this.thaw = makeButton("Reference: back to the start", () => this.act({ do: "reference", set: "start" }), { hidden: true });
    this.band = makeButton("Band of luck", () => (this.bands ? this.dropBand() : this.ask("band")), { "aria-pressed": "false", title: "How far both lines move with luck alone" });
    return make("div", { class: "toolbar", role: "toolbar", "aria-label": "Look closer" },
      panels.has("why") ? makeButton("Why?", () => this.ask("why")) : "",
      panels.has("customer") ? makeButton("Meet a customer", () => this.ask("customer", { person: null })) : "",
      panels.has("band") ? this.band : "", this.freeze, this.thaw,
      makeButton("Share", () => show(this.share.element, this.share.element.hidden)),
      makeButton("Save picture", () => savePicture(this)), large);
  }

  /** A board may want a guess first: until then its controls stand still. */
  guessFirst(line) {
    if (!this.description.guess) return [];
    const element = make("div", { class: "guess-first" });
    this.guess = buildGuess(element, this.description.guess, line);
    return [element];
  }

  /** Follow the size of the screen, the density of its pixels and the theme. */
  watch() {
    this.sizes = new ResizeObserver(() => this.draw());
    this.sizes.observe(this.root);
    this.themes = new MutationObserver(() => this.draw());
    for (const place of [document.documentElement, document.body]) this.themes.observe(place, { attributes: true });
    this.resized = () => this.draw();
    window.addEventListener("resize", this.resized);
  }

  close() {
    this.sizes.disconnect();
    this.themes.disconnect();
    window.removeEventListener("resize", this.resized);
    this.announcer.stop();
    cancelAnimationFrame(this.frame);
  }

  /** The start setting comes with the description: there is something to see at once. */
  open() {
    const { view, reference } = this.description;
    if (!view || !reference) return;
    this.reference = reference.map((row) => Float32Array.from(row, (value) => value ?? NaN));
    this.present = this.reference;
    this.shown(view, true);
  }

  changed(rest) {
    this.line.move({ do: "move", setting: settingOf(this.controls), rest });
  }

  act(message) {
    this.controls.forEach((control) => control.rest()); // a move under way counts as made
    this.line.ask(message);
  }

  ask(what, more = {}) {
    this.panels[what]?.asked();
    this.asked[what] = this.line.aside({ do: what, ...more });
  }

  receive(message, numbers, newest) {
    if (message.is === "view" || message.is === "reference") this.receiveView(message, numbers, newest);
    else if (message.is === "revealed") {
      this.foretold(message);
      this.line.ask({ do: "look" });
    } else if (message.n === this.asked[message.is]) this.receiveSlow(message, numbers);
  }

  receiveView(message, numbers, newest) {
    const [series, months] = [this.description.series.length, this.description.months];
    if (message.is === "reference") {
      this.reference = rowsOf(numbers, 0, series, months);
      this.present = rowsOf(numbers, 1, series, months);
      this.held = message.reference;
    } else {
      this.present = rowsOf(numbers, 0, series, months);
      if (!same(message.reference, this.held)) this.followReference(message);
    }
    if (message.prediction) this.foretold(message.prediction);
    this.shown(message, newest);
  }

  /** The prediction is made: now, before a reload, or on another screen. */
  foretold(prediction) {
    if (!this.revealed) this.guess?.receive(prediction);
    this.revealed = true;
  }

  /** The reference is another one than the one at hand (it was changed on another screen). */
  followReference(message) {
    if (Object.keys(message.reference).length > 0) this.line.ask({ do: "look" });
    else {
      this.held = {};
      this.reference = this.description.reference.map((row) => Float32Array.from(row, (value) => value ?? NaN));
    }
  }

  /** What took seconds was asked for a setting and a reference that may be others by now. */
  receiveSlow(message, numbers) {
    if (message.is === "band") {
      if (this.isSeen(message)) this.showBand(message, numbers);
      else this.ask("band"); // what was wanted is the band of what is seen
      return;
    }
    if (message.is === "why") tellWhy(this.why, message);
    else if (message.is === "customer") this.customer.tell(message);
    this.panels[message.is]?.compare(this.view);
  }

  isSeen({ setting, reference }) {
    return same(setting, this.view.setting) && same(reference, this.view.reference);
  }

  /** What was asked is refused: the controls go back to what is shown. */
  refused(message, newest) {
    if (newest && this.view) this.put(this.view.setting);
  }

  put(setting) {
    const starts = new Map(this.description.controls.map((control) => [control.path, control.start]));
    for (const control of this.controls) control.put(setting[control.path] ?? starts.get(control.path));
  }

  shown(view, newest) {
    const moved = !this.view || !same(this.view.setting, view.setting);
    this.view = view;
    if (newest) this.put(view.setting);
    if (this.bands && (moved || !same(this.bandReference, view.reference))) this.dropBand();
    this.numbers.put(view.numbers);
    const frozen = Object.keys(view.reference ?? {}).length > 0;
    this.referenceName.textContent = frozen ? "the setting you froze" : "the start";
    show(this.thaw, frozen);
    this.steps(view);
    this.share.put(view.share);
    this.announcer.say(view.said);
    this.why.compare(view);
    this.customer.compare(view);
    this.groups.querySelectorAll("fieldset").forEach((group) => (group.disabled = view.guessed === false));
    this.charts.forEach((chart) => chart.describe(`${chart.title}, month by month, now and before. ${view.said}`));
    this.draw();
  }

  /** Steps that are not to be had are off; who has just pressed one of them finds themselves on one that is. */
  steps({ undo, redo, setting }) {
    const here = document.activeElement;
    this.undo.disabled = !undo;
    this.redo.disabled = !redo;
    this.reset.disabled = Object.keys(setting).length === 0;
    const all = [this.undo, this.redo, this.reset];
    if (all.includes(here) && here.disabled) all.find((one) => !one.disabled)?.focus();
  }

  showBand(message, numbers) {
    const [series, months] = [this.description.series.length, this.description.months];
    const block = (run) => rowsOf(numbers, run, series, months);
    const [presentLow, presentHigh, referenceLow, referenceHigh] = [0, 1, 2, 3].map(block);
    this.bands = { present: presentLow.map((low, index) => ({ low, high: presentHigh[index] })), reference: referenceLow.map((low, index) => ({ low, high: referenceHigh[index] })) };
    this.bandReference = message.reference ?? {};
    this.band.setAttribute("aria-pressed", "true");
    const lines = (message.numbers ?? []).map((number) => `${number.label}: ${number.text}`);
    this.bandWords.replaceChildren(...[...message.words, ...lines].map((text) => make("p", {}, text)));
    show(this.bandWords, this.bandWords.childElementCount > 0);
    this.draw();
  }

  dropBand() {
    this.bands = null;
    this.band.setAttribute("aria-pressed", "false");
    show(this.bandWords, false);
    this.draw();
  }

  point(month, aloud, from) {
    for (const chart of this.charts) chart.point(month, aloud && chart === from);
    this.draw();
  }

  /** Draw everything in the next frame. */
  draw() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      const looks = readLooks(this.root);
      this.handOut();
      for (const chart of this.charts) chart.draw(looks);
      this.customer.draw();
      this.guess?.draw?.();
    });
  }

  /** Give each chart its rows. */
  handOut() {
    for (const chart of this.charts) {
      const pick = (rows) => chart.rows.map((row) => rows[row]).filter(Boolean);
      const bands = this.bands && { present: pick(this.bands.present), reference: pick(this.bands.reference) };
      chart.take(pick(this.present), pick(this.reference), { bands, scale: this.view?.scales?.[chart.id] ?? null });
    }
  }
}
