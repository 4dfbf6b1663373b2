/**
 * The page of a trainee: join, wait, and the lesson step by step. All components share one connection.
 *
 * What others typed, and this trainee, is inserted as text only. Words of the lesson come as markup from the server, which
 * made it from the lesson's own Markdown.
 */

import { make, mount, numbersOf, unbroken } from "./custsim.js";
import { connect } from "./connection.js";

const at = (id) => document.getElementById(id);
const views = ["joining", "waiting", "bye", "lesson"].map(at);
const PLACE = "custsim-place";

/** Names this page, so that the server knows a message that is sent again from a new one. */
const page = crypto.getRandomValues(new Uint32Array(3)).reduce((text, part) => text + part.toString(36), "");

/** id of a component -> its transport and what `mount` gave */
const parts = new Map();
let shownSteps = 0;
let loading = null;
let wanted = null;
let line = null;

function view(id) {
  for (const element of views) element.hidden = element.id !== id;
  at("bar").hidden = id === "joining" || id === "bye";
}

async function asked(address, options) {
  const response = await fetch(address, options);
  const told = await response.json().catch(() => ({ problem: "The trainer's computer gave no answer that makes sense." }));
  return response.ok ? told : { problem: told.problem ?? "The trainer's computer did not answer." };
}

// ---- joining ------------------------------------------------------------------------------------------------------

/** The join word that an address with a code brings along; none if it is garbled. */
function wordOfAddress() {
  try {
    return decodeURIComponent(location.hash.slice(1)).replaceAll("-", " ");
  } catch {
    return "";
  }
}

function askToJoin() {
  sessionStorage.removeItem(PLACE);
  sessionStorage.removeItem(SKIPPED);
  skipped.clear();
  const scanned = wordOfAddress();
  if (scanned && !at("word").value) at("word").value = scanned;
  view("joining");
  (at("word").value ? at("nickname") : at("word")).focus();
}

at("join-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  at("join").disabled = true;
  at("join-problem").textContent = "";
  const body = JSON.stringify({ word: at("word").value, nickname: at("nickname").value });
  const told = await asked("join", { method: "POST", headers: { "Content-Type": "application/json" }, body }).catch(() => ({
    problem: "The trainer's computer cannot be reached. Are you on the same network?",
  }));
  at("join").disabled = false;
  at("join-problem").textContent = told.problem ?? "";
  if (!told.problem) enter();
});

// ---- the room -----------------------------------------------------------------------------------------------------

function enter() {
  view("waiting");
  line = connect("room", { opened, text, numbers, broken, refused: rejoin });
}

/** The connection was refused: the seat is not there any more, or the room is another one. */
async function rejoin() {
  const told = await asked("seat").catch(() => null);
  if (told && !told.problem && told.nickname === null) {
    line.close();
    location.reload(); // what is on the page is of a seat that is no more, or of another lesson
  }
}

function opened() {
  at("lost").hidden = true;
  for (const part of parts.values()) part.screen.refresh();
}

function broken() {
  at("lost").hidden = false;
}

let busyWith = null; // what had the focus when the trainer paused

function pause(paused) {
  const main = document.querySelector("main");
  if (paused && !main.inert) busyWith = main.contains(document.activeElement) ? document.activeElement : null;
  const over = main.inert && !paused;
  at("paused").hidden = !paused;
  main.inert = paused;
  if (over && document.activeElement === document.body) busyWith?.focus({ preventScroll: true });
}

const hear = {
  hello(room) {
    document.title = room.title;
    at("lesson-title").textContent = room.title;
    at("who").textContent = room.nickname;
    at("waiting-words").textContent = `Welcome, ${room.nickname}. Your trainer will start in a moment.`;
    hear.room(room);
  },
  room(room) {
    pause(room.phase === "paused");
    wanted = room;
    openTold();
    if (room.phase === "waiting" || room.revealed === 0) {
      view("waiting");
    } else {
      view("lesson");
      loading ??= load().finally(() => { loading = null; });
    }
  },
  refresh(room) {
    parts.get(room.of)?.screen.look();
  },
  bye(room) {
    line.close();
    pause(false);
    const again = { removed: "Join again", full: "Try again" }[room.why] ?? "Go on here";
    at("bye-title").textContent = { elsewhere: "Open elsewhere", idle: "Are you still there?", full: "No seat free" }[room.why] ?? "Goodbye";
    at("bye-words").textContent = room.text;
    at("back").textContent = again;
    view("bye");
  },
};
at("back").addEventListener("click", () => location.reload());

