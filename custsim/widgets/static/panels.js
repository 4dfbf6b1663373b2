/**
 * What a board tells on demand: which link carried a change, and one customer's life.
 */

import { capital, make, makeButton, makeAnnouncer, newId, paragraphs, show } from "./dom.js";
import { makeChart, readLooks } from "./chart.js";
import { monthName } from "./format.js";

/** Whether two settings are the same, in whatever order they were made; none is that of the start. */
export function same(one = {}, other = {}) {
  const paths = Object.keys(one);
  return paths.length === Object.keys(other).length && paths.every((path) => one[path] === other[path]);
}

/**
 * A panel with a heading, that can be closed and says when it tells of an earlier setting.
 * @param {string} title
 * @param {() => void} again asked for when the learner wants it for the present setting
 */
export function makePanel(title, again) {
  const heading = make("h3", { id: newId("panel"), tabindex: "-1" }, title);
  const body = make("div", { class: "panel-body" });
  const words = make("span");
  const stale = make("p", { class: "stale", hidden: true }, words, makeButton("Ask again", again));
  const close = makeButton("Close", shut, { class: "quiet", "aria-label": `Close: ${title}` });
  const element = make("section", { class: "panel", "aria-labelledby": heading.id, hidden: true },
    make("div", { class: "panel-head" }, heading, close), stale, body);
  let told = null;
  let from = null; // where the learner was who asked

  function shut() {
    show(element, false);
    from?.focus({ preventScroll: true });
  }
  return {
    element,
    body,
    /** It is asked for; the answer may take seconds. */
    asked() {
      if (!element.contains(document.activeElement)) from = document.activeElement;
    },
    /** Show what was answered for a setting; a learner who went on meanwhile is not called back. */
    tell(message, ...content) {
      told = message;
      body.replaceChildren(...content);
      const waited = element.hidden ? document.activeElement === from : stale.contains(document.activeElement);
      show(stale, false);
      show(element, true);
      if (waited) heading.focus();
    },
    /** Compare with what is shown now. */
    compare(view) {
      if (!told) return;
      const moved = !same(told.setting, view.setting);
      words.textContent = moved ? "You have moved a control since then. " : "The reference is another one since then. ";
      show(stale, moved || !same(told.reference, view.reference));
    },
  };
}

/**
 * Horizontal bars by link of the chain, as a table: words, a bar from a common zero line, and the amount.
 * @param {{label: string, value: number, low: number|null, high: number|null, text: string}[]} bars
 * @param {string} unit
 */
export function makeBars(bars, unit) {
  const ends = bars.flatMap((bar) => [bar.value, bar.low ?? bar.value, bar.high ?? bar.value, 0]).filter(Number.isFinite);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const share = (value) => ((value - low) / (high - low || 1)) * 100;
  const rows = bars.map((bar) => make("tr", {},
    make("th", { scope: "row" }, bar.label),
    make("td", { class: "bar-cell", "aria-hidden": "true" }, drawBar(bar, share)),
    make("td", { class: "amount" }, bar.text)));
  return make("table", { class: "bars" }, make("caption", {}, `Carried by each link, ${unit}`), make("tbody", {}, ...rows));
}

function drawBar(bar, share) {
  const track = make("div", { class: "bar-track" });
  const zero = make("span", { class: "zero" });
  zero.style.left = `${share(0)}%`;
  const fill = make("span", { class: bar.value < 0 ? "fill minus" : "fill plus" });
  fill.style.left = `${share(Math.min(0, bar.value))}%`;
  fill.style.width = `${Math.abs(share(bar.value) - share(0))}%`;
  track.append(fill, zero);
  if (Number.isFinite(bar.low) && Number.isFinite(bar.high)) {
    const whisker = make("span", { class: "whisker" });
    whisker.style.left = `${share(bar.low)}%`;
    whisker.style.width = `${share(bar.high) - share(bar.low)}%`;
    track.append(whisker);
  }
  return track;
}

/** What the board answered to "why". */
export function tellWhy(panel, message) {
  const total = message.total ? make("p", { class: "total" }, "In all: ", make("strong", {}, message.total.text)) : null;
  panel.tell(message, ...paragraphs(message.words), message.bars.length ? makeBars(message.bars, message.unit) : "", ...(total ? [total] : []));
}

/**
 * The panel in which a learner meets customers.
 * @param {(person: number|null) => void} meet asks for one; null: one whom the difference concerns
 */
