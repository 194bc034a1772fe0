// A forest plot of the levers, and its table.
const direction = (effect) => (!effect.beyond ? "none" : effect.effect > 0 ? "up" : "down");
const verdict = { none: "within chance", up: "gain", down: "loss" };

function effects() {
  if (!data.effects.length) return leaveOut("effects");
  byId("effects-note").textContent =
    `Mean difference in ${metricName(data.metric)} over the pairs of scenarios that differ in this lever only. ` +
    `Thick: interval, all of them together ${percent(data.confidence)}. Thin: smallest to largest difference of a pair. ` +
    "Filled: larger than chance.";
  const host = el("div", { class: "plot" });
  byId("effects").append(host);
  drawToWidth(host, (width) => host.replaceChildren(forest(width)));
  byId("effects").append(effectTable().element);
}

function forest(width) {
  const narrow = width < 620;
  const left = narrow ? 8 : Math.min(330, width * 0.36);
  const right = narrow ? 8 : 190;
  const [step, top] = [narrow ? 46 : 30, 8];
  const groups = new Set();
  let y = top;
  const rows = data.effects.map((effect) => {
    const first = !groups.has(effect.lever);
    groups.add(effect.lever);
    if (first) y += narrow ? 26 : 30;
    const row = { effect, first, y };
    y += step;
    return row;
  });
  const low = Math.min(0, ...data.effects.map((e) => Math.min(e.low, e.smallest)));
  const high = Math.max(0, ...data.effects.map((e) => Math.max(e.high, e.largest)));
  const place = (value) => left + ((value - low) / (high - low || 1)) * (width - left - right);
  const chart = svg("svg", {
    width, height: y + 26, viewBox: `0 0 ${width} ${y + 26}`, role: "img",
    "aria-label": "Effects of the levers; the table below has the numbers.",
  });
  const marks = ticks(low, high, narrow ? 4 : 8);
  // On a phone the names stand above their lines: the grid leaves them room.
  const stretches = narrow ? rows.map((row) => [row.y + 16, row.y + 34]) : [[top + 8, y]];
  for (const value of marks.places) {
    const zero = Math.abs(value) < 1e-12;
    chart.append(
      ...stretches.map(([y1, y2]) =>
        svg("line", { class: zero ? "zero" : "grid", x1: place(value), x2: place(value), y1, y2 })),
      svg("text", {
        class: "soft", x: place(value), y: y + 17, "text-anchor": "middle",
        text: zero ? "0" : (value > 0 ? "+" : "") + marks.label(value),
      }));
  }
  for (const row of rows) chart.append(...forestRow(row, { narrow, left, right, width, place }));
  return chart;
}
function shorten(text, width) {
  const room = Math.floor(width / 6.9);
  return [...text].length > room ? `${[...text].slice(0, room - 1).join("")}…` : text;
}
function forestRow({ effect, first, y }, { narrow, left, right, width, place }) {
  const kind = direction(effect);
  const middle = narrow ? y + 25 : y + 6;
  const numbers = `${signed(effect.effect)}  [${range([effect.low, effect.high], signed)}]`;
  const parts = [];
  if (first) {
    parts.push(svg("text", { class: "strong", x: 0, y: y - 10, text: shorten(effect.lever, narrow ? width / 2 : left) }),
      svg("text", {
        class: "soft", x: narrow ? width : left - 14, y: y - 10, "text-anchor": "end",
        text: shorten(`against ${effect.baseline}`, (narrow ? width : left) / 2),
      }));
  }
  parts.push(
    svg("text", {
      x: narrow ? 0 : 12, y: narrow ? y + 10 : middle + 4,
      text: shorten(effect.outcome, narrow ? width - 185 : left - 24),
    }),
    svg("line", { class: "range", x1: place(effect.smallest), x2: place(effect.largest), y1: middle, y2: middle }),
    svg("line", { class: `line ${kind}`, x1: place(effect.low), x2: place(effect.high), y1: middle, y2: middle }),
    svg("circle", { class: kind, cx: place(effect.effect), cy: middle, r: 5.5, "stroke-width": 2 }),
    svg("text", { class: kind, x: width, y: narrow ? y + 10 : middle + 4, "text-anchor": "end", text: numbers }),
  );
  const full = `${effect.lever}: ${effect.outcome} against ${effect.baseline}\n` +
    `${numbers}, ${verdict[kind]}\n${plural(effect.n_pairs, "pair")}`;
  const target = svg("rect", { x: 0, y: y - 8, width, height: narrow ? 40 : 28, fill: "transparent",
    onmousemove: (event) => showTip(full, event.clientX, event.clientY), onmouseleave: hideTip });
  return [...parts, target];
}

function effectMark(effect) {
  const kind = direction(effect);
  const title = `p = ${effect.p_value.toFixed(3)}, corrected`;
  return el("span", { class: `mark ${kind === "none" ? "far" : kind}`, title, text: verdict[kind] });
}
function effectTable() {
  const order = new Map(data.levers.map((lever, i) => [lever.name, i]));
  const columns = [
    { label: "lever", value: (e) => order.get(e.lever), cell: (e) => e.lever },
    { label: "outcome", value: (e) => e.outcome },
    { label: "against", value: (e) => e.baseline, cell: (e) => el("span", { class: "base", text: e.baseline }) },
    { label: "effect", value: (e) => e.effect, numeric: true, descending: true, cell: (e) => signed(e.effect) },
    { label: "interval", value: (e) => e.low, numeric: true, cell: (e) => range([e.low, e.high], signed) },
    { label: "chance", value: (e) => e.p_value, cell: effectMark },
    { label: "pairs", value: (e) => e.n_pairs, numeric: true },
    {
      label: "over the pairs", title: "Smallest to largest difference, standard deviation",
      value: (e) => e.spread, numeric: true, cell: (e) => `${range([e.smallest, e.largest], signed)}, sd ${score(e.spread)}`,
    },
    {
      label: "time", title: "Ratio of the times, geometric mean over the pairs", value: (e) => e.time_ratio, numeric: true,
      cell: (e) => (e.time_ratio === null ? "–" : `× ${e.time_ratio.toPrecision(3)}`),
    },
    {
      label: "seconds", title: "Mean difference", value: (e) => e.time, numeric: true,
      cell: (e) => (e.time > 0 ? "+" : "") + seconds(e.time),
    },
  ];
  columns.head = 1;
  return sortableTable({ caption: "Effects of the levers", columns, rows: data.effects });
}
effects();
