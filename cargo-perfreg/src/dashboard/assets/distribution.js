// How the numbers of both sides are spread: as steps of shares, as counts, or as shapes.
const SIDES = [
  { part: "before", look: 0, sign: "○" },
  { part: "now", look: 1, sign: "■" },
];

// The numbers of a side: a value a launch, or every sample.
const valuesOf = (row, part, level) => {
  const side = row[part];
  return Array.from(data.read(level === "samples" ? side.samples : side.value));
};

const sideName = (row, part) =>
  `${part === "now" ? "now" : "before"}: ${row[part].what || "nothing"}`;

const sortedOf = (values) => Float64Array.from(values).sort();

const quantile = (sorted, share) => {
  if (!sorted.length) return null;
  const place = (sorted.length - 1) * share;
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (place - below);
};

const distributionTraces = (row, kind, level, factor) =>
  SIDES.flatMap(({ part, look }) => {
    const values = valuesOf(row, part, level).map((value) => value / factor);
    if (!values.length) return [];
    const colour = colourOf(look);
    const { dash, symbol } = LOOKS[look];
    const name = label(sideName(row, part));
    if (kind === "histogram") {
      return [
        {
          type: "histogram",
          x: values,
          name,
          histnorm: "percent",
          nbinsx: 40,
          marker: {
            color: seeThrough(colour, 0.55),
            line: { color: colour, width: 1 },
            pattern: { shape: part === "now" ? "/" : "" },
          },
        },
      ];
    }
    if (kind === "violin") {
      return [
        {
          type: "violin",
          y: values,
          x0: part,
          name,
          box: { visible: true },
          meanline: { visible: true },
          points: values.length > 400 ? "outliers" : "all",
          jitter: 0.4,
          pointpos: -1.4,
          marker: { color: colour, symbol, size: 4 },
          line: { color: colour },
          fillcolor: seeThrough(colour, 0.25),
        },
      ];
    }
    const sorted = sortedOf(values);
    return [
      {
        x: [...sorted],
        y: Array.from(sorted, (_, at) => ((at + 1) / sorted.length) * 100),
        name,
        mode: sorted.length > 60 ? "lines" : "lines+markers",
        line: { shape: "hv", color: colour, dash, width: 2 },
        marker: { symbol, size: 6, color: colour },
      },
    ];
  });

const distributionLayout = (kind, title) => {
  if (kind === "violin")
    return { yaxis: axis({ title: { text: title } }), xaxis: axis({}), showlegend: true };
  const share = kind === "histogram" ? "Values, %" : "Values no larger, %";
  return {
    barmode: "overlay",
    xaxis: axis({ title: { text: title } }),
    yaxis: axis({ title: { text: share }, rangemode: "tozero" }),
  };
};

// Every number in the order it was taken; launches are told apart by lines.
const orderTraces = (row, level, factor) =>
  SIDES.flatMap(({ part, look }) => {
    const values = valuesOf(row, part, level).map((value) => value / factor);
    if (!values.length) return [];
    const kept = thin(
      values.map((_, at) => at),
      values,
      0,
      values.length,
      900,
    );
    return [
      {
        x: kept.map((at) => at * row[part].every + 1),
        y: kept.map((at) => values[at]),
        name: label(sideName(row, part)),
        mode: "markers",
        marker: {
          color: colourOf(look),
          symbol: LOOKS[look].symbol + (part === "before" ? "-open" : ""),
          size: 5,
        },
      },
    ];
  });

const orderShapes = (row, level) => {
  if (level !== "samples") return [];
  const begins = Array.from(data.read(row.now.begins)).slice(1, 60);
  return begins.map((at) => ({
    type: "line",
    xref: "x",
    yref: "paper",
    x0: at * row.now.every + 0.5,
    x1: at * row.now.every + 0.5,
    y0: 0,
    y1: 1,
    layer: "below",
    line: { color: fromStyle("--line"), width: 1, dash: "dot" },
  }));
};

const QUANTILES = [
  ["least", 0],
  ["10 %", 0.1],
  ["25 %", 0.25],
  ["median", 0.5],
  ["75 %", 0.75],
  ["95 %", 0.95],
  ["99 %", 0.99],
  ["most", 1],
];

const quantileRows = (row, level) => {
  const sides = SIDES.map(({ part }) => sortedOf(valuesOf(row, part, level)));
  const rows = QUANTILES.map(([name, share]) => ({
    name,
    before: quantile(sides[0], share),
    now: quantile(sides[1], share),
    unit: row.unit,
  }));
  return [
    { name: "number of values", before: sides[0].length, now: sides[1].length, unit: "count" },
    ...rows,
  ];
};

const quantileColumns = [
  { name: "Quantile", show: (one) => one.name },
  { name: "○ before", number: true, show: (one) => formatValue(one.before, one.unit) },
  { name: "■ now", number: true, show: (one) => formatValue(one.now, one.unit) },
  {
    name: "Change",
    number: true,
    show: (one) =>
      one.before && one.now !== null && one.unit !== "count"
        ? formatPercent(one.now / one.before - 1)
        : "",
  },
];

const orderRows = (row, level) => {
  const [before, now] = SIDES.map(({ part }) => valuesOf(row, part, level));
  return Array.from({ length: Math.max(before.length, now.length) }, (_, at) => ({
    at: at + 1,
    before: before[at] ?? null,
    now: now[at] ?? null,
    unit: row.unit,
  }));
};

const orderColumns = [
  { name: "Taken as number", number: true, show: (one) => formatCount(one.at) },
  { name: "○ before", number: true, show: (one) => formatValue(one.before, one.unit) },
  { name: "■ now", number: true, show: (one) => formatValue(one.now, one.unit) },
];
