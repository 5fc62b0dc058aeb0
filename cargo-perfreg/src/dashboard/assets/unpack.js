// The data of the page: gzip as base64; unpacked it is JSON, with its columns of numbers behind it.
const unpack = async (element) => {
  const stream = new Blob([bytesOf(element.textContent.trim())]).stream();
  const whole = new Response(stream.pipeThrough(new DecompressionStream("gzip")));
  const bytes = new Uint8Array(await whole.arrayBuffer());
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const text = new TextDecoder().decode(bytes.subarray(4, 4 + length));
  return { document: JSON.parse(text), read: reader(bytes.subarray(4 + length)) };
};

const bytesOf = (base64) => {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
};

// Columns are unpacked when they are looked at: most never are.
const reader = (bytes) => {
  const known = new Map();
  return (column) => {
    // An empty column lies where the next one begins.
    if (column.length === 0) return [];
    if (!known.has(column.at)) known.set(column.at, numbersOf(column, bytes));
    return known.get(column.at);
  };
};

const WIDTHS = { short: 4, exact: 8, steps: 4, whole: 4, small: 1 };

// The first bytes of all numbers come before their second ones.
const numbersOf = ({ column, at, length }, bytes) => {
  const width = WIDTHS[column];
  const joined = new Uint8Array(length * width);
  for (let plane = 0; plane < width; plane++) {
    const from = at + plane * length;
    for (let row = 0; row < length; row++) joined[row * width + plane] = bytes[from + row];
  }
  if (column === "short") return new Float32Array(joined.buffer);
  if (column === "exact") return new Float64Array(joined.buffer);
  if (column === "small") return joined;
  const whole = new Uint32Array(joined.buffer);
  if (column === "steps") {
    for (let row = 1; row < length; row++) whole[row] += whole[row - 1];
  }
  return whole;
};
