// What is chosen on the page stands in its address, so that a link shows the same again.
const state = {
  all: () => new URLSearchParams(location.hash.slice(1)),
  get: (name, otherwise = "") => state.all().get(name) ?? otherwise,
  set: (changes) => {
    const all = state.all();
    for (const [name, value] of Object.entries(changes)) {
      if (value === "" || value === null || value === undefined) all.delete(name);
      else all.set(name, value);
    }
    history.replaceState(null, "", `#${all}`);
  },
};

// Elements whose value is part of the state under their own id.
const bind = (ids, changed) => {
  const isBox = (element) => element.type === "checkbox";
  const usual = new Map();
  const show = () => {
    for (const id of ids) {
      const element = byId(id);
      const value = state.get(id, usual.get(id));
      if (isBox(element)) element.checked = value === "yes";
      else element.value = value;
      // What a link names may not be there any more.
      if (element.tagName === "SELECT" && element.selectedIndex < 0) element.value = usual.get(id);
    }
  };
  for (const id of ids) {
    const element = byId(id);
    const read = () => (isBox(element) ? (element.checked ? "yes" : "no") : element.value);
    usual.set(id, read());
    element.addEventListener("input", () => {
      const value = read();
      state.set({ [id]: value === usual.get(id) ? "" : value });
      changed(id);
    });
  }
  show();
  return show;
};

// A short name of a text, the same on every page.
const shortName = (text) => {
  let [one, two] = [0xdeadbeef, 0x41c6ce57];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    one = Math.imul(one ^ code, 2654435761);
    two = Math.imul(two ^ code, 1597334677);
  }
  one = Math.imul(one ^ (one >>> 16), 2246822507) ^ Math.imul(two ^ (two >>> 13), 3266489909);
  two = Math.imul(two ^ (two >>> 16), 2246822507) ^ Math.imul(one ^ (one >>> 13), 3266489909);
  return (4294967296 * (2097151 & two) + (one >>> 0)).toString(36);
};

const THEMES = { light: "◑ light", dark: "◐ dark", "": "◒ as the system" };

const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

const applyTheme = () => {
  const asked = state.get("theme");
  const theme = asked in THEMES ? asked : "";
  document.documentElement.dataset.theme = theme || (systemIsDark.matches ? "dark" : "light");
  byId("theme").textContent = `Colours: ${THEMES[theme]}`;
};

const bindTheme = (changed) => {
  const applied = () => {
    applyTheme();
    changed();
  };
  // Paper is light.
  window.addEventListener("beforeprint", () => {
    document.documentElement.dataset.theme = "light";
    changed();
  });
  window.addEventListener("afterprint", applied);
  systemIsDark.addEventListener("change", applied);
  byId("theme").addEventListener("click", () => {
    const names = Object.keys(THEMES);
    state.set({ theme: names[(names.indexOf(state.get("theme")) + 1) % names.length] });
    applied();
  });
};

// Before anything is drawn.
applyTheme();
