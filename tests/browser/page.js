/** Shows the components named in the address; tests that bring their own transport use `window.custsim`. */

import * as custsim from "/custsim.js";

window.pending = 0; // messages that have not been answered
window.moving = false; // whether the last move was one on the way

function connect(name) {
  const place = document.createElement("div");
  document.querySelector("main").append(place);
  const socket = new WebSocket(`ws://${location.host}/socket?show=${encodeURIComponent(name)}`);
  socket.binaryType = "arraybuffer";
  const transport = { send: (message) => {
    window.pending += 1;
    if (message.do === "move") window.moving = !message.rest;
    socket.send(JSON.stringify(message));
  } };
  let described = false;
  let message = null;
  socket.onmessage = ({ data }) => {
    if (!described) {
      described = true;
      custsim.mount(place, JSON.parse(data), transport);
    } else if (typeof data === "string") message = JSON.parse(data);
    else {
      window.pending -= 1;
      transport.onmessage(message, custsim.numbersOf(data));
    }
  };
}

/** A board that answers by itself after a while: every value of its one series is the staff. */
function fakeBoard(description, delay) {
  const place = document.createElement("div");
  document.querySelector("main").append(place);
  const fake = { sent: [], flying: 0, most: 0, delay, deaf: false, refuses: false, setting: {} };
  const transport = { send(message) {
    fake.sent.push(message);
    if (fake.deaf) return;
    fake.flying += 1;
    fake.most = Math.max(fake.most, fake.flying);
    setTimeout(() => {
      fake.flying -= 1;
      if (fake.refuses) return transport.onmessage({ is: "problem", text: "that cannot be", n: message.n }, null);
      if (message.setting) fake.setting = message.setting;
      const staff = fake.setting["complaints.staff"] ?? 4;
      const view = { ...description.view, n: message.n, setting: fake.setting, said: `staff ${staff}`, share: `fake:${staff}`,
        numbers: [{ name: "staff", label: "Staff", text: String(staff), change: staff === 4 ? "" : `+${staff - 4}`, direction: staff === 4 ? "same" : "up", good: null }] };
      return transport.onmessage(view, new Float32Array(description.months).fill(staff));
    }, fake.delay);
  } };
  fake.transport = transport;
  fake.screen = custsim.mount(place, description, transport);
  return fake;
}

/** What a canvas shows, read off a copy: reading the canvas itself would make it slow. */
function read(canvas, wide = canvas.width) {
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  return copy.getImageData(0, 0, wide, canvas.height).data;
}

/** A short number that is another one when the picture is another one. */
function hash(canvas) {
  const data = read(canvas);
  let found = 2166136261;
  for (let index = 0; index < data.length; index += 4) found = Math.imul(found ^ (data[index] | (data[index + 1] << 8) | (data[index + 2] << 16)), 16777619);
  return found;
}

/** Mean height of the pixels of a colour above the lower edge, as a share of the canvas; left of the labels only. */
function height(canvas, colour) {
  const wanted = colour.match(/[0-9a-f]{2}/gi).map((part) => parseInt(part, 16));
  const wide = Math.floor(canvas.width * 0.7);
  const data = read(canvas, wide);
  let [sum, count] = [0, 0];
  for (let index = 0; index < data.length; index += 4) {
    if (wanted.some((part, channel) => Math.abs(data[index + channel] - part) > 8)) continue;
    sum += 1 - Math.floor(index / 4 / wide) / canvas.height;
    count += 1;
  }
  return count ? sum / count : null;
}

window.custsim = custsim;
window.pixels = { hash, height };
window.fakeBoard = fakeBoard;
document.documentElement.dataset.ready = "yes";
new URLSearchParams(location.search).getAll("show").forEach(connect);
