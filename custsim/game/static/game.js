/**
 * The budget game on the screen: a year is planned with sliders under one budget, lived, and compared.
 */

import { makeControl } from "./controls.js";
import { register } from "./custsim.js";
import { heading, make, makeAnnouncer, makeButton, makePatience, newId, paragraphs, replaceKeepingPlace, show } from "./dom.js";
import { niceTicks, plainNumber } from "./format.js";
import { makeBars } from "./panels.js";

/** Milliseconds between looks while a screen waits for others. */
const GAME_LOOKS = 5000;

/** Colours of teams, as the style sheet names them, and how their lines are told apart without colour. */
const GAME_COLOURS = ["blue", "orange", "green", "vermilion", "pink", "sky"];
const GAME_DASHES = { team: ["", "14 4", "14 4 3 4"], house: ["7 4", "14 5", "7 3 2 3", "3 3"], benchmark: "2 4" };

/** What one line of the budget costs with a plan, a year. */
function gameLineCost(line, plan) {
  return Object.entries(line.powers).reduce((product, [path, power]) => product * plan[path] ** power, line.amount);
}

/** What a plan costs, a year. */
export function gamePlanCost(lines, plan) {
  return lines.reduce((sum, line) => sum + gameLineCost(line, plan), 0);
}

/**
 * Money as the leaderboard writes it.
 * @param {number} value
 * @param {string} currency
 */
function gameMoney(value, currency) {
  return `${plainNumber(Math.round(value), 0)} ${currency}`;
}

/** A key that no other submission has. */
function gameKey() {
  return `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 10)}`;
}

/** A table with a heading row; the first cell of each row names it. Small screens leave out the columns up to `older`. */
function gameTable(caption, headings, rows, older = 0) {
  const looks = (index) => (index ? `numeric${index <= older ? " older" : ""}` : null);
  const head = make("tr", {}, ...headings.map((text, index) => make("th", { scope: "col", class: looks(index) }, text)));
  const body = rows.map(({ cells, mark }) => make("tr", { class: mark || null }, ...cells.map((cell, index) =>
    make(index ? "td" : "th", index ? { class: looks(index) } : { scope: "row" }, cell))));
  const table = make("table", { class: "plain" }, make("caption", {}, caption), make("thead", {}, head), make("tbody", {}, ...body));
  return make("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": caption, "data-key": caption }, table);
}

/**
 * The screen of the game.
 * @param {HTMLElement} root
 * @param {object} description
 * @param {{ask: (message: object) => void, aside: (message: object) => void}} line
 */
export function buildGame(root, description, line) {
  const announcer = makeAnnouncer(400);
  const patience = makePatience();
  const status = make("p", { class: "game-status", role: "status" });
  const stage = make("div", { class: "game-stage" });
  const told = make("div", { class: "game-told", hidden: true });
  root.append(...heading(description), gameOpening(description), status, stage, announcer.element);
  let entry = null; // where something is being entered: a team's name, or a plan
  let shown = "";
  let newest = "";
  let timer = 0;
  let years = 0;

  function receive(message) {
    if (message.is === "why" || message.is === "luck") tell(message);
    if (message.is !== "game") return;
    clearTimeout(timer);
    const waits = ["waiting", "closed"].includes(message.phase) || (message.phase === "over" && !message.debrief?.benchmark && !message.debrief?.status.startsWith("there is none"));
    if (waits) timer = setTimeout(() => line.ask({ do: "look" }), GAME_LOOKS);
    patience.draw(() => put(message));
  }

  function put(message) {
    const what = JSON.stringify({ ...message, n: 0 });
    if (what === newest) return; // looked again, and nothing has changed: what is read stays where it is
    newest = what;
    status.replaceChildren(...gameStatus(description, message));
    const now = `${message.phase} ${message.desk?.year ?? ""} ${message.team ?? ""}`;
    if (["deciding", "join"].includes(message.phase) && now === shown) entry.refresh(message); // what is being entered stays
    else draw(message);
    shown = now;
  }

  function draw(message) {
    entry = message.phase === "deciding" ? gamePlanner(description, message, line, announcer) : message.phase === "join" ? gameJoin(message, line) : null;
    const lived = message.results?.length ? gameResults(description, message.results) : "";
    const board = message.board?.length ? gameBoard(description, message.board) : "";
    const said = message.said ? make("p", { class: "said" }, message.said) : "";
    if (message.phase !== "over") show(told, false);
    if (message.phase === "deciding") {
      stage.replaceChildren(make("div", { class: "board" }, make("div", { class: "side" }, entry.element), make("div", { class: "main" }, said, lived, board)));
    } else if (message.phase === "join") {
      stage.replaceChildren(entry.element);
    } else {
      replaceKeepingPlace(stage, ...[said, board, ...(message.phase === "over" ? gameEnd(description, message, line, told) : []), lived].filter(Boolean));
    }
    if (message.said) announcer.say(message.said);
    if (message.results?.length > years && years > 0) status.scrollIntoView({ block: "start" });
    years = message.results?.length ?? 0;
  }

  function tell(message) {
    const title = message.is === "why" ? "Why your firm earned what it did" : "What part was luck";
    told.replaceChildren(make("h3", { tabindex: "-1", "data-key": "told" }, title), ...paragraphs(message.words), message.bars?.length ? makeBars(message.bars, message.unit) : "");
    show(told, true);
    told.querySelector("h3").focus();
  }

  return { receive, refused: () => entry?.refused(), close: () => {
    clearTimeout(timer);
    patience.stop();
    announcer.stop();
  } };
}

