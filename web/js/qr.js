/**
 * A text as a QR code (ISO/IEC 18004), as much of it as an address for an authenticator app needs.
 *
 * Bytes, error correction L, versions 6 to 9, mask 0: a reader takes any mask, so none is compared. Everything
 * happens on this page, because the text is a secret. `null` for a text that is longer than 230 bytes.
 */

const SHAPES = [
  { version: 6, data: 68, ec: 18, centres: [6, 34], told: null },
  { version: 7, data: 78, ec: 20, centres: [6, 22, 38], told: 0x07c94 },
  { version: 8, data: 97, ec: 24, centres: [6, 24, 42], told: 0x085bc },
  { version: 9, data: 116, ec: 30, centres: [6, 26, 46], told: 0x09a99 },
];
const BLOCKS = 2;
const FORMAT_L_MASK_0 = 0b111011111000100;

const EXP = new Uint8Array(512);
const LOG = new Uint8Array(256);
for (let power = 0, value = 1; power < 255; power += 1) {
  EXP[power] = value;
  EXP[power + 255] = value;
  LOG[value] = power;
  value <<= 1;
  if (value > 255) value ^= 0x11d;
}
const times = (a, b) => (a === 0 || b === 0 ? 0 : EXP[LOG[a] + LOG[b]]);

/** The remainder of a block by the generator of `count` roots: its Reed-Solomon codewords. */
function correction(block, count) {
  let generator = [1];
  for (let root = 0; root < count; root += 1) {
    const next = new Array(generator.length + 1).fill(0);
    generator.forEach((factor, at) => {
      next[at] ^= factor;
      next[at + 1] ^= times(factor, EXP[root]);
    });
    generator = next;
  }
  const rest = [...block, ...new Array(count).fill(0)];
  for (let at = 0; at < block.length; at += 1) {
    const lead = rest[at];
    generator.forEach((factor, offset) => {
      rest[at + offset] ^= times(factor, lead);
    });
  }
  return rest.slice(block.length);
}

/** Data and correction of both blocks, interleaved as they are drawn. */
function codewords(bytes, { data, ec }) {
  const bits = [0x4, bytes.length >> 4, bytes.length & 15];
  for (const byte of bytes) bits.push(byte >> 4, byte & 15);
  bits.push(0);
  if (bits.length % 2) bits.push(0);
  const words = [];
  for (let at = 0; at < bits.length; at += 2) words.push((bits[at] << 4) | bits[at + 1]);
  for (let pad = 0xec; words.length < data * BLOCKS; pad ^= 0xec ^ 0x11) words.push(pad);
  const blocks = [words.slice(0, data), words.slice(data, data * BLOCKS)];
  const parts = [...blocks.map((block) => [block, data]), ...blocks.map((block) => [correction(block, ec), ec])];
  const drawn = [];
  for (const pair of [parts.slice(0, BLOCKS), parts.slice(BLOCKS)]) {
    for (let at = 0; at < pair[0][1]; at += 1) for (const [words] of pair) drawn.push(words[at]);
  }
  return drawn;
}

/** The modules that are not data: finders, timing, alignment, and what the code says about itself. */
function frame(size, { centres, told }) {
  const grid = Array.from({ length: size }, () => new Array(size).fill(null));
  const put = (row, column, dark) => {
    if (row >= 0 && column >= 0 && row < size && column < size) grid[row][column] = dark;
  };
  const square = (row, column, reach, dark) => {
    for (let y = -reach; y <= reach; y += 1) for (let x = -reach; x <= reach; x += 1) put(row + y, column + x, dark(Math.max(Math.abs(x), Math.abs(y))));
  };
  for (let at = 8; at < size - 8; at += 1) {
    put(6, at, at % 2 === 0);
    put(at, 6, at % 2 === 0);
  }
  for (const row of centres) {
    for (const column of centres) {
      const isFinder = (row === 6 && (column === 6 || column === size - 7)) || (row === size - 7 && column === 6);
      if (!isFinder) square(row, column, 2, (distance) => distance !== 1);
    }
  }
  for (const [row, column] of [[3, 3], [3, size - 4], [size - 4, 3]]) square(row, column, 4, (distance) => distance !== 2 && distance !== 4);
  for (let at = 0; at < 15; at += 1) {
    const dark = ((FORMAT_L_MASK_0 >> at) & 1) === 1;
    if (at < 6) put(at, 8, dark);
    else if (at < 8) put(at + 1, 8, dark);
    else put(size - 15 + at, 8, dark);
    if (at < 8) put(8, size - 1 - at, dark);
    else if (at < 9) put(8, 15 - at, dark);
    else put(8, 14 - at, dark);
  }
  put(size - 8, 8, true);
  for (let at = 0; told !== null && at < 18; at += 1) {
    const dark = ((told >> at) & 1) === 1;
    put(Math.floor(at / 3), size - 11 + (at % 3), dark);
    put(size - 11 + (at % 3), Math.floor(at / 3), dark);
  }
  return grid;
}

/** Rows of modules, true for dark. */
export function qrModules(text) {
  const bytes = new TextEncoder().encode(text);
  const shape = SHAPES.find(({ data }) => bytes.length + 2 <= data * BLOCKS);
  if (!shape) return null;
  const size = shape.version * 4 + 17;
  const grid = frame(size, shape);
  const words = codewords(bytes, shape);
  let bit = 0;
  for (let right = size - 1, upwards = true; right > 0; right -= 2, upwards = !upwards) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step += 1) {
      const row = upwards ? size - 1 - step : step;
      for (const column of [right, right - 1]) {
        if (grid[row][column] !== null) continue;
        const dark = bit < words.length * 8 && ((words[bit >> 3] >> (7 - (bit & 7))) & 1) === 1;
        grid[row][column] = dark !== ((row + column) % 2 === 0);
        bit += 1;
      }
    }
  }
  return grid;
}

/** The modules as one path of an SVG of `size` units, without its quiet zone. */
export function qrPath(modules) {
  return modules.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
}