function text(data) {
  const told = JSON.parse(data);
  if (told.room) hear[told.room.is]?.(told.room);
  else answer(told.of, told.message, null);
}

function numbers(data) {
  const length = new DataView(data).getUint32(0, true);
  const told = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
  answer(told.of, told.message, numbersOf(data.slice(4 + length)));
}

// ---- components ---------------------------------------------------------------------------------------------------

function send(part, message) {
  line.send(JSON.stringify({ to: part.id, screen: page, message }));
}

function answer(id, message, floats) {
  const part = parts.get(id);
  if (!part) return;
  if (message.is === "revealed" || message.guessed) predicted(id);
  part.transport.onmessage(message, floats);
}

function mountPart(block) {
  const place = make("div", { class: "part" });
  const part = { id: block.id, transport: { send: (message) => send(part, message) } };
  parts.set(block.id, part);
  return { place, begin: () => { part.screen = mount(place, block.description, part.transport); } };
}

// ---- steps --------------------------------------------------------------------------------------------------------

async function load() {
  const first = shownSteps === 0;
  const before = shownSteps;
  while (wanted.phase !== "waiting" && shownSteps < wanted.revealed) {
    const told = await asked(`step/${shownSteps + 1}`).catch(() => ({ problem: "unreachable" }));
    if (told.problem) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      continue;
    }
    shownSteps += 1;
    addStep(shownSteps, told);
  }
  listClosed(wanted.steps - shownSteps);
  if (first) goBack();
  else if (shownSteps > before) announce(before + 1);
}

function addStep(number, step) {
  const id = `step-${number}`;
  const heading = make(number === 1 ? "h1" : "h2", { tabindex: "-1" }, step.title);
  const section = make("section", { class: "step", id, "data-step": number }, heading);
  const begun = [];
  const drawn = (block) => {
    if (block.is === "told") return heldBack(number, block, block.blocks.map(drawn));
    if (block.is !== "component") return blocks[block.is](block);
    const { place, begin } = mountPart(block);
    begun.push(begin);
    return place;
  };
  section.append(...step.blocks.map(drawn));
  at("content").append(section);
  const link = make("a", { href: `#${id}`, onclick: (event) => { event.preventDefault(); show(id); } }, step.title);
  at("step-list").append(make("li", {}, link));
  for (const begin of begun) begin();
  watcher.observe(section);
}

const blocks = {
  words(block) {
    const element = make("div", { class: "words" });
    element.innerHTML = unbroken(block.html);
    return element;
  },
  picture: (block) =>
    make("figure", { class: "picture" }, make("img", { src: block.data, alt: block.alt, width: block.width, height: block.height })),
  table(block) {
    const numeric = block.head.map((_, column) => block.rows.every((row) => /^[-−+]?[\d.,\s]*(e[-+]?\d+)?\s?%?$/.test(row[column])));
    const cell = (tag) => (text, column) => make(tag, { class: numeric[column] ? "to-the-right" : null, scope: tag === "th" ? "col" : null }, text);
    const head = make("thead", {}, make("tr", {}, ...block.head.map(cell("th"))));
    const body = make("tbody", {}, ...block.rows.map((row) => make("tr", {}, ...row.map(cell("td")))));
    return make("div", { class: "scroll", tabindex: "0" }, make("table", {}, head, body), block.note ? make("p", { class: "help" }, block.note) : null);
  },
  text: (block) => make("pre", { class: "text" }, block.text),
};

// ---- what happened: after one has predicted ----------------------------------------------------------------------

/** What waits for predictions: step, those still missing, and how it is opened. */
const waiting = new Set();
const SKIPPED = "custsim-told";
const skipped = new Set(JSON.parse(sessionStorage.getItem(SKIPPED) ?? "[]"));

