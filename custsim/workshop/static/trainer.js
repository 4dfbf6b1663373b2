/**
 * The trainer's page: the state of the room as the server tells it, drawn anew whenever it changes, and a few buttons.
 * Nicknames and answers were typed by others: they are inserted as text only.
 */

import { connect } from "./connection.js";
import { make, makeButton, makePatience, pressOnce, replaceKeepingPlace, unbroken } from "./custsim.js";

const at = (id) => document.getElementById(id);
const patience = makePatience();
let room = null;

/** number of a press that is under way -> what was pressed */
const underWay = new Map();
let presses = 0;

const line = connect("trainer/room", {
  opened() {
    at("lost").hidden = true;
    doubt();
  },
  broken() {
    at("lost").hidden = false;
    doubt();
  },
  text(data) {
    const told = JSON.parse(data).room;
    if (told.is === "hello") greet(told);
    else if (told.is === "room") patience.draw(() => draw(told));
    else if (told.is === "done") {
      underWay.delete(told.n);
      if (told.problem) at("problem").textContent = told.problem;
    }
  },
});

/**
 * Press a button: not again while that is under way.
 * @param {string} button what it says
 * @param {object} message
 * @returns {boolean} whether it was sent
 */
function press(button, message) {
  if ([...underWay.values()].includes(button)) return false;
  presses += 1;
  const sent = line.send(JSON.stringify({ ...message, n: presses }));
  if (sent) underWay.set(presses, button);
  at("problem").textContent = sent ? "" : `“${button}” did not reach the workshop: the connection is broken. Press it again when it is back.`;
  return sent;
}

/** The connection broke: nobody knows whether what was under way was done. */
function doubt() {
  if (underWay.size === 0) return;
  const buttons = [...underWay.values()].map((button) => `“${button}”`).join(", ");
  at("problem").textContent = `The connection broke: look whether ${buttons} was done, and press it again if not.`;
  underWay.clear();
}

pressOnce(document.querySelector("main"), "button");

