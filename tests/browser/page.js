/** Shows the components named in the address; tests that bring their own transport use `window.custsim`. */

import * as custsim from "/custsim.js";

function connect(name) {
  const place = document.createElement("div");
  document.querySelector("main").append(place);
  const socket = new WebSocket(`ws://${location.host}/socket?show=${encodeURIComponent(name)}`);
  socket.binaryType = "arraybuffer";
  const transport = { send: (message) => socket.send(JSON.stringify(message)) };
  let described = false;
  let message = null;
  socket.onmessage = ({ data }) => {
    if (!described) {
      described = true;
      custsim.mount(place, JSON.parse(data), transport);
    } else if (typeof data === "string") message = JSON.parse(data);
    else transport.onmessage(message, custsim.numbersOf(data));
  };
}

window.custsim = custsim;
document.documentElement.dataset.ready = "yes";
new URLSearchParams(location.search).getAll("show").forEach(connect);
