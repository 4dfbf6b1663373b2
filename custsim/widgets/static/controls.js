/**
 * Controls for one parameter each: a slider, a group of choices or a switch, with the meaning and the source of the
 * parameter behind a button, and a way back to where it started.
 */

import { make, makeButton, newId, show } from "./dom.js";
import { plainNumber } from "./format.js";

/** How a value of this control is written. */
export function valueText(control, value) {
  if (control.kind === "switch") return value ? "yes" : "no";
  if (control.kind === "choice") return control.choices.find((choice) => choice.value === value)?.label ?? String(value);
  const text = plainNumber(control.percent ? value * 100 : value, control.decimals);
  const unit = text === "1" ? control.unit.replace(/^([a-z]+)s$/, "$1") : control.unit;
  return [text, unit].filter(Boolean).join(" ");
}

/** The scale of a slider: from a value to a position and back. */
function scaleOf(control) {
  const { low, high, step, positions } = control;
  if (control.scale === "log") {
    const ratio = Math.log(high / low);
    const rounded = (value) => (control.decimals === 0 && !control.percent ? Math.round(value) : Number(value.toPrecision(4)));
    return {
      attributes: { min: 0, max: positions, step: 1 },
      position: (value) => Math.round((positions * Math.log(value / low)) / ratio),
      value: (position) => Math.min(high, Math.max(low, rounded(low * Math.exp((ratio * position) / positions)))),
    };
  }
  return { attributes: { min: low, max: high, step }, position: (value) => value, value: (position) => position };
}

/**
 * Make a control.
 *
 * `changed(path, value, rest)` is called while it moves (`rest` false) and when it has come to rest (true). A slider
 * moved by keys rests when no key has been pressed for half a second.
 *
 * @param {object} control as the board describes it
 * @param {(path: string, value: any, rest: boolean) => void} changed
 * @returns {{element: HTMLElement, path: string, value: () => any, put: (value: any) => void, moved: () => boolean,
 *   rest: () => void}} `rest` says at once that it has come to rest
 */
export function makeControl(control, changed) {
  const input = { range: makeSlider, choice: makeChoice, switch: makeSwitch }[control.kind](control, told);
  const meaning = make("div", { class: "meaning", id: newId("meaning"), hidden: true });
  meaning.append(...[control.meaning, control.source ? `Source: ${control.source}` : ""].filter(Boolean).map((text) => make("p", {}, text)));
  const info = makeButton("i", () => {
    show(meaning, meaning.hidden);
    info.setAttribute("aria-expanded", String(!meaning.hidden));
  }, { class: "round", "aria-expanded": "false", "aria-controls": meaning.id, "aria-label": `About: ${control.label}`, title: control.meaning });
  const back = makeButton("↺", () => {
    input.put(control.start);
    told(control.start, true);
    (input.focus ?? info).focus(); // the button goes away: the place is not lost
  }, { class: "round back", "aria-label": `${control.label}: back to ${valueText(control, control.start)}`, title: `Back to ${valueText(control, control.start)}` });

  function told(value, rest) {
    mark();
    changed(control.path, value, rest);
  }
  function mark() {
    const moved = input.value() !== control.start;
    element.classList.toggle("moved", moved);
    back.style.visibility = moved ? "visible" : "hidden";
  }
  const element = make("div", { class: `control ${control.kind}`, "data-path": control.path },
    make("div", { class: "label-row" }, make("div", { class: "name" }, input.label, info), input.output ?? null),
    make("div", { class: "input-row" }, input.element, back), meaning);
  mark();
  return {
    element,
    path: control.path,
    value: input.value,
    put: (value) => {
      if (value !== input.value()) input.put(value);
      mark();
    },
    moved: () => input.value() !== control.start,
    rest: input.rest ?? (() => {}),
  };
}

function makeSlider(control, told) {
  const id = newId("slider");
  const scale = scaleOf(control);
  const input = make("input", { type: "range", id, ...scale.attributes });
  const output = make("output", { for: id });
  const { min, max } = scale.attributes;
  const share = (position) => (position - min) / (max - min || 1);
  const tick = make("span", { class: "start", title: `Start: ${valueText(control, control.start)}` });
  tick.style.setProperty("--at", share(scale.position(control.start)));
  let held = control.start; // the exact value, which a slider in steps may not hit
  let byPointer = false;
  let timer = 0;

  function paint() {
    const text = valueText(control, held);
    output.value = text;
    input.setAttribute("aria-valuetext", text);
    input.style.setProperty("--at", share(Number(input.value)));
  }
  function rest() {
    clearTimeout(timer);
    if (timer) told(held, true);
    timer = 0;
  }
  input.addEventListener("pointerdown", () => (byPointer = true));
  input.addEventListener("keydown", () => (byPointer = false));
  input.addEventListener("input", () => {
    held = scale.value(Number(input.value));
    paint();
    clearTimeout(timer);
    timer = setTimeout(rest, byPointer ? 5000 : 500);
    told(held, false);
  });
  input.addEventListener("change", () => byPointer && rest());
  input.addEventListener("blur", rest);
  const put = (value) => {
    clearTimeout(timer);
    timer = 0;
    held = value;
    input.value = scale.position(value);
    paint();
  };
  put(control.start);
  const label = make("label", { for: id }, control.label);
  return { label, output, element: make("div", { class: "track" }, tick, input), value: () => held, put, rest, focus: input };
}

function makeChoice(control, told) {
  const name = newId("choice");
  const label = make("span", { class: "legend", id: name }, control.label);
  let held = control.start;
  const inputs = new Map();
  const element = make("div", { class: "choices", role: "radiogroup", "aria-labelledby": name });
  for (const choice of control.choices) {
    const input = make("input", { type: "radio", name, onchange: () => {
      held = choice.value;
      told(held, true);
    } });
    inputs.set(choice.value, input);
    element.append(make("label", { title: choice.meaning || null }, input, make("span", {}, choice.label || String(choice.value))));
  }
  const put = (value) => {
    held = value;
    inputs.forEach((input, own) => (input.checked = own === value));
  };
  put(held);
  return { label, element, value: () => held, put };
}

function makeSwitch(control, told) {
  const id = newId("switch");
  const input = make("input", { type: "checkbox", id, onchange: () => told(input.checked, true) });
  const label = make("label", { for: id }, input, make("span", {}, control.label));
  const put = (value) => (input.checked = value);
  put(control.start);
  return { label, element: make("div"), value: () => input.checked, put, focus: input };
}
