/**
 * A board as a picture to keep: title, setting, headline numbers and charts, always of the same size and sharpness.
 */

import { make } from "./dom.js";
import { readLooks } from "./chart.js";
import { apartFromUnit } from "./format.js";

const WIDTH = 1200;
const EDGE = 32;
const CHART = { width: (WIDTH - 3 * EDGE) / 2, height: 320 };

/** Lay the picture out and draw it; twice as dense as a common screen. */
export function composePicture(board) {
  const looks = { ...readLooks(board.root), letters: 16 };
  const tiles = Math.max(1, Math.floor((WIDTH - 2 * EDGE) / 270));
  const numbersHigh = Math.ceil(board.view.numbers.length / tiles) * 92;
  const told = [board.description.what, `setting ${board.view.share}`, `dashed: reference, ${board.referenceName.textContent}`];
  const lines = broken(told.filter(Boolean).join("; "), `16px ${looks.family}`, WIDTH - 2 * EDGE);
  const below = 110 + (lines.length - 1) * 22;
  const top = below + numbersHigh;
  const height = top + Math.ceil(board.charts.length / 2) * (CHART.height + 24) + EDGE;
  const canvas = make("canvas", { width: WIDTH * 2, height: height * 2 });
  const context = canvas.getContext("2d");
  context.scale(2, 2);
  context.fillStyle = looks.ground;
  context.fillRect(0, 0, WIDTH, height);
  write(context, board.description.title || "custsim", EDGE, EDGE, `bold 28px ${looks.family}`, looks.ink);
  lines.forEach((line, index) => write(context, line, EDGE, EDGE + 40 + index * 22, `16px ${looks.family}`, looks.soft));
  board.view.numbers.forEach((number, index) => {
    const [x, y] = [EDGE + (index % tiles) * 270, below + Math.floor(index / tiles) * 92];
    write(context, number.label ?? number.name, x, y, `16px ${looks.family}`, looks.soft);
    const [amount, unit] = apartFromUnit(number.text);
    const wide = write(context, amount, x, y + 22, `bold 24px ${looks.family}`, looks.ink);
    write(context, unit, x + wide + 6, y + 29, `16px ${looks.family}`, looks.soft);
    write(context, number.change || "no change", x, y + 52, `16px ${looks.family}`, looks.ink);
  });
  board.handOut();
  board.charts.forEach((chart, index) => {
    const place = { ...CHART, left: EDGE + (index % 2) * (CHART.width + EDGE), top: top + Math.floor(index / 2) * (CHART.height + 24) };
    chart.drawAt(context, place, looks);
  });
  return canvas;
}

/** Break a text into lines, after a blank or a comma: a setting has no blanks, and may be typed in with some. */
function broken(text, font, width) {
  const pen = make("canvas").getContext("2d");
  pen.font = font;
  const lines = [""];
  for (const part of text.split(/(?<=[ ,])/)) {
    if (pen.measureText((lines.at(-1) + part).trimEnd()).width > width) lines.push("");
    lines[lines.length - 1] += part;
  }
  return lines;
}

/** Write a line; gives its width. */
function write(context, text, x, y, font, colour) {
  context.font = font;
  context.fillStyle = colour;
  context.textBaseline = "top";
  context.textAlign = "left";
  context.fillText(text, x, y, WIDTH - x - EDGE);
  return context.measureText(text).width;
}

/** Hand the picture to the learner as a file. */
export function savePicture(board) {
  if (!board.view) return;
  composePicture(board).toBlob((blob) => {
    const address = URL.createObjectURL(blob);
    const link = make("a", { href: address, download: `${board.description.id}.png` });
    board.root.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  }, "image/png");
}
