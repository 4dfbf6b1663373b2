/**
 * The screen of a component, the same in a notebook and on the page of a workshop.
 *
 * `mount` draws a component from its description and talks to it through a transport; each kind of component has a
 * builder in a registry, to which the game adds its own. As an anywidget, this module is the notebook's front end.
 */

import { buildBoard } from "./board.js";
import { make, pressOnce, unbroken } from "./dom.js";
import { buildGuess } from "./guess.js";
import { openLine } from "./line.js";
import { buildChoice, buildEvidence, buildNumber, buildTable } from "./questions.js";

/** Words of the busy sign. */
const WAITS = {
  idle: "",
  busy: "Working …",
  lost: "No answer yet: is the kernel or the connection still there?",
  gone: "The kernel that answered here is gone. Run the cells again, from the first.",
};

const kinds = new Map([
  ["board", buildBoard],
  ["number", buildNumber],
  ["choice", buildChoice],
  ["guess", buildGuess],
  ["evidence", buildEvidence],
  ["table", buildTable],
]);

/**
 * Add a kind of component.
 * @param {string} kind
 * @param {(root: HTMLElement, description: object, line: object) => {
 *   receive: (message: object, numbers: Float32Array|null, newest: boolean) => void,
 *   refused?: (message: object, newest: boolean) => void, close?: () => void}} build
 */
export function register(kind, build) {
  kinds.set(kind, build);
}

/**
 * Draw a component and connect it.
 * @param {HTMLElement} element what it is drawn into
 * @param {object} description what the component says about itself
 * @param {{send: (message: object) => void, onmessage?: (message: object, numbers: Float32Array|null) => void}}
 *   transport its `onmessage` is set here
 * @returns {{look: () => void, refresh: () => void, destroy: () => void}} `look` when something may have changed
 *   elsewhere, `refresh` after a connection was lost and found again
 */
export function mount(element, description, transport) {
  const root = make("section", { class: "custsim", "data-kind": description.kind, "data-id": description.id, "data-lm-suppress-shortcuts": "true", "aria-label": description.title || null });
  const busy = make("p", { class: "busy", role: "status" });
  const problem = make("p", { class: "problem", role: "alert" });
  element.replaceChildren(root);
  const build = kinds.get(description.kind);
  if (!build) {
    root.append(make("p", { class: "problem" }, `This page cannot show a component of kind "${description.kind}".`));
    return { look() {}, refresh() {}, destroy: () => root.remove() };
  }
  let screen = null;
  const line = openLine(transport, answered, waits);

  let refused = null; // what was asked that has met a problem

  function answered(message, numbers, newest, asked) {
    // a look that others gave rise to does not take away what the learner has not read yet
    if (message.is === "problem" || asked !== "look" || refused === "look") {
      problem.textContent = message.is === "problem" ? unbroken(message.text) : "";
      refused = message.is === "problem" ? asked : null;
    }
    if (message.is !== "problem") screen.receive(message, numbers, newest);
    else screen.refused?.(message, newest);
  }
  function waits(state) {
    root.setAttribute("aria-busy", String(state !== "idle"));
    busy.replaceChildren(WAITS[state] ? make("span", {}, WAITS[state]) : "");
  }
  root.addEventListener("keydown", (event) => event.stopPropagation()); // a notebook has other plans with arrow keys
  pressOnce(root, "form button:not([type=button]), .go"); // what is handed in with it, is handed in once
  root.append(busy);
  screen = build(root, description, line);
  root.append(problem);
  transport.onmessage = line.receive;
  line.ask({ do: "look" });
  return {
    look: line.look,
    refresh: line.refresh,
    destroy() {
      line.close();
      screen.close?.();
      root.remove();
    },
  };
}

/** The numbers that travel beside a message: little-endian, as every browser has them. */
export function numbersOf(buffer) {
  if (!buffer || buffer.byteLength === 0) return null;
  const view = ArrayBuffer.isView(buffer) ? buffer : new DataView(buffer);
  return new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}

/** Let Ctrl+S and ⌘S save the notebook from within a component too: JupyterLab looks for its keys outside of it only. */
function letSave(el) {
  el.addEventListener("keydown", (event) => {
    if (event.target === el || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s") return;
    event.preventDefault();
    event.stopPropagation();
    el.dispatchEvent(new KeyboardEvent("keydown", event));
  }, { capture: true });
}

/** Draw an anywidget: called by Jupyter for each place in which the widget is shown. */
function render({ model, el }) {
  const transport = { send: (message) => model.send(message) };
  letSave(el);
  const screen = mount(el, model.get("description"), transport);
  const hear = (message, buffers) => transport.onmessage(message, numbersOf(buffers?.[0]));
  model.on("msg:custom", hear);
  model.on("comm_live_update", screen.look); // the kernel was restarted, or is gone: it shows at once
  return () => {
    model.off("msg:custom", hear);
    model.off("comm_live_update", screen.look);
    screen.destroy();
  };
}

export default { render };
