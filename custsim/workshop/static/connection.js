/**
 * A connection that comes back: after a break it tries again, soon and then less often, for as long as the page is open.
 */

const FIRST_PAUSE = 300;
const LONGEST_PAUSE = 5000;
/** Milliseconds of silence after which a broken connection is worth a word. */
const WORTH_A_WORD = 700;

/**
 * Connect to an address of this server.
 * @param {string} path
 * @param {{opened?: () => void, text: (data: string) => void, numbers?: (data: ArrayBuffer) => void,
 *   broken?: () => void, refused?: () => void}} ears `opened` is called each time, `refused` when it broke before it stood
 * @returns {{send: (data: string) => boolean, close: () => void}} what is sent while it is broken is dropped: then `send`
 *   says false
 */
export function connect(path, ears) {
  const address = new URL(path, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  address.hash = "";
  let socket = null;
  let over = false;
  let pause = FIRST_PAUSE;
  let word = 0;

  function open() {
    let stood = false;
    socket = new WebSocket(address);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      stood = true;
      pause = FIRST_PAUSE;
      clearTimeout(word);
      word = 0;
      ears.opened?.();
    };
    socket.onmessage = ({ data }) => (typeof data === "string" ? ears.text(data) : ears.numbers?.(data));
    socket.onclose = () => {
      if (over) return;
      // counted from the first break: tries that fail at once do not put it off
      word ||= setTimeout(() => over || socket.readyState === WebSocket.OPEN || ears.broken?.(), WORTH_A_WORD);
      if (!stood) ears.refused?.();
      setTimeout(() => over || open(), pause * (0.7 + 0.6 * Math.random()));
      pause = Math.min(LONGEST_PAUSE, pause * 1.7);
    };
  }

  open();
  return {
    send(data) {
      const stands = socket.readyState === WebSocket.OPEN;
      if (stands) socket.send(data);
      return stands;
    },
    close() {
      over = true;
      clearTimeout(word);
      socket.close();
    },
  };
}