export function makeCustomerPanel(meet) {
  const panel = makePanel("Meet a customer", () => meet(null));
  const announcer = makeAnnouncer(100);
  panel.element.append(announcer.element);
  let chart = null;

  function draw() {
    if (chart && !panel.element.hidden) chart.draw(readLooks(panel.element));
  }

  function point(month, aloud) {
    chart.point(month, aloud);
    draw();
  }

  const id = newId("person");
  const field = make("input", { id, type: "number", min: "0", step: "1", oninput: () => (typed = true) });
  let typed = false; // a number that was not asked for yet stays, whatever arrives
  const ask = (person) => {
    typed = false;
    meet(person);
  };
  panel.body.before(make("form", { class: "row", onsubmit: (event) => {
    event.preventDefault();
    ask(field.value === "" ? null : Number(field.value));
  } }, make("label", { for: id }, "Person"), field, make("button", {}, "Meet"), makeButton("Someone else", () => ask(null), { class: "quiet" })));

  /** Show one life beside the same life in the reference run. */
  function tell(message) {
    if (!typed) field.value = String(message.person);
    const lives = make("div", { class: "lives" }, life("Now", message.words), message.before?.length ? life("Before", message.before) : "");
    chart = lifeLine(message, point);
    panel.tell(message, message.difference ? make("p", { class: "said" }, message.difference) : "", ...(chart ? [chart.element, ...marks(message)] : []), lives);
    if (message.difference) announcer.say(message.difference);
    draw();
  }
  return { ...panel, tell, draw };
}

function life(title, words) {
  return make("div", {}, make("h4", {}, title), make("ul", {}, ...words.map((text) => make("li", {}, text))));
}

/** Months of the marks in a lane. */
function monthsIn(lane, events) {
  return (events ?? []).filter((event) => event.lane === lane).map((event) => event.month);
}

/** What happened in a month, in words. */
function happened(message, month) {
  const { present, reference } = message.events;
  const told = (events) => (events ?? []).filter((event) => event.month === month).map((event) => event.says).join(", ");
  const [now, before] = [told(present), told(reference)];
  return [now, before && before !== now ? `before: ${before}` : ""].filter(Boolean).join("; ");
}

/** What full and hollow marks mean, and every mark as a list for those who do not see them. */
function marks(message) {
  const { present, reference } = message.events;
  const sign = (kind, text) => [make("span", { class: `mark ${kind}`, "aria-hidden": "true" }), text];
  const list = (title, events) => make("ul", { class: "unseen", "aria-label": title }, ...events.map((event) => make("li", {}, `${capital(monthName(event.month))}: ${event.says}`)));
  const key = make("p", { class: "key", "aria-hidden": "true" }, ...sign("now", "now"), ...sign("before", "before"));
  return [
    ...(reference?.length && message.lanes.length ? [key] : []),
    ...(present.length ? [list("What happened, now", present)] : []),
    ...(reference?.length ? [list("What happened before", reference)] : []),
  ];
}

/** Satisfaction month by month, or the first series there is, over a time line of what happened. */
function lifeLine(message, pointed) {
  const present = message.months?.present ?? {};
  const name = "satisfaction" in present ? "satisfaction" : Object.keys(present)[0];
  if (!name) return null;
  const row = (values) => Float32Array.from(values ?? [], (value) => value ?? NaN);
  const [now, before] = [row(present[name]), row(message.months.reference?.[name])];
  if (![...now, ...before].some(Number.isFinite)) return null;
  const title = capital(name.replaceAll("_", " "));
  const chart = makeChart({ title: `${title} of person ${message.person}`, unit: "index", series: [{ label: title, colour: "blue" }], months: now.length }, pointed);
  const lanes = message.lanes.map(({ lane, label }) => ({ label, now: monthsIn(lane, message.events.present), before: monthsIn(lane, message.events.reference) }));
  chart.take([now], before.length === now.length ? [before] : [], { scale: [0, 100], lanes, says: (month) => happened(message, month) });
  const last = now.findLastIndex(Number.isFinite);
  const until = last < 0 ? "not a customer now" : `last in ${monthName(last)}`;
  chart.describe(`${title} of person ${message.person}, ${until}, with marks of what happened${lanes.length ? `: ${lanes.map((lane) => `${lane.label} ${lane.now.length}`).join(", ")}` : ""}`);
  chart.canvas.style.height = `${12.5 + 1.3 * lanes.length}em`;
  chart.element.classList.add("life-line");
  return chart;
}