/** What the game is about, and its rules behind a click. */
function gameOpening(description) {
  const rules = make("details", {}, make("summary", {}, "The rules"), make("ul", {}, ...description.rules.map((text) => make("li", {}, text)), make("li", {}, description.rule)));
  const rivals = description.mode === "solo" ? make("details", {}, make("summary", {}, "The house rivals"),
    make("ul", {}, ...description.rivals.map((rival) => make("li", {}, make("strong", {}, rival.name), `: ${rival.creed}`)))) : "";
  return make("div", { class: "game-opening" }, ...description.intro.map((text) => make("p", { class: "intro" }, text)), rules, rivals);
}

/** Where the game stands, in one line. */
function gameStatus(description, message) {
  const steps = make("span", { class: "game-steps", "aria-hidden": "true" }, ...Array.from({ length: description.years }, (_, index) => {
    const lived = (message.results?.length ?? 1) - 1;
    return make("span", { class: index < lived ? "done" : index === lived && message.phase === "deciding" ? "now" : null }, String(index + 1));
  }));
  const words = {
    join: "Found a team, or join one.",
    waiting: "The trainer opens the first year. Talk about what you want to do.",
    deciding: `Year ${message.year} of ${description.years} is open.`,
    closed: `Year ${(message.results?.length ?? 1) - 1} is closed. The trainer opens the next one.`,
    over: "All years are decided.",
  }[message.phase];
  const team = description.mode === "room" && message.team ? make("span", { class: "soft" }, ` Team ${message.team}; others of your team join with the word `, make("strong", {}, message.word), ".") : "";
  return [steps, make("strong", {}, words), team];
}

/** Found a team, or join one. */
function gameJoin(message, line) {
  const [nameId, wordId, listId] = [newId("team"), newId("word"), newId("teams")];
  const name = make("input", { id: nameId, type: "text", maxlength: "30", autocomplete: "off", list: listId });
  const word = make("input", { id: wordId, type: "text", maxlength: "10", autocomplete: "off", spellcheck: "false" });
  const join = make("button", {}, "Join");
  const form = make("form", { class: "game-join", onsubmit: (event) => {
    event.preventDefault();
    if (!name.value.trim()) return;
    join.disabled = true; // until it is answered
    line.ask({ do: "join", team: name.value, word: word.value.trim() });
  } },
  make("p", {}, make("label", { for: nameId }, "Name of the team"), name),
  make("p", {}, make("label", { for: wordId }, "Word of the team, if it is there already"), word),
  join);
  const words = make("p", { class: "soft" });
  const list = make("datalist", { id: listId });

  function refresh({ teams }) {
    words.textContent = teams.length ? `There are: ${teams.join(", ")}. Who founded a team sees its word.` : "There are no teams yet. Leave the word empty to found one.";
    list.replaceChildren(...teams.map((text) => make("option", { value: text })));
  }
  refresh(message);
  return { element: make("div", {}, form, words, list), refresh, refused: () => { join.disabled = false; } };
}