function greet(told) {
  document.title = `Trainer: ${told.title}`;
  at("title").textContent = told.minutes ? `${told.title} (${told.minutes} minutes)` : told.title;
  at("address").textContent = told.address.replace(/^http:\/\//, "").replace(/\/$/, "");
  at("others").textContent = told.others.length ? `or ${told.others.map((other) => other.slice(7, -1)).join(" or ")}` : "";
  at("word").textContent = told.word;
  at("code-picture").src = "trainer/code.svg";
  at("sheet").innerHTML = unbroken(told.sheet) || "<p>This lesson has no trainer's sheet.</p>";
}

function draw(told) {
  room = told;
  at("load").textContent = `${told.seated} of ${told.most} seats · ${told.memory_mib} MiB`;
  at("warnings").replaceChildren(...told.warnings.map((text) => make("p", { class: "lost" }, text)));
  drawLesson();
  drawPeople();
  const open = told.questions.filter((asked) => asked.answered === 0);
  at("no-answers").textContent = told.questions.length === 0
    ? "Questions and guesses of the steps that are open appear here, without names."
    : open.length > 0 ? `Not answered yet: ${open.map((asked) => asked.of).join(", ")}` : "";
  replaceKeepingPlace(at("questions"), ...told.questions.filter((asked) => asked.answered > 0).map(question));
  at("shared-panel").hidden = told.shared.length === 0;
  replaceKeepingPlace(at("shared"), ...told.shared.map(shared));
}

// ---- the lesson ---------------------------------------------------------------------------------------------------

function drawLesson() {
  const { phase, revealed, steps, titles } = room;
  at("phase").textContent = {
    waiting: "Not started. Trainees who join wait.",
    running: `Running. ${revealed} of ${steps} steps are open.`,
    paused: "Paused. Nobody can move anything.",
  }[phase];
  const more = phase !== "waiting" && revealed < steps;
  at("next").textContent = phase === "waiting" ? "Start the lesson" : more ? `Open step ${revealed + 1}: ${titles[revealed]}` : "All steps are open";
  at("next").disabled = phase !== "waiting" && !more;
  at("pause").textContent = phase === "paused" ? "Go on" : "Pause";
  at("pause").disabled = phase === "waiting";
  at("tell").disabled = !room.untold;
  at("tell").title = room.untold ? "“What happened” opens to those who have predicted; this opens it to everybody" : "Nothing is held back";
  at("all").disabled = phase !== "waiting" && !more;
  at("steps").replaceChildren(
    ...titles.map((title, index) => {
      const open = phase !== "waiting" && index < revealed;
      return make("li", { class: open ? "open" : null }, make("span", {}, `${index + 1}. ${title}`), make("span", { class: "mark" }, open ? "open" : "closed"));
    }),
  );
}
const WHAT = {
  next: () => (room.phase === "waiting" ? { do: "start" } : { do: "reveal", step: room.revealed + 1 }),
  pause: () => ({ do: room.phase === "paused" ? "resume" : "pause" }),
  tell: () => ({ do: "tell" }),
  all: () => ({ do: "reveal_all" }),
};
for (const [id, what] of Object.entries(WHAT)) at(id).addEventListener("click", () => room && press(at(id).textContent, what()));

// ---- the room -----------------------------------------------------------------------------------------------------

function drawPeople() {
  const { people, checkpoints } = room;
  const here = people.filter((person) => person.here).length;
  const done = checkpoints.length ? people.filter((person) => person.done === 1).length : 0;
  at("counts").textContent = people.length
    ? `${here} here, ${people.length} joined.${checkpoints.length ? ` ${done} with every checkpoint done.` : ""}`
    : "Nobody yet.";
  at("in").textContent = people.length === 1 ? "1 person is in" : `${people.length} people are in`;
  replaceKeepingPlace(at("people").tBodies[0], ...people.map((person) => personRow(person, checkpoints)));
}

function personRow(person, checkpoints) {
  const away = person.here ? (person.quiet_minutes >= 5 ? `quiet for ${person.quiet_minutes} min` : "") : "not connected";
  const done = person.progress.filter((part) => part >= 1).length;
  const dots = person.progress.map((part, index) => {
    const state = part >= 1 ? "done" : part > 0 ? "begun" : checkpoints[index].open ? "" : "closed";
    return make("i", { class: state || null, title: `step ${checkpoints[index].step}` });
  });
  const readmit = makeButton("Let back in", () => {
    const sent = press(`Let ${person.nickname} back in`, { do: "readmit", seat: person.id });
    if (sent) at("problem").textContent = `Whoever joins as ${person.nickname} within three minutes gets this seat.`;
  }, { class: "second small", "data-key": `readmit-${person.id}` });
  const remove = makeButton("Remove", () => {
    if (confirm(`Remove ${person.nickname}, with all answers?`)) press(`Remove ${person.nickname}`, { do: "remove", seat: person.id });
  }, { class: "second small", "data-key": `remove-${person.id}` });
  return make("tr", {},
    make("td", { class: "name" }, person.nickname, away ? make("span", { class: "away" }, away) : null),
    make("td", {}, checkpoints.length ? make("div", { class: "dots", role: "img", "aria-label": `${done} of ${checkpoints.length} done` }, ...dots, make("span", {}, `${done}/${checkpoints.length}`)) : "none in this lesson"),
    make("td", { class: "actions" }, person.here ? null : readmit, remove),
  );
}

// ---- answers ------------------------------------------------------------------------------------------------------

function question(told) {
  const judged = told.right_first !== undefined
    ? `: ${told.right_first} right at once, ${told.right_later} right later, ${told.not_yet} not yet`
    : "";
  const most = Math.max(1, ...told.bars.map((bar) => bar.count));
  const bars = told.bars.flatMap((bar) => {
    const fill = make("i", { class: bar.count ? null : "none" });
    fill.style.width = `${(100 * bar.count) / most}%`;
    return [make("dt", {}, bar.text), make("dd", {}, make("span", { class: "track", "aria-hidden": "true" }, fill)), make("dd", {}, String(bar.count))];
  });
  return make("section", { class: "question" },
    make("h3", {}, told.question),
    make("p", { class: "help" }, `Step ${told.step}, ${told.of}. ${told.answered} answered${judged}.${told.unit ? ` In ${told.unit}.` : ""}${told.bars.length && told.right_first !== undefined ? " First answers:" : ""}`),
    told.curves?.drawn.length ? curves(told.curves, told.unit) : make("dl", { class: "spread" }, ...bars),
  );
}

/** What people drew, one line over the other: where they are dark, many drew the same. */
function curves({ low, high, from, to, drawn }, unit) {
  const [width, height] = [360, 150];
  const svg = svgPart("svg", { viewBox: `0 0 ${width} ${height}`, class: "curves", role: "img", "aria-label": `${drawn.length} curves, from ${from} to ${to}` });
  const y = (value) => height - ((value - low) / (high - low)) * height;
  for (const value of low < 0 && high > 0 ? [0] : []) svg.append(svgPart("line", { class: "zero", x1: 0, x2: width, y1: y(value), y2: y(value) }));
  for (const curve of drawn) {
    const points = curve.map((value, index) => `${(index / (curve.length - 1)) * width},${y(value)}`);
    svg.append(svgPart("polyline", { points: points.join(" ") }));
  }
  const ends = make("p", { class: "help ends" }, make("span", {}, from), make("span", {}, to));
  return make("div", {}, make("p", { class: "help" }, `${high.toLocaleString("en")} ${unit}`), svg, make("p", { class: "help" }, `${low.toLocaleString("en").replace("-", "−")} ${unit}`), ends);
}

function svgPart(tag, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

// ---- what the room shares, such as the game -----------------------------------------------------------------------

const PLACES = [
  ["Place", (place) => place.overall],
  ["Team", (place) => (place.house ? `${place.name} (house)` : place.name)],
  ["Points", (place) => place.points],
  ["Profit", (place) => place.profit],
  ["Customer equity", (place) => place.equity],
  ["Satisfaction", (place) => place.satisfaction, 1],
];

function shared(view) {
  const buttons = (view.buttons ?? []).map((button) =>
    makeButton(button.label, () => press(button.label, { do: "act", of: view.of, name: button.do, label: button.label }), {
      class: "second", "data-key": `${view.of}-${button.do}`, disabled: Boolean(button.why), title: button.why,
    }));
  const board = view.board?.length
    ? { headings: PLACES.map(([heading]) => heading), rows: view.board.map((place) => PLACES.map(([, read]) => read(place))), decimals: PLACES.map(([, , decimals]) => decimals ?? 0) }
    : null;
  return make("div", { class: "shared" },
    ...(view.words ?? []).map((words) => make("p", {}, words)),
    make("div", { class: "buttons" }, ...buttons),
    table("Teams", view.table),
    table("Leaderboard", board),
  );
}

function table(caption, told) {
  if (!told?.rows?.length) return null;
  const numeric = told.headings.map((_, column) => told.rows.every((row) => typeof row[column] === "number"));
  const written = (value, column) => (numeric[column] ? value.toLocaleString("en", { minimumFractionDigits: told.decimals?.[column] }) : String(value ?? ""));
  const cell = (tag) => (value, column) =>
    make(tag, { class: numeric[column] ? "to-the-right" : null, scope: tag === "th" ? "col" : null }, tag === "th" ? value : written(value, column));
  return make("div", { class: "scroll", "data-key": caption }, make("table", {},
    make("caption", {}, caption),
    make("thead", {}, make("tr", {}, ...told.headings.map(cell("th")))),
    make("tbody", {}, ...told.rows.map((row) => make("tr", {}, ...row.map(cell("td"))))),
  ));
}

// ---- the code -----------------------------------------------------------------------------------------------------

at("show-code").addEventListener("click", () => at("code").showModal());
at("hide-code").addEventListener("click", () => at("code").close());
