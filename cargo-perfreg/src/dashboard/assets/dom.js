// Elements from data. Text is text, whatever stands in it; nothing here reads markup.
const make = (name, attributes = {}, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined)
      element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
};

const byId = (id) => document.getElementById(id);

// A name, which may be written from right to left or be very long.
const nameOf = (text) => make("bdi", { class: "name", title: text }, text);

// A link to where the data says, if that is an address of the web.
const linkTo = (address, text) =>
  /^https:\/\//.test(address ?? "")
    ? make("a", { href: address, rel: "noopener noreferrer", target: "_blank" }, text)
    : make("span", {}, text);

const fillSelect = (select, options) => {
  select.replaceChildren(...options.map(([value, text]) => make("option", { value }, text)));
};

const distinct = (values) => [...new Set(values)].sort((a, b) => a.localeCompare(b));

// Whether a text fits what was typed: words, all of which it has, or /a regular expression/.
const matcher = (typed) => {
  const expression = /^\/(.+)\/$/.exec(typed.trim());
  if (expression) {
    try {
      const compiled = new RegExp(expression[1], "i");
      return (text) => compiled.test(text);
    } catch {
      return () => false;
    }
  }
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return (text) => words.every((word) => text.toLowerCase().includes(word));
};

const showNotes = (notes) => {
  const list = (items) => make("ul", {}, ...items.map((item) => make("li", {}, nameOf(item))));
  // A long list would push everything else off the screen.
  const folded = (items) => make("details", {}, make("summary", {}, "Which"), list(items));
  const banner = ({ kind, text, items }) =>
    make(
      "section",
      { class: `note ${kind}`, role: "note" },
      make("p", {}, make("strong", {}, kind === "mismatch" ? "⚠ " : "✖ "), text),
      items.length > 4 ? folded(items) : list(items),
    );
  byId("notes").replaceChildren(...notes.map(banner));
};

// Past the tables and filters, without a change of the address, which holds the state.
const bindSkip = (to) =>
  byId("skip").addEventListener("click", () => {
    byId(to).focus();
    byId(to).scrollIntoView({ block: "start" });
  });

// The return key in a field sends nothing anywhere.
const keepForms = () => {
  for (const form of document.forms)
    form.addEventListener("submit", (event) => event.preventDefault());
};

// Says, when all is on the screen, how many milliseconds after the page was asked for that was.
const isReady = () =>
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      document.documentElement.dataset.ready = Math.round(performance.now());
    }),
  );

// The charting library comes last: data are unpacked while it is read.
const isLoaded = new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve));