/** Sliders under one budget. */
function gamePlanner(description, first, line, announcer) {
  const { desk } = first;
  const money = (value) => gameMoney(value, description.currency);
  const plan = { ...desk.plan };
  let counts = desk.plan; // what is submitted, by whomever of the team
  let taken = Boolean(first.submission);
  let living = false; // alone, a plan that is submitted is lived at once: no second one meanwhile
  const costs = new Map();
  const levers = new Map(description.levers.map((lever) => [lever.path, lever]));
  const left = make("output", { class: "game-left" });
  const meter = make("div", { class: "game-meter", "aria-hidden": "true" }, make("span", {}));
  const submitted = make("p", { class: "game-submitted", role: "status" });
  const over = make("p", { class: "game-over", role: "alert" });
  const other = make("p", { class: "soft", role: "status", hidden: true }, "The sliders show another plan: it counts only when it is submitted.");
  const submit = make("button", { class: "game-submit" }, "");
  const controls = new Map();

  function control(path) {
    const lever = levers.get(path);
    const made = makeControl({ ...lever, start: desk.previous[path] }, (own, value) => {
      plan[own] = value;
      paint();
    });
    made.put(plan[path]);
    controls.set(path, made);
    const cost = make("p", { class: "game-cost" });
    costs.set(path, cost);
    return make("div", {}, made.element, cost);
  }

  function paint() {
    const total = gamePlanCost(desk.lines, plan);
    const rest = desk.budget - total;
    for (const [path, element] of costs) element.textContent = gameCostWords(path, desk, plan, money);
    left.replaceChildren(make("strong", {}, `${money(Math.abs(rest))} ${rest >= 0 ? "left" : "over"}`), make("span", { class: "soft" }, ` of a budget of ${money(desk.budget)}`));
    left.classList.toggle("beyond", rest < 0);
    meter.classList.toggle("beyond", rest < 0);
    meter.firstChild.style.width = `${Math.min(100, (100 * total) / desk.budget)}%`;
    over.textContent = rest < 0 ? `This plan costs ${money(-rest)} more than the budget. Lower something before you submit it.` : "";
    submit.disabled = rest < 0 || living;
    show(other, taken && !shows(counts));
    announcer.say(rest >= 0 ? `${money(rest)} left of the budget` : `${money(-rest)} over the budget`);
  }

  /** Whether the sliders stand as in a plan. */
  function shows(values) {
    return Object.keys(values).every((path) => plan[path] === values[path]);
  }

  function refresh(message) {
    const made = message.submission;
    const touched = !shows(counts);
    [counts, taken] = [message.desk.plan, Boolean(made)];
    if (!touched && !shows(counts)) put(counts); // a team-mate's plan, and nothing is being planned here
    show(other, taken && !shows(counts));
    submitted.textContent = made ? `Your plan of ${money(made.cost)} was taken at ${gameClock(made.at)}. You can change it until the trainer closes the year; the last one counts.` : "";
    submit.textContent = made ? "Submit again" : description.mode === "solo" ? `Live year ${desk.year} with this plan` : "Submit this plan";
  }

  const groups = description.groups.map((group) => make("fieldset", {}, make("legend", {}, group.label), make("div", { class: "game-levers" }, ...group.levers.map(control))));
  const form = make("form", { class: "controls", onsubmit: (event) => {
    event.preventDefault();
    for (const [path, made] of controls) plan[path] = made.value();
    paint();
    if (submit.disabled) return;
    living = description.mode === "solo";
    paint();
    line.ask({ do: "submit", year: desk.year, plan: { ...plan }, key: gameKey() });
  } },
  make("div", { class: "game-purse" }, left, meter), ...groups, over, make("div", { class: "row" }, submit,
    makeButton("As last year", () => put(desk.previous), { class: "quiet" })), submitted, other);

  function put(values) {
    for (const [path, made] of controls) {
      plan[path] = values[path];
      made.put(values[path]);
    }
    paint();
  }
  function refused() {
    living = false;
    paint();
  }
  paint();
  refresh(first);
  return { element: form, refresh, refused };
}

/** What stands under a slider: what it costs, in this year's volumes. */
function gameCostWords(path, desk, plan, money) {
  const own = desk.lines.find((one) => one.lever === path);
  if (path === "employees.pay") return "paid in the wages";
  if (!own) return "";
  const people = plan["employees.customers_per_employee"];
  const words = `${money(gameLineCost(own, plan))} a year`;
  if (path !== "employees.customers_per_employee") return words;
  const before = desk.previous[path];
  const then = people > before ? ". Nobody is dismissed: the saving comes as people leave" : people < before ? ". New people start, and cost, some months later" : "";
  return `${plainNumber(desk.customers / people, 0)} employees, wages ${words}${then}`;
}