/** Hold back what tells an outcome until its predictions are made, or somebody wants none, or the trainer opens it. */
function heldBack(step, { after }, content) {
  const body = make("div", { class: "told" }, ...content);
  const words = make("p");
  const skip = make("button", { type: "button", class: "plain" }, "I do not want to predict: show it");
  const lid = make("div", { class: "lid" }, words, skip);
  const one = { step, missing: new Set(after), open, tell: () => {
    words.textContent = one.missing.size === 1 ? "It opens when you have made your prediction above." : `It opens when you have made your ${one.missing.size} predictions above.`;
  } };
  function open() {
    waiting.delete(one);
    lid.remove();
    body.hidden = false;
  }
  skip.addEventListener("click", () => {
    skipped.add(after[0]);
    sessionStorage.setItem(SKIPPED, JSON.stringify([...skipped]));
    open();
    body.tabIndex = -1;
    body.focus({ preventScroll: true }); // the button is gone: who reads on by keyboard does so here
  });
  body.hidden = true;
  waiting.add(one);
  one.tell();
  if (step <= wanted.told || skipped.has(after[0])) open();
  return make("div", {}, lid, body);
}

/** A prediction is made. */
function predicted(id) {
  for (const one of [...waiting]) {
    if (!one.missing.delete(id)) continue;
    one.tell();
    if (one.missing.size > 0) continue;
    one.open();
    at("said").textContent = "What happened, and why, is open now.";
  }
}

function openTold() {
  for (const one of [...waiting]) if (one.step <= wanted.told) one.open();
}

function listClosed(count) {
  at("step-list").querySelector(".closed")?.remove();
  if (count > 0) at("step-list").append(make("li", { class: "closed" }, count === 1 ? "1 more step" : `${count} more steps`));
}

function show(id) {
  at(id).scrollIntoView({ block: "start" });
  at(id).querySelector("h1, h2").focus({ preventScroll: true });
  at("arrived").hidden = true;
}

function announce(number) {
  const id = `step-${number}`;
  const title = at(id).querySelector("h1, h2").textContent;
  at("arrived").textContent = `New: ${title} ↓`;
  at("arrived").hidden = false;
  at("arrived").onclick = () => show(id);
  at("said").textContent = `Your trainer has opened a new step: ${title}`;
}

// ---- where the trainee is -----------------------------------------------------------------------------------------

const watcher = new IntersectionObserver(() => requestAnimationFrame(notePlace), { threshold: [0, 0.2, 1] });
addEventListener("scrollend", notePlace);
addEventListener("pagehide", notePlace);

/** Mark the step under the top of the screen, and keep the place for a reload. */
function notePlace() {
  const sections = [...document.querySelectorAll(".step")];
  const here = sections.findLast((section) => section.getBoundingClientRect().top <= innerHeight * 0.3) ?? sections[0];
  if (!here) return;
  for (const [index, link] of [...at("step-list").querySelectorAll("a")].entries()) {
    if (sections[index] === here) link.setAttribute("aria-current", "step");
    else link.removeAttribute("aria-current");
  }
  if (sections.at(-1) === here) at("arrived").hidden = true;
  if (!returning) sessionStorage.setItem(PLACE, JSON.stringify([here.id, here.getBoundingClientRect().top]));
}

let returning = true;

/**
 * Scroll to where this page was before it was loaded again. Components grow while they are drawn, so look twice;
 * but not if the page was scrolled in between: whoever did that is where they want to be.
 */
function goBack() {
  let place = null;
  try {
    place = JSON.parse(sessionStorage.getItem(PLACE));
  } catch {
    sessionStorage.removeItem(PLACE);
  }
  const scroll = () => {
    const section = place && at(place[0]);
    if (section) scrollTo({ top: scrollY + section.getBoundingClientRect().top - place[1], behavior: "instant" });
  };
  scroll();
  const reached = scrollY;
  setTimeout(() => { if (scrollY === reached) scroll(); returning = false; notePlace(); }, 400);
}

// ---- begin --------------------------------------------------------------------------------------------------------

history.scrollRestoration = "manual";
const told = await asked("seat").catch(() => ({ nickname: null }));
if (told.nickname) enter();
else askToJoin();
