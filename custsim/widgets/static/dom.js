/**
 * Making pieces of a page. Words come from scenario files and other people's input: they are only ever inserted as
 * text, never as markup.
 */

let made = 0;

/** An element id that no other element of the page has. */
export function newId(stem = "part") {
  made += 1;
  return `custsim-${stem}-${made}`;
}

/** A text in which no line ends between a number and its per cent sign or currency. */
export function unbroken(text) {
  return text.replace(/(\d) (?=%|[A-Z]{3}\b)/g, "$1\u00a0").replace(/\b([A-Z]{3}) (?=[\d−-])/g, "$1\u00a0");
}

/**
 * Make an element.
 * @param {string} tag
 * @param {Object<string, any>} [attributes] `onclick` and kin are listened to; false, null and undefined are left out
 * @param {...(Node|string|null)} children strings become text, unbroken
 * @returns {HTMLElement}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  const there = children.filter((child) => child !== null && child !== undefined && child !== "");
  element.append(...there.map((child) => (typeof child === "string" ? unbroken(child) : child)));
  return element;
}

/**
 * A button that does something.
 * @param {string} text
 * @param {() => void} press
 * @param {Object<string, any>} [attributes]
 */
export function makeButton(text, press, attributes = {}) {
  return make("button", { type: "button", onclick: press, ...attributes }, text);
}

/** A text that begins a sentence. */
export function capital(text) {
  return text && text[0].toUpperCase() + text.slice(1);
}

/** Paragraphs, one for each text. */
export function paragraphs(texts) {
  return texts.map((text) => make("p", {}, text));
}

/** The title of a component as a heading, if it has one. */
export function heading({ title }) {
  return title ? [make("h3", {}, title)] : [];
}

/**
 * Hide or show an element.
 * @param {HTMLElement} element
 * @param {boolean} shown
 */
export function show(element, shown) {
  element.hidden = !shown;
}

/**
 * A place that a screen reader reads out when it changes, but only once things have come to rest.
 * @param {number} [rest] milliseconds without a change
 * @returns {{element: HTMLElement, say: (text: string) => void, stop: () => void}}
 */
export function makeAnnouncer(rest = 700) {
  const element = make("p", { class: "unseen", "aria-live": "polite" });
  let timer = 0;
  const say = (text) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (element.textContent !== text) element.textContent = text;
    }, rest);
  };
  return { element, say, stop: () => clearTimeout(timer) };
}

/** Milliseconds after something was let go in which its click comes: a finger's comes later than a mouse's. */
const CLICK_COMES = 60;

/**
 * Let drawing wait while something on the page is pressed: a click counts only if what was pressed is still the same
 * when it is let go.
 * @returns {{draw: (work: () => void) => void, stop: () => void}} `draw` works at once, or when nothing is pressed any
 *   more; of several that wait, the last
 */
export function makePatience() {
  const over = new AbortController();
  let pressed = false;
  let waiting = null;
  let timer = 0;

  function hold(event) {
    const clicksLater = event.type === "keydown" ? event.key === " " : event.button === 0; // Enter clicks at once
    if (!clicksLater) return;
    clearTimeout(timer);
    pressed = true;
  }
  function letGo() {
    clearTimeout(timer);
    timer = setTimeout(() => {
      pressed = false;
      waiting?.();
      waiting = null;
    }, CLICK_COMES);
  }
  const listen = (what, does) => addEventListener(what, does, { capture: true, signal: over.signal });
  for (const what of ["pointerdown", "keydown"]) listen(what, hold);
  for (const what of ["pointerup", "pointercancel", "keyup", "contextmenu", "blur"]) listen(what, letGo);

  return {
    draw(work) {
      if (pressed) waiting = work;
      else work();
    },
    stop() {
      clearTimeout(timer);
      over.abort();
    },
  };
}

/**
 * Let a press count once: the second click of a double click, and what a held key repeats, press nothing, as by then
 * something else may stand where the first was pressed.
 * @param {HTMLElement} place
 * @param {string} which of what it holds, as a selector
 */
export function pressOnce(place, which) {
  const refuse = (event, what) => {
    if (!event.target.closest(what)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  place.addEventListener("click", (event) => event.detail > 1 && refuse(event, which), { capture: true });
  place.addEventListener("keydown", (event) => event.repeat && event.key === "Enter" && refuse(event, `${which}, input`), { capture: true });
}

/**
 * Replace what an element holds, and leave the focus, and how far something was scrolled sideways, as they were: what
 * has the same `data-key` is the same.
 * @param {HTMLElement} element
 * @param {...(Node|string)} children
 */
export function replaceKeepingPlace(element, ...children) {
  const key = element.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  const scrolled = [...element.querySelectorAll("[data-key]")].filter((one) => one.scrollLeft > 0).map((one) => [one.dataset.key, one.scrollLeft]);
  const same = (wanted) => element.querySelector(`[data-key="${CSS.escape(wanted)}"]`);
  element.replaceChildren(...children);
  for (const [wanted, left] of scrolled) same(wanted)?.scrollTo({ left, behavior: "instant" });
  if (key) same(key)?.focus({ preventScroll: true });
}

/**
 * Copy a text to the clipboard. A page of the local network is no secure context and has no clipboard of its own:
 * there the older way is tried, which copies what is selected.
 * @param {HTMLInputElement} field holds the text
 * @returns {Promise<boolean>} whether it was copied
 */
export async function copyFrom(field) {
  field.focus();
  field.select();
  if (navigator.clipboard && window.isSecureContext) {
    const copied = await navigator.clipboard.writeText(field.value).then(() => true, () => false);
    if (copied) return true;
  }
  return document.execCommand("copy");
}