/** Hours and minutes of a time. */
function gameClock(at) {
  return new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

/** Who is ahead. */
function gameBoard(description, board) {
  const money = (value) => plainNumber(Math.round(value / 1000), 0);
  const ranked = (text, rank) => make("span", {}, text, make("span", { class: "rank" }, ` (${rank})`));
  const rows = board.map((one) => ({
    mark: one.you ? "mine" : one.house ? "house" : "",
    cells: [`${one.overall}. ${one.name}${one.you && one.name !== "You" ? " (you)" : ""}${one.house ? " (house)" : ""}`, String(one.points),
      ranked(money(one.profit), one.by_profit), ranked(money(one.equity), one.by_equity), ranked(plainNumber(one.satisfaction, 1), one.by_satisfaction)],
  }));
  const units = make("p", { class: "soft" }, `Profit so far and customer equity in thousand ${description.currency}`, make("span", { class: "rank" }, "; ranks in brackets"), `. ${description.rule}`);
  return make("div", { class: "game-board" }, gameTable("Leaderboard", ["Overall", "Points", "Profit", "Customer equity", "Satisfaction"], rows), units);
}

/** The years of the learner's own firm along the chain. */
function gameResults(description, results) {
  const last = results.length - 1;
  const headings = ["Along the chain", ...results.map((one) => (one.year === 0 ? "Before" : `Year ${one.year}`)), ...(last > 0 ? ["Change"] : [])];
  const rows = description.along.map((one) => {
    const thousand = one.unit === description.currency;
    const decimals = thousand ? 0 : one.decimals;
    const values = results.map((year) => gameRounded((year.numbers[one.name] ?? NaN) / (thousand ? 1000 : 1), decimals));
    const label = [one.label, make("span", { class: "soft" }, ` ${thousand ? `thousand ${one.unit}` : one.unit}`)];
    const cells = [make("span", {}, ...label), ...values.map((value) => plainNumber(value, decimals))];
    if (last > 0) cells.push(gameChange(values[last - 1], values[last], one.better, decimals));
    return { cells };
  });
  const older = Math.max(0, results.length - 2); // a small screen shows the last two years and what changed
  return gameTable("Your firm, year by year", headings, rows, older);
}

/** A number as it is written. */
function gameRounded(value, decimals) {
  return Math.sign(value) * Number(Math.abs(value).toFixed(decimals));
}

/** What changed between two numbers as they are written, as that is what a reader subtracts. */
function gameChange(before, now, better, decimals) {
  if (!Number.isFinite(before) || !Number.isFinite(now)) return "–";
  if (now === before) return "0";
  const good = now > before === (better === "more");
  return make("span", { class: "change", "data-good": String(good) }, `${now > before ? "▲ +" : "▼ "}${plainNumber(now - before, decimals)}`);
}

/** The end: the debrief, the benchmark, and what can be asked. */
function gameEnd(description, message, line, told) {
  if (!message.debrief) return [make("p", { class: "said" }, "The trainer will reveal what everybody did.")];
  const { debrief } = message;
  const looks = gameLooks(debrief.teams);
  const benchmark = debrief.benchmark
    ? make("div", { class: "evidence" }, make("p", { class: "claim" }, "The benchmark"), ...paragraphs(debrief.benchmark.words))
    : make("p", { class: "soft" }, `The benchmark is being worked out (${debrief.status}).`);
  const buttons = [makeButton("Why did my firm earn what it did?", () => line.aside({ do: "why" }), { "data-key": "why" }), makeButton("What part was luck?", () => line.aside({ do: "luck" }), { "data-key": "luck" })];
  if (description.mode === "solo") buttons.push(makeButton("Play again with the same firm", () => line.ask({ do: "again" })));
  return [
    benchmark,
    make("div", { class: "toolbar" }, ...buttons),
    told,
    make("h3", {}, "What everybody did, and what it did"),
    gameKeyLine(debrief.teams, looks),
    make("div", { class: "game-links" }, ...debrief.links.filter((one) => one.name !== "equity" && one.name !== "revenue").map((one) => gameLink(one, debrief.teams, looks))),
    gameSpending(description, debrief),
    gameDecided(description, debrief),
  ];
}

/** The look of each team's line. */
function gameLooks(teams) {
  let coloured = 0;
  let ofTheHouse = 0;
  return teams.map((team) => {
    if (team.benchmark) return { colour: "var(--ink)", dash: GAME_DASHES.benchmark, wide: 2.5 };
    const colour = `var(--line-${GAME_COLOURS[coloured % GAME_COLOURS.length]})`;
    const dash = team.house // each of the house has dashes of its own, the teams when the colours come round again
      ? GAME_DASHES.house[ofTheHouse++ % GAME_DASHES.house.length]
      : GAME_DASHES.team[Math.floor(coloured / GAME_COLOURS.length) % GAME_DASHES.team.length];
    coloured += 1;
    return { colour, dash, wide: team.you ? 4 : 2 };
  });
}

function gameSvg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function gameStroke(element, look) {
  element.style.stroke = look.colour;
  element.setAttribute("stroke-width", String(look.wide));
  element.setAttribute("stroke-dasharray", look.dash);
  return element;
}

/** Which line is whose. */
function gameKeyLine(teams, looks) {
  return make("ul", { class: "game-key" }, ...teams.map((team, index) => {
    const sample = gameSvg("svg", { width: "36", height: "10", "aria-hidden": "true" }, gameStroke(gameSvg("line", { x1: "0", y1: "5", x2: "36", y2: "5" }), looks[index]));
    return make("li", {}, sample, ` ${team.name}${team.house && !team.benchmark ? " (house)" : ""}`);
  }));
}

/** One link of the chain over the years, all teams. */
function gameLink(one, teams, looks) {
  const [width, height, left, right, top, bottom] = [320, 180, 58, 310, 10, 152];
  const all = one.years.flat().filter((value) => Number.isFinite(value));
  let [low, high] = [Math.min(...all), Math.max(...all)];
  const room = 0.02 * Math.max(Math.abs(low), Math.abs(high), 1e-9);
  if (high - low < 2 * room) [low, high] = [low - room, high + room];
  const ticks = niceTicks(low, high, 4);
  [low, high] = [ticks[0], ticks.at(-1)];
  const count = one.years[0].length;
  const x = (index) => left + (index / Math.max(1, count - 1)) * (right - left);
  const y = (value) => bottom - ((value - low) / (high - low)) * (bottom - top);
  const thousand = Math.max(Math.abs(low), Math.abs(high)) >= 20000;
  const words = teams.map((team, index) => `${team.name} ${plainNumber(one.years[index].at(-1), one.decimals)}`).join(", ");
  const svg = gameSvg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${one.label} in the last year: ${words}` });
  for (const tick of ticks) {
    svg.append(gameSvg("line", { class: "grid", x1: left, x2: right, y1: y(tick), y2: y(tick) }));
    svg.append(gameSvg("text", { x: left - 6, y: y(tick) + 5, "text-anchor": "end" }, plainNumber(thousand ? tick / 1000 : tick, (ticks[1] - ticks[0]) / (thousand ? 1000 : 1) < 1 ? 1 : 0)));
  }
  for (let index = 0; index < count; index += 1) svg.append(gameSvg("text", { x: x(index), y: height - 8, "text-anchor": "middle" }, String(index)));
  const order = teams.map((_, index) => index).sort((a, b) => looks[a].wide - looks[b].wide);
  for (const index of order) {
    const points = one.years[index].map((value, place) => (Number.isFinite(value) ? `${x(place)},${y(value)}` : null)).filter(Boolean);
    svg.append(gameStroke(gameSvg("polyline", { points: points.join(" "), fill: "none" }), looks[index]));
  }
  return make("figure", { class: "chart" }, make("figcaption", {}, make("strong", {}, one.label), make("span", { class: "unit" }, thousand ? `thousand ${one.unit}` : one.unit)), svg);
}

/** Who spent on what. */
function gameSpending(description, debrief) {
  const rows = debrief.spent.map((one) => ({ cells: [one.label, ...one.values.map((value) => plainNumber(Math.round(value / 1000), 0))] }));
  const total = debrief.teams.map((_, index) => debrief.spent.reduce((sum, one) => sum + one.values[index], 0));
  rows.push({ cells: ["Together", ...total.map((value) => plainNumber(Math.round(value / 1000), 0))], mark: "mine" });
  return gameTable(`Who spent on what: all years, thousand ${description.currency}`, ["", ...debrief.teams.map((team) => team.name)], rows);
}

/** How the levers stood. */
function gameDecided(description, debrief) {
  const levers = new Map(description.levers.map((lever) => [lever.path, lever]));
  const write = (lever, value) => (lever.percent ? `${plainNumber(100 * value, 0)} %` : plainNumber(value, Number.isInteger(value) ? 0 : value >= 20 ? 0 : 1));
  const rows = debrief.decided.map((one) => ({ cells: [levers.get(one.path).label, ...one.values.map((value) => write(levers.get(one.path), value))] }));
  return gameTable("How the levers stood: mean of the years", ["", ...debrief.teams.map((team) => team.name)], rows);
}

register("game", buildGame);
