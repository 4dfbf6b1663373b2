/**
 * What a board tells on demand: which link carried a change, and one customer's life.
 */

import { make, makeButton, makeAnnouncer, newId, paragraphs, show } from "./dom.js";
import { makeChart, readLooks } from "./chart.js";
import { monthName } from "./format.js";

/**
 * A panel with a heading, that can be closed and says when it tells of an earlier setting.
 * @param {string} title
 * @param {() => void} again asked for when the learner wants it for the present setting
 */
export function makePanel(title, again) {
  const heading = make("h3", { id: newId("panel"), tabindex: "-1" }, title);
  const body = make("div", { class: "panel-body" });
  const stale = make("p", { class: "stale", hidden: true }, "You have moved a control since then. ", makeButton("Ask again", again));
  const close = makeButton("Close", () => show(element, false), { class: "quiet", "aria-label": `Close: ${title}` });
  const element = make("section", { class: "panel", "aria-labelledby": heading.id, hidden: true },
    make("div", { class: "panel-head" }, heading, close), stale, body);
  let told = null;
  return {
    element,
    body,
    /** Show what was answered for a setting. */
    tell(message, ...content) {
      told = JSON.stringify(message.setting ?? null);
      body.replaceChildren(...content);
      show(stale, false);
      const first = element.hidden;
      show(element, true);
      if (first) heading.focus();
    },
    /** Compare with the setting that is shown now. */
    compare(setting) {
      show(stale, told !== null && told !== JSON.stringify(setting));
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

  /** Show one life beside the same life in the reference run. */
  function tell(message) {
    const id = newId("person");
    const field = make("input", { id, type: "number", min: "0", step: "1", value: String(message.person) });
    const form = make("form", { class: "row", onsubmit: (event) => {
      event.preventDefault();
      meet(field.value === "" ? null : Number(field.value));
    } }, make("label", { for: id }, "Person"), field, make("button", {}, "Meet"), makeButton("Someone else", () => meet(null), { class: "quiet" }));
    const lives = make("div", { class: "lives" }, life("Now", message.words), message.before?.length ? life("Before", message.before) : "");
    chart = lifeLine(message, point);
    panel.tell(message, form, message.difference ? make("p", { class: "said" }, message.difference) : "", chart ? chart.element : "", lives);
    if (message.difference) announcer.say(message.difference);
    draw();
  }
  return { ...panel, tell, draw };
}

function life(title, words) {
  return make("div", {}, make("h4", {}, title), make("ul", {}, ...words.map((text) => make("li", {}, text))));
}

/** Satisfaction month by month, or the first series there is. */
function lifeLine(message, pointed) {
  const present = message.months?.present ?? {};
  const name = "satisfaction" in present ? "satisfaction" : Object.keys(present)[0];
  if (!name) return null;
  const row = (values) => Float32Array.from(values ?? [], (value) => value ?? NaN);
  const [now, before] = [row(present[name]), row(message.months.reference?.[name])];
  if (!now.some(Number.isFinite)) return null;
  const title = name[0].toUpperCase() + name.slice(1).replaceAll("_", " ");
  const chart = makeChart({ title: `${title} of person ${message.person}`, unit: "index", series: [{ label: title, colour: "blue" }], months: now.length }, pointed);
  chart.take([now], before.length === now.length ? [before] : [], { scale: [0, 100] });
  const last = now.findLastIndex(Number.isFinite);
  chart.describe(`${title} of person ${message.person}, last in ${monthName(last)}`);
  chart.element.classList.add("life-line");
  return chart;
}
