// What failed, what was left out, and the links to the sections that there are.
const MOST_CODES = 200;

function problems() {
  if (!data.failures.length && !data.excluded.length) return leaveOut("problems");
  const parts = [];
  if (data.failures.length) parts.push(el("h3", { text: `${plural(data.counts.failed, "scenario")} failed` }));
  const groups = new Map();
  for (const failure of data.failures) {
    const key = JSON.stringify([failure.code, failure.error]);
    if (!groups.has(key)) groups.set(key, { ...failure, splits: [] });
    groups.get(key).splits.push(failure.split);
  }
  const shown = [...groups.values()].slice(0, MOST_CODES);
  for (const { code, error, traceback, splits } of shown) {
    const where = `${splits.length > 1 ? "splits" : "split"} ${splits.join(", ")}`;
    parts.push(el("div", { class: "error" },
      el("p", {}, el("strong", { class: "code", text: code }),
        el("span", { class: "faint", text: `  ${outcomesOf(code).join(" · ")}, on ${where}` })),
      el("p", { text: error }),
      traceback ? el("details", {}, el("summary", { text: "Traceback" }), el("pre", { tabindex: 0, text: traceback })) : null));
  }
  if (shown.length < groups.size) {
    parts.push(el("p", { class: "faint", text: `and ${whole(groups.size - shown.length)} more errors` }));
  }
  const reasons = new Map();
  for (const [code, reason] of data.excluded) {
    if (!reasons.has(reason)) reasons.set(reason, []);
    reasons.get(reason).push(code);
  }
  if (reasons.size) {
    const items = [...reasons].map(([reason, codes]) => el("li", {}, `${reason} `,
      el("span", { class: "faint", text: `(${plural(codes.length, "scenario")}) ` }),
      el("code", { text: codes.slice(0, MOST_CODES).join(" ") + (codes.length > MOST_CODES ? " …" : "") })));
    parts.push(el("h3", { text: `${plural(data.excluded.length, "scenario")} excluded` }), el("ul", { class: "reasons" }, ...items));
  }
  byId("problems").append(...parts);
}

function navigation() {
  for (const section of document.querySelectorAll("main > section")) {
    byId("sections").append(el("a", { href: `#${section.id}`, text: section.querySelector("h2").textContent }));
  }
}
problems();
navigation();
