// Numbers and times as people read them, in the words of the reports.
const TIMES = [
  [1e9, "s"],
  [1e6, "ms"],
  [1e3, "µs"],
  [1, "ns"],
];
const BYTES = [
  [1073741824, "GiB"],
  [1048576, "MiB"],
  [1024, "KiB"],
  [1, "B"],
];
const RATES = [
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
  [1, ""],
];

// What a unit is shown in where the values are about this large.
const scaleOf = (value, unit) => {
  const scales = { ns: TIMES, B: BYTES, "B/s": RATES, "items/s": RATES }[unit];
  if (!scales) return { factor: 1, name: { count: "", 1: "", "%": "%" }[unit] ?? unit };
  const size = Math.abs(value);
  const [factor, name] = scales.find(([factor]) => size >= factor * 0.99995) ?? scales.at(-1);
  return { factor, name: scales === RATES ? `${name}${unit}` : name };
};

const digits = (value) => {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return value.toFixed(0);
  const before = Math.floor(Math.log10(Math.abs(value))) + 1;
  return value.toFixed(Math.min(6, Math.max(0, 4 - Math.max(0, before))));
};

const formatValue = (value, unit) => {
  if (value === null || value === undefined || Number.isNaN(value)) return "none";
  const { factor, name } = scaleOf(value, unit);
  return `${digits(value / factor)} ${name}`.trim();
};

const formatInterval = (low, high, unit) => {
  const is = (bound) => bound !== null && bound !== undefined && !Number.isNaN(bound);
  return is(low) && is(high) ? `${formatValue(low, unit)} to ${formatValue(high, unit)}` : "none";
};

const formatPercent = (share) => {
  if (share === null || share === undefined) return "none";
  const percent = share * 100;
  return `${percent < 0 ? "" : "+"}${percent.toFixed(1)} %`;
};

const formatTime = (seconds) => `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;

const formatCount = (number) => number.toLocaleString("en-US");

// A sign beside each word, so that no meaning hangs on a colour.
const SIGNS = {
  regressed: "▲",
  missing: "✖",
  inconclusive: "?",
  "not comparable": "≠",
  new: "✦",
  improved: "▼",
  unchanged: "●",
  open: "▲",
  recovered: "↺",
  settled: "✓",
};
const withSign = (word) => `${SIGNS[word] ?? ""} ${word}`.trim();
