// The answers first: the best scenario, what equals it, which lever matters.
function overview() {
  const { finished, failed, excluded, waiting } = data.counts;
  byId("lead").textContent = [
    plural(finished + failed + waiting, "scenario"), plural(data.levers.length, "lever"),
    plural(data.classes.length, "class", "classes"),
    `${plural(data.nRows, "test row")} in ${plural(data.rowsOfSplits.length, "split")}`,
    metricName(data.metric),
  ].join(" · ");
  document.querySelectorAll("[data-show]").forEach((node) => {
    node.textContent = node.dataset.show === "confidence" ? percent(data.confidence) : whole(data.nResamples);
  });
  byId("cards").append(...[bestCard(), nearCard(), leverCard(), runsCard()].filter(Boolean));
  facts();
}
const card = (heading, ...children) => el("div", { class: "card" }, el("h3", { text: heading }), ...children);
const big = (text, small) => el("p", { class: "big" }, text, small ? " " : null, small ? el("small", { text: small }) : null);

function bestCard() {
  if (!best) return null;
  return card(`Best ${metricName(data.metric)}`, big(score(best.score), range(best.interval)),
    el("p", {}, el("span", { class: "code", text: best.code })), chips(best));
}
function nearCard() {
  if (!best) return null;
  const near = scenarios.filter((s) => s.within && s !== best);
  const fastest = near.length ? near.reduce((a, b) => (b.time < a.time ? b : a)) : null;
  const told = !near.length ? `It beats the other ${plural(scenarios.length - 1, "scenario")} by more than chance.`
    : fastest.time < best.time
      ? `The fastest of them, ${fastest.code}, takes ${seconds(fastest.time)} instead of ${seconds(best.time)} (${signed(fastest.gap)}).`
    : "None of them is faster than the best.";
  return card("Within chance of the best", big(whole(near.length), `of the other ${whole(scenarios.length - 1)}`),
    el("p", { class: "sub", text: scenarios.length > 1 ? told : "There is no other scenario to compare with." }));
}
function leverCard() {
  const sure = data.effects.filter((effect) => effect.beyond);
  if (!data.effects.length) return null;
  if (!sure.length) return card("Strongest lever", big("none"),
    el("p", { class: "sub", text: "No effect of a lever is larger than chance." }));
  const strongest = sure.reduce((a, b) => (Math.abs(b.effect) > Math.abs(a.effect) ? b : a));
  const gains = sure.filter((e) => e.effect > 0).length;
  return card("Strongest lever", big(signed(strongest.effect), range([strongest.low, strongest.high], signed)),
    el("p", { text: `${strongest.lever}: ${strongest.outcome} instead of ${strongest.baseline}` }),
    el("p", { class: "sub", text: `Beyond chance: ${plural(gains, "gain")} and ${plural(sure.length - gains, "loss", "losses")} ` +
      `among ${plural(data.effects.length, "effect")}.` }));
}
function runsCard() {
  const parts = [["finished", ""], ["failed", "bad"], ["waiting", "wait"], ["excluded", "out"]]
    .filter(([name]) => data.counts[name]);
  const names = { finished: "finished", failed: "failed", waiting: "not run yet", excluded: "excluded" };
  const total = parts.reduce((sum, [name]) => sum + data.counts[name], 0);
  return card("Runs", big(whole(data.counts.finished), `finished of ${whole(total - data.counts.excluded)}`),
    el("div", { class: "share", "aria-hidden": "true" },
      ...parts.map(([name, kind]) => el("i", { class: kind, style: { flex: String(data.counts[name]) } }))),
    el("p", { class: "sub", text: parts.map(([name]) => `${whole(data.counts[name])} ${names[name]}`).join(", ") }));
}

function inShort(value) {
  if (value !== null && typeof value === "object" && !Array.isArray(value)) {
    return Object.entries(value).map(([key, of]) => `${key} ${inShort(of)}`).join(", ");
  }
  return Array.isArray(value) ? value.map(inShort).join(", ") : String(value ?? "–");
}
function facts() {
  const list = el("dl");
  const fact = (name, value) => list.append(el("dt", { text: name }), el("dd", { text: value }));
  fact("Test rows", `${data.rowsOfSplits.map(whole).join(" + ")}` +
    `${data.rowsOfSplits.length > 1 ? ` (${whole(data.nRows)} different ones)` : ""}`);
  fact("Classes", data.classes.join(", "));
  if (data.languages.length) fact("Languages", data.languages.map(([name, rows]) => `${name} ${whole(rows)}`).join(", "));
  for (const [name, value] of Object.entries(data.about)) fact(name.charAt(0).toUpperCase() + name.slice(1), inShort(value));
  const levers = el("dl");
  for (const lever of data.levers) {
    const items = lever.outcomes.map(([character, name, definition], i) =>
      el("div", {}, el("code", { text: character }), ` ${name}${i ? "" : " (baseline)"}`,
        definition === null ? null : el("span", { class: "faint", text: ` ${inShort(definition)}` })));
    levers.append(el("dt", { text: lever.name }), el("dd", {}, ...items));
  }
  byId("facts").append(list, el("h3", { text: "Levers" }), levers);
}
overview();
