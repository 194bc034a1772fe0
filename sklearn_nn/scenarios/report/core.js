// Everything below treats the data as text: no string of it ever becomes markup.
const data = JSON.parse(document.getElementById("report-data").textContent);
const byId = (id) => document.getElementById(id);
const METRIC_NAMES = {
  accuracy: "accuracy", balanced_accuracy: "balanced accuracy",
  f1_macro: "macro F1", f1_weighted: "weighted F1",
};
const metricName = (name) => METRIC_NAMES[name] ?? name;
const percent = (share) => `${Math.round(share * 1000) / 10}\u00a0%`;
const whole = (count) => count.toLocaleString("en");
const plural = (count, one, many = `${one}s`) => `${whole(count)} ${count === 1 ? one : many}`;

function fill(node, options, children) {
  for (const [key, value] of Object.entries(options)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "text") node.textContent = value;
    else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "style") {
      for (const [name, of] of Object.entries(value)) node.style.setProperty(name, of);
    } else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}
const el = (tag, options = {}, ...children) =>
  fill(document.createElement(tag), options, children);
const svg = (tag, options = {}, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), options, children);

// Numbers. Three decimals, or four where the intervals are that narrow.
const widths = data.scenarios.map((s) => s.interval[1] - s.interval[0]).sort((a, b) => a - b);
const decimals = widths.length && widths[widths.length >> 1] < 0.012 ? 4 : 3;
const minus = (text) => text.replace(/^-(?=[0.]*$)/, "").replace("-", "−");
const score = (value) => (value === null ? "–" : minus(value.toFixed(decimals)));
const signed = (value) => (Number(value.toFixed(decimals)) > 0 ? "+" : "") + score(value);
const range = ([low, high], format = score) => `${format(low)} to ${format(high)}`;
function seconds(value) {
  if (value === null) return "–";
  const size = Math.abs(value);
  if (size < 0.0005) return "0 ms";
  if (size < 1) return `${minus((value * 1000).toPrecision(size < 0.01 ? 2 : 3)).replace(/\.0+$/, "")} ms`;
  if (size < 120) return `${minus(value.toFixed(size < 10 ? 2 : 1))} s`;
  if (size < 7200) return `${minus((value / 60).toFixed(1))} min`;
  return `${minus((value / 3600).toFixed(1))} h`;
}

// Scenarios, best first.
data.levers.forEach((lever) => {
  lever.names = new Map(lever.outcomes.map(([character, name]) => [character, name]));
  lever.baseline = lever.outcomes[0][1];
});
function outcomesOf(code) {
  const characters = [...code];
  return data.levers.map((lever, i) => lever.names.get(characters[i]) ?? "?");
}
const scenarios = [...data.scenarios].sort((a, b) => b.score - a.score);
scenarios.forEach((scenario, i) => {
  scenario.rank = i + 1;
  scenario.outcomes = outcomesOf(scenario.code);
});
const inWords = (scenario) =>
  data.levers.map((lever, i) => `${lever.name}: ${scenario.outcomes[i]}`).join("\n");
const best = scenarios[0];

function chips(scenario) {
  const items = data.levers.map((lever, i) =>
    el("li", {}, el("span", { text: `${lever.name} ` }), scenario.outcomes[i]));
  return el("ul", { class: "chips" }, ...items);
}

// The scenario that the matrix, the scatter plot and the tables point at.
const followers = [];
let chosen = best ?? null;
function choose(scenario) {
  chosen = scenario;
  followers.forEach((follow) => follow());
}
function follow(update) {
  followers.push(update);
  update();
}

const tip = byId("tip");
function showTip(text, x, y) {
  tip.textContent = text;
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  const left = Math.min(Math.max(x + 14, 8), document.documentElement.clientWidth - box.width - 8);
  const top = y + 18 + box.height > window.innerHeight ? y - box.height - 12 : y + 18;
  tip.style.left = `${left}px`;
  tip.style.top = `${Math.max(top, 8)}px`;
}
const hideTip = () => { tip.hidden = true; };

// A region that scrolls sideways, reachable by keyboard.
const scroller = (label, ...children) =>
  el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label }, ...children);

// Draw now and whenever the width changes.
function drawToWidth(host, draw) {
  let last = 0;
  const redraw = () => {
    const width = Math.floor(host.clientWidth);
    if (width > 0 && width !== last) draw((last = width));
  };
  redraw();
  new ResizeObserver(redraw).observe(host);
}
function ticks(low, high, count) {
  const raw = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((m) => m * power >= raw * 0.999) ?? 10);
  const places = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i += 1) places.push(i * step);
  return { places, label: (v) => minus(v.toFixed(Math.max(0, -Math.floor(Math.log10(step) + 1e-9)))) };
}

function leaveOut(id) {
  byId(id).remove();
}
