// Charts in the colours of the page. A name never becomes markup, which the library knows some of.
const label = (text) =>
  String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const shorten = (text, most) => {
  const all = [...text];
  if (all.length <= most) return text;
  const side = Math.floor((most - 1) / 2);
  return `${all.slice(0, side).join("")}…${all.slice(-side).join("")}`;
};

// Told apart without colours, too: by their symbols and dashes. Colours after Okabe and Ito (2008).
const LOOKS = [
  { colour: ["#0072b2", "#56b4e9"], symbol: "circle", dash: "solid" },
  { colour: ["#b34700", "#e69f00"], symbol: "square", dash: "dash" },
  { colour: ["#00704f", "#2fc89c"], symbol: "diamond", dash: "dot" },
  { colour: ["#a3427f", "#e79bc8"], symbol: "cross", dash: "dashdot" },
  { colour: ["#6b6000", "#f0e442"], symbol: "triangle-right", dash: "longdash" },
  { colour: ["#5a3fc0", "#b3a3ff"], symbol: "star", dash: "longdashdot" },
  { colour: ["#333333", "#d0d0d0"], symbol: "hexagon", dash: "5px,2px" },
  { colour: ["#8c2f2f", "#ff9d8c"], symbol: "x", dash: "2px,4px" },
];

const isDark = () => getComputedStyle(document.documentElement).colorScheme === "dark";
const colourOf = (look) => LOOKS[look % LOOKS.length].colour[isDark() ? 1 : 0];
const seeThrough = (colour, share) => {
  const part = (at) => parseInt(colour.slice(at, at + 2), 16);
  return `rgba(${part(1)},${part(3)},${part(5)},${share})`;
};

const fromStyle = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const axis = (more) => ({
  gridcolor: fromStyle("--line"),
  linecolor: fromStyle("--faint"),
  zerolinecolor: fromStyle("--faint"),
  automargin: true,
  ...more,
});

const layoutOf = (more) => ({
  paper_bgcolor: "rgba(0,0,0,0)",
  plot_bgcolor: "rgba(0,0,0,0)",
  font: { family: "system-ui, sans-serif", size: 13, color: fromStyle("--text") },
  hoverlabel: {
    bgcolor: fromStyle("--raised"),
    bordercolor: fromStyle("--faint"),
    font: { color: fromStyle("--text") },
    align: "left",
  },
  legend: { orientation: "h", yanchor: "bottom", y: 1.02, x: 0 },
  modebar: {
    bgcolor: "rgba(0,0,0,0)",
    color: fromStyle("--faint"),
    activecolor: fromStyle("--text"),
  },
  margin: { l: 60, r: 16, t: 30, b: 40 },
  hovermode: "closest",
  dragmode: "zoom",
  ...more,
});

const CONFIG = {
  displaylogo: false,
  responsive: true,
  typesetMath: false,
  showTips: false,
  modeBarButtonsToRemove: ["toImage", "lasso2d", "select2d"],
};

const draw = (place, traces, layout) => Plotly.react(place, traces, layoutOf(layout), CONFIG);
