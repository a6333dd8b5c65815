/** The scale of 0.00 … 99.99 on which every roll is read. Drawn by the style sheet from two numbers. */

/** Put the needle on a roll (hundredths). */
export function placeNeedle(ruler, roll) {
  ruler.style.setProperty("--roll", String(roll / 100));
  ruler.dataset.needle = "placed";
}

/** Shade the winning side from `from` to `to` (hundredths) and mark its boundary. */
export function placeZone(ruler, { from, to, bound }) {
  ruler.style.setProperty("--from", String(from / 100));
  ruler.style.setProperty("--to", String(to / 100));
  ruler.style.setProperty("--bound", String(bound / 100));
}
