/**
 * The line between a screen and its component: at most one change under way, only the newest one waiting.
 */

/** Milliseconds after which a wait is shown, and after which an answer counts as lost. */
const SHOWN_AFTER = 300;
const LOST_AFTER = 15000;

/**
 * Open a line.
 *
 * What changes the learner's state goes one after another (`ask`), and of moves only the newest waits (`move`). What
 * only looks at a state and may take long (`aside`) goes at once and holds up nothing.
 *
 * @param {{send: (message: object) => void}} transport
 * @param {(message: object, numbers: Float32Array|null, newest: boolean) => void} answered called for each reply;
 *   `newest` is false while the learner is already ahead of it
 * @param {(state: "idle"|"busy"|"lost") => void} waiting called when the wait becomes worth showing, and when it ends
 */
export function openLine(transport, answered, waiting) {
  let n = Math.floor(Math.random() * 1e6) * 1000; // two screens of one component do not take each other's replies
  let current = null;
  let queue = [];
  const flying = new Map();

  function send(message) {
    n += 1;
    const own = n;
    const timers = [
      setTimeout(() => flag(own, "busy"), SHOWN_AFTER),
      setTimeout(() => flag(own, "lost"), LOST_AFTER),
    ];
    flying.set(own, { message, timers, late: null });
    transport.send({ ...message, n: own });
    return own;
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
    waiting(states.includes("lost") ? "lost" : states.includes("busy") ? "busy" : "idle");
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

  function move(message) {
    if (queue.at(-1)?.do === "move") queue.pop();
    ask(message);
  }

  function receive(message, numbers) {
    const own = flying.has(message.n);
    if (!own && current !== null) return; // of another screen, or given up: what is under way will tell
    settle(message.n);
    if (message.n === current) current = null;
    const newest = current === null && queue.length === 0;
    next(); // before drawing: the component works while the screen draws
    tell();
    answered(message, numbers, newest);
  }

  /** Forget what is under way and start afresh; a move that may have been lost is made again. */
  function refresh() {
    const moves = [...[...flying.values()].map((one) => one.message), ...queue].filter((one) => one.do === "move");
    [...flying.keys()].forEach(settle);
    current = null;
    queue = moves.slice(-1);
    queue.unshift({ do: "look" });
    tell();
    next();
  }

  function close() {
    [...flying.keys()].forEach(settle);
    queue = [];
  }

  return { ask, move, aside: send, receive, refresh, close };
}
