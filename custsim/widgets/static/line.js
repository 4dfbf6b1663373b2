/**
 * The line between a screen and its component: at most one change under way, only the newest one waiting.
 */

/** Milliseconds after which a wait is shown, and after which an answer counts as lost. */
const SHOWN_AFTER = 300;
const LOST_AFTER = 15000;

/**
 * Open a line.
 *
 * What changes the learner's state goes one after another (`ask`, `askOnce`), and of moves only the newest waits (`move`). What
 * only looks at a state and may take long (`aside`) goes at once and holds up nothing.
 *
 * @param {{send: (message: object) => void}} transport
 * @param {(message: object, numbers: Float32Array|null, newest: boolean, asked: string|null) => void} answered called
 *   for each reply; `newest` is false while the learner is already ahead of it; `asked` is what was asked to be done
 * @param {(state: "idle"|"busy"|"lost"|"gone") => void} waiting called when the wait becomes worth showing, and when it
 *   ends; "gone" when nobody is there any more who could answer
 */
export function openLine(transport, answered, waiting) {
  let n = Math.floor(Math.random() * 1e6) * 1000; // two screens of one component do not take each other's replies
  let current = null;
  let queue = [];
  let gone = false;
  const flying = new Map();

  function send(message) {
    n += 1;
    fly(n, message);
    return n;
  }

  function fly(own, message) {
    const timers = [
      setTimeout(() => flag(own, "busy"), SHOWN_AFTER),
      setTimeout(() => flag(own, "lost"), LOST_AFTER),
    ];
    flying.set(own, { message, timers, late: null });
    try {
      transport.send({ ...message, n: own });
    } catch { // a notebook's kernel that was restarted knows nothing of what its forerunner showed
      gone = true;
      close();
      tell();
    }
  }

  function flag(own, late) {
    if (!flying.has(own)) return;
    flying.get(own).late = late;
    if (late === "lost" && own === current) {
      current = null;
      next();
    }
    tell();
  }

  function tell() {
    const states = [...flying.values()].map((one) => one.late);
    waiting(gone ? "gone" : states.includes("lost") ? "lost" : states.includes("busy") ? "busy" : "idle");
  }

  function next() {
    if (current === null && queue.length > 0) current = send(queue.shift());
  }

  function settle(own) {
    flying.get(own)?.timers.forEach(clearTimeout);
    flying.delete(own);
  }

  function ask(message) {
    queue.push(message);
    next();
  }

  /** Hand something in: pressed again while it is under way, it counts once. */
  function askOnce(message) {
    const text = JSON.stringify(message);
    const underWay = [...queue, flying.get(current)?.message].filter(Boolean);
    if (!underWay.some((one) => JSON.stringify(one) === text)) ask(message);
  }

  function move(message) {
    if (queue.at(-1)?.do === "move") queue.pop();
    ask(message);
  }

  function receive(message, numbers) {
    const asked = flying.get(message.n)?.message.do ?? null;
    if (!asked && current !== null) return; // of another screen, or given up: what is under way will tell
    settle(message.n);
    if (message.n === current) current = null;
    const newest = current === null && queue.length === 0;
    next(); // before drawing: the component works while the screen draws
    tell();
    answered(message, numbers, newest, asked);
  }

  /** Ask how things stand, as they may have changed elsewhere; what the learner did meanwhile goes its way. */
  function look() {
    if (!queue.some((one) => one.do === "look")) ask({ do: "look" });
  }

  /**
   * The connection was lost and is there again: what has no answer yet is sent again, in its order and under its own
   * number, by which it is known if it had arrived; of moves, the newest.
   */
  function refresh() {
    const unanswered = [...flying];
    const newestMove = unanswered.findLast(([, { message }]) => message.do === "move");
    unanswered.forEach(([own]) => settle(own));
    for (const one of unanswered) if (one[1].message.do !== "move" || one === newestMove) fly(one[0], one[1].message);
    tell();
    look();
  }

  function close() {
    [...flying.keys()].forEach(settle);
    queue = [];
  }

  return { ask, askOnce, move, aside: send, receive, look, refresh, close };
}
