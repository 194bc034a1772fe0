// Score against time.
function paretoFront() {
  const front = new Set();
  let highest = -Infinity;
  for (const s of [...scenarios].sort((a, b) => a.time - b.time || b.score - a.score)) {
    if (s.score > highest) front.add(s);
    highest = Math.max(highest, s.score);
  }
  return front;
}

function cost() {
  const timed = scenarios.filter((s) => s.time > 0);
  if (timed.length < 2) return leaveOut("cost");
  const front = paretoFront();
  const host = el("div", { class: "plot" });
  const key = (shape, text) => el("span", {}, svg("svg", { width: 16, height: 14, "aria-hidden": "true" }, shape), text);
  byId("cost").append(host, el("div", { class: "legend" },
    key(symbol({ x: 8, y: 7, class: "dot front" }, true), "Pareto front"),
    key(symbol({ x: 8, y: 7, class: "dot" }, false), "within chance of the best"),
    key(symbol({ x: 8, y: 7, class: "dot far" }, false), "below the best"),
    el("span", { text: "Arrow keys move from scenario to scenario, Enter chooses one." })));
  drawToWidth(host, (width) => host.replaceChildren(scatter(width, timed, front)));
  follow(() => {
    for (const dot of host.querySelectorAll("[data-code]")) dot.classList.toggle("chosen", dot.dataset.code === chosen.code);
  });
}
function symbol({ x, y, ...options }, diamond) {
  return diamond ? svg("path", { d: `M${x} ${y - 6.5}L${x + 6.5} ${y}L${x} ${y + 6.5}L${x - 6.5} ${y}Z`, ...options })
    : svg("circle", { cx: x, cy: y, r: 4.6, ...options });
}

function timeAxis(times) {
  const [low, high] = [Math.min(...times), Math.max(...times)];
  if (high / low < 8) {
    const [from, to] = [Math.max(0, low - (high - low) * 0.08), high + (high - low || high) * 0.08];
    return { at: (t) => (t - from) / (to - from), places: ticks(from, to, 6).places };
  }
  const [from, to] = [Math.log(low) - 0.25, Math.log(high) + 0.25];
  const places = [];
  for (let power = Math.floor(from / Math.LN10); power <= to / Math.LN10; power += 1) {
    for (const m of to - from > 7 ? [1] : [1, 2, 5]) places.push(m * 10 ** power);
  }
  return { at: (t) => (Math.log(t) - from) / (to - from), places: places.filter((t) => Math.log(t) >= from && Math.log(t) <= to) };
}

function scatter(width, timed, front) {
  const height = Math.max(260, Math.min(430, width * 0.5));
  const [left, bottom, top] = [46, 44, 12];
  const axis = timeAxis(timed.map((s) => s.time));
  const values = timed.map((s) => s.score);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const pad = (most - least || 0.02) * 0.08;
  const x = (t) => left + axis.at(t) * (width - left - 12);
  const y = (v) => top + ((most + pad - v) / (most - least + 2 * pad || 1)) * (height - top - bottom);
  const chart = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": "Score against time" });
  const levels = ticks(least - pad, most + pad, 6);
  for (const v of levels.places) {
    chart.append(svg("line", { class: "grid", x1: left, x2: width, y1: y(v), y2: y(v) }),
      svg("text", { class: "soft", x: left - 8, y: y(v) + 4, "text-anchor": "end", text: levels.label(v) }));
  }
  let end = -Infinity;
  for (const t of axis.places) {
    chart.append(svg("line", { class: "grid", x1: x(t), x2: x(t), y1: top, y2: height - bottom }));
    if (x(t) - end < 52) continue;
    end = x(t);
    chart.append(svg("text", {
      class: "soft", x: x(t), y: height - bottom + 17, "text-anchor": "middle",
      text: t < 1 ? `${Number((t * 1000).toPrecision(3))} ms` : `${Number(t.toPrecision(3))} s`,
    }));
  }
  chart.append(svg("text", { class: "soft", x: width - 12, y: height - 6, "text-anchor": "end", text: "time of the scenario alone →" }),
    svg("text", { class: "soft", x: left + 6, y: top + 8, text: `↑ ${metricName(data.metric)}` }));
  const stairs = [...front].filter((s) => s.time > 0).sort((a, b) => a.time - b.time);
  const steps = stairs.map((s, i) => (i ? `H${x(s.time)}V${y(s.score)}` : `M${x(s.time)} ${y(s.score)}`));
  chart.append(svg("path", { class: "stair", d: `${steps.join("")}H${width - 4}` }));

  for (const s of stairs) labelFront(chart, s, x(s.time), y(s.score), width, stairs);

  const order = [...timed].sort((a, b) => a.time - b.time);
  const dots = new Map();
  for (const s of [...timed].sort((a, b) => front.has(a) - front.has(b) || b.rank - a.rank)) {
    const text = `${s.code}\n${inWords(s)}\n` +
      `${metricName(data.metric)} ${score(s.score)} (${range(s.interval)}), ${seconds(s.time)}`;
    const kind = `dot${front.has(s) ? " front" : ""}${s.within ? "" : " far"}${s === chosen ? " chosen" : ""}`;
    const dot = symbol({
      x: x(s.time), y: y(s.score), class: kind, "data-code": s.code, tabindex: s === order[0] ? 0 : -1,
      role: "button", "aria-label": text.replaceAll("\n", ", "),
    }, front.has(s));
    const show = () => { const box = dot.getBoundingClientRect(); showTip(text, box.right, box.top); };
    dot.addEventListener("mouseenter", show);
    dot.addEventListener("focus", show);
    dot.addEventListener("mouseleave", hideTip);
    dot.addEventListener("blur", hideTip);
    dot.addEventListener("click", () => choose(s));
    dots.set(s, dot);
    chart.append(dot);
  }
  chart.addEventListener("keydown", (event) => {
    const here = order.findIndex((s) => dots.get(s) === event.target);
    if (here < 0) return;
    if (event.key === "Enter" || event.key === " ") choose(order[here]);
    const move = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (move || event.key === " ") event.preventDefault();
    const next = move && order[here + move];
    if (!next) return;
    event.target.setAttribute("tabindex", -1);
    dots.get(next).setAttribute("tabindex", 0);
    dots.get(next).focus();
  });
  return chart;
}
function labelFront(chart, s, x, y, width, stairs) {
  if (stairs.length > 14) return;
  const left = x > width - 90;
  chart.append(svg("text", {
    class: "strong", x: left ? x - 9 : x + 9, y: y - 7, "text-anchor": left ? "end" : "start",
    text: shorten(s.code, 120), "pointer-events": "none", "aria-hidden": "true",
  }));
}
cost();
