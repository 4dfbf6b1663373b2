/**
 * Questions that check themselves, and what the evidence says.
 */

import { heading, make, makeButton, newId, show, unbroken } from "./dom.js";

/** A mark and a word, unless what follows begins with that word. */
function mark(right, says) {
  if (!right) return "✗ Not yet.";
  return says.startsWith("Right") ? "✓" : "✓ Right.";
}

/** Where a verdict stands: a word, why, a hint, the explanation and the number of tries. */
function makeVerdict(line) {
  const element = make("div", { class: "verdict", role: "status" });
  return {
    element,
    put(message) {
      const { right, says, hint, explain, tries } = message;
      element.dataset.right = String(right);
      const parts = [];
      if (right !== null || says) parts.push(make("p", {}, right === null ? "" : make("strong", {}, mark(right, says)), ` ${says}`));
      if (hint) parts.push(make("p", {}, make("strong", {}, "Hint: "), hint));
      if (explain) parts.push(make("p", { class: "explain" }, explain));
      if (tries > 0) parts.push(make("p", { class: "tries" }, tries === 1 ? "1 try" : `${tries} tries`));
      if (message.may_show) parts.push(makeButton("Show the answer", () => line.askOnce({ do: "show" }), { class: "quiet" }));
      element.replaceChildren(...parts);
      show(element, parts.length > 0);
    },
  };
}

/** A question answered by a number, written as people write numbers. */
export function buildNumber(root, description, line) {
  const id = newId("answer");
  let typed = false; // what was not handed in yet is the learner's, and stays
  const field = make("input", { id, type: "text", autocomplete: "off", spellcheck: "false", oninput: () => (typed = true) });
  const verdict = makeVerdict(line);
  const unit = description.percent ? "%" : description.unit;
  const form = make("form", { class: "answer", onsubmit: (event) => {
    event.preventDefault();
    if (!field.value.trim()) return;
    typed = false;
    line.askOnce({ do: "answer", text: field.value });
  } }, make("label", { for: id }, description.question),
  make("div", { class: "row" }, field, unit && unit !== "1" ? make("span", { class: "unit" }, unit) : "", make("button", {}, "Check")));
  root.append(...heading(description), form, verdict.element);
  show(verdict.element, false);
  return { refused: () => (typed = true), receive: (message, _numbers, newest) => {
    if (message.is !== "verdict") return;
    if (newest && !typed) field.value = message.answer?.text ?? ""; // after a reload, or given on another screen of this question
    verdict.put(message);
  } };
}

/** A question answered by choosing one option, or all that are right. */
export function buildChoice(root, description, line) {
  const name = newId("options");
  const verdict = makeVerdict(line);
  const options = description.options.map((text, index) => {
    const input = make("input", { type: description.many ? "checkbox" : "radio", name, value: String(index) });
    const says = make("span", { class: "says", hidden: true });
    return { input, says, element: make("li", {}, make("label", {}, input, make("span", {}, text)), description.many ? says : "") };
  });
  const chosen = () => options.flatMap(({ input }, index) => (input.checked ? [index] : []));
  let marked = false; // marks that were not handed in yet are the learner's, and stay
  const form = make("form", { class: "answer", onchange: () => (marked = true), onsubmit: (event) => {
    event.preventDefault();
    if (!chosen().length) return;
    marked = false;
    line.askOnce({ do: "answer", chosen: chosen() });
  } }, make("fieldset", {}, make("legend", {}, description.question),
    description.many ? make("p", { class: "soft" }, "Choose all that apply.") : "",
    make("ul", { class: "options" }, ...options.map((option) => option.element))),
  make("div", { class: "row" }, make("button", {}, "Check")));
  root.append(...heading(description), form, verdict.element);
  show(verdict.element, false);

  /** Of several chosen, say under each what there is to say of it; give what is left to say of them together. */
  function underOptions(message) {
    const told = new Map((message.options ?? []).map((one) => [one.option, one])); // of those chosen only
    options.forEach(({ says }, index) => {
      const one = told.get(index);
      says.textContent = one?.says ? unbroken(`${one.right ? "✓" : "✗"} ${one.says}`) : "";
      show(says, says.textContent !== "");
    });
    const rest = [...told.values()].reduce((left, one) => (one.says ? left.replace(one.says, "") : left), message.says).trim();
    return rest || "What is said under each answer tells why.";
  }

  return { refused: () => (marked = true), receive: (message, _numbers, newest) => {
    if (message.is !== "verdict") return;
    if (newest && !marked) options.forEach(({ input }, index) => (input.checked = message.answer?.chosen.includes(index) ?? false));
    verdict.put(description.many ? { ...message, says: underOptions(message) } : message);
  } };
}

/** A claim, how strong the evidence for it is, and where it comes from. */
export function buildEvidence(root, description) {
  const sources = description.sources.map((source) => make("li", {}, source));
  root.append(make("aside", { class: "evidence", "data-strength": description.strength, "aria-label": "What the evidence says" },
    ...heading(description), make("p", { class: "strength" }, description.strength_text || `Evidence: ${description.strength}`),
    make("p", { class: "claim" }, description.claim), description.says ? make("p", {}, description.says) : "",
    sources.length ? make("ul", { class: "sources" }, ...sources) : ""));
  return { receive: () => {} };
}

/** A table of texts: what belongs to a row is said by its first cell. */
export function buildTable(root, description) {
  const { title, headings, numeric, rows, says } = description;
  const looks = (column) => (column > 0 && numeric?.[column] ? "numeric" : null);
  const cell = (text, column) => (column === 0 ? make("th", { scope: "row" }, text) : make("td", { class: looks(column) }, text));
  const table = make("table", { class: "plain" }, title ? make("caption", {}, title) : "",
    make("thead", {}, make("tr", {}, ...headings.map((text, column) => make("th", { scope: "col", class: looks(column) }, text)))),
    make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map(cell)))));
  root.append(make("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": title || "Table" }, table), says ? make("p", {}, says) : "");
  return { receive: () => {} };
}
