"use strict";
// The dossier. All text reaches the page as text nodes, never as markup.

const VERDICTS = ["consistent", "not consistent", "untestable", "normative"];
const NODE_LABELS = { number: "Number", claim: "Claim", exhibit: "Exhibit", estimates: "Specification", curve: "Specification curve",
  curve_joint: "Joint tests", panel: "Panel", source: "Canonical table", raw: "Raw data", facts: "Facts", check: "Check",
  verdicts: "Verdicts", montecarlo: "Simulations", data_generating_process: "Data-generating process" };
const UNITS = { within_sd: "within-unit standard deviations", proportion: "of the untreated mean" };
const COLOURS = { consistent: "--yes", "not consistent": "--no", untestable: "--untold" };
let data;

// Small tools: elements, numbers.
function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.startsWith("aria-")) element.setAttribute(name, String(value));
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(3)) if (child !== null && child !== undefined && child !== false) element.append(child);
  return element;
}
function shown(value, digits = 3) {
  if (value === null || value === undefined) return "";
  if (typeof value !== "number") return String(value);
  const text = Number.isInteger(value) ? value.toLocaleString("en") : Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5 ? value.toPrecision(digits) : value.toFixed(digits);
  return text.replace(/^-/, "\u2212");
}
const pValue = value => value === null || value === undefined ? "" : value < 0.001 ? "<0.001" : shown(value);
const interval = (low, high, digits) => low === null || low === undefined ? "" : `[${shown(low, digits)}, ${shown(high, digits)}]`;
const isSimulated = node => node && node.evidence === "simulated";
const mark = simulated => simulated ? h("span", { class: "sim" }, " SIMULATED") : null;
const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
function estimate(place) {
  const row = {};
  for (const [name, values] of Object.entries(data.estimates)) row[name] = values[place];
  return row;
}
function table(header, rows, align = []) {
  const side = place => align[place] === "right" ? "right" : null;
  return h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "Table, scrolls sideways" }, h("table", null,
    h("thead", null, h("tr", null, header.map((text, place) => h(text ? "th" : "td", { scope: text ? "col" : null, class: side(place) }, text)))),
    h("tbody", null, rows.map(row => h("tr", null, row.map((cell, place) => h("td", { class: side(place) }, cell)))))));
}
function select(label, options, change, chosen = options[0][0]) {
  const box = h("select", { onchange: () => change(box.value) }, options.map(([value, text]) => h("option", { value }, text)));
  box.value = chosen;
  return h("label", null, label, box);
}
const chainButton = (id, text = "Chain") => h("button", { type: "button", "data-chain": id, onclick: event => openChain(id, event.currentTarget) }, text);

// The chain: everything that a node was made from, one step inside the other.
function openChain(id, from) {
  const dialog = document.getElementById("chain");
  const node = data.nodes[id];
  if (!node) return;
  const close = h("button", { type: "button", class: "close", onclick: () => dialog.close() }, "Close");
  dialog.replaceChildren(close, h("h2", { id: "chain-title" }, `Where ${label(node)} comes from`), citationOf(id), step(id, new Set()),
    h("p", { class: "note" }, `Code of the study: ${data.code.files} files, SHA-256 `, h("code", null, data.code.sha256)));
  dialog.onclose = () => {
    if (location.hash === `#${id}`) history.replaceState(null, "", location.pathname + location.search);
    if (from && from.isConnected) from.focus();
  };
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  close.focus();
  history.replaceState(null, "", `#${id}`);
}
// A citation that can be copied: what is cited, the paper, and the chain in short: estimate, raw files and code with their hashes.
const short = sha256 => sha256.slice(0, 12);
function rawFiles(id, seen = new Set()) {
  if (seen.has(id) || !data.nodes[id]) return [];
  seen.add(id);
  const node = data.nodes[id];
  return [...(node.kind === "raw" ? node.files || [] : []), ...(node.from || []).flatMap(source => rawFiles(source, seen))];
}
function citation(id) {
  const node = data.nodes[id], place = (node.sentences || []).at(-1);
  const what = node.kind === "number" ? `${node.text} (number ${node.name}${place ? `; ${place.file}${place.line ? `, line ${place.line}` : ""}` : ""})` : label(node).replace(/^./, letter => letter.toUpperCase());
  const files = rawFiles(id).map(file => `${file.path} (SHA-256 ${short(file.sha256)})`);
  return [`${document.querySelector("h1").textContent} ${what}.`, node.row ? `Estimate: ${estimateLine(node.row)}.` : "",
    files.length ? `Raw files: ${files.join(", ")}.` : "", `Code: SHA-256 ${short(data.code.sha256)}.`].filter(Boolean).join(" ");
}
function citationOf(id) {
  const text = h("p", { class: "citation", tabindex: 0 }, citation(id));
  const said = h("span", { role: "status", "aria-live": "polite" });
  const chosen = () => { const range = document.createRange(); range.selectNodeContents(text); getSelection().removeAllRanges(); getSelection().addRange(range); };
  // Where a page from a disk may not write to the clipboard, the text is selected, for the keyboard to copy.
  const copy = async () => {
    chosen();
    try { await navigator.clipboard.writeText(text.textContent); said.textContent = " Copied."; }
    catch { said.textContent = document.execCommand("copy") ? " Copied." : " Selected: copy it with the keyboard."; }
  };
  return h("details", { class: "cite" }, h("summary", null, "Cite this"), text, h("p", null, h("button", { type: "button", "data-copy": id, onclick: copy }, "Copy citation"), said));
}
const label = node => node.kind === "number" ? `the number ${node.text}` : node.kind === "claim" ? `claim ${node.name}` : node.title || node.name;
function step(id, seen) {
  const node = data.nodes[id];
  if (seen.has(id)) return h("p", { class: "again" }, h("strong", null, NODE_LABELS[node.kind] || node.kind), ` ${node.name} (above)`, mark(isSimulated(node)));
  seen.add(id);
  const size = node.rows === undefined || node.rows === null ? "" : ` (${node.rows.toLocaleString("en")} rows)`;
  const name = node.title && node.title !== node.name ? `${node.name}: ${node.title}` : node.name;
  const inside = (node.from || []).filter(source => data.nodes[source]);
  return h("details", { open: true }, h("summary", null, h("strong", null, NODE_LABELS[node.kind] || node.kind), ` ${name}${size}`, mark(isSimulated(node))),
    facts(node), inside.length ? h("ol", null, inside.map(source => h("li", null, step(source, seen)))) : null);
}
function facts(node) {
  const pairs = [];
  const say = (term, ...what) => pairs.push(h("dt", null, term), h("dd", null, what));
  if (node.kind === "number") say("Printed", `${node.text} (${(node.value_of || "value").replaceAll("_", " ")} ${shown(node.value, 10)})`);
  for (const place of node.sentences || []) say("Sentence", `\u201c${place.text}\u201d `, h("span", { class: "count" }, place.file + (place.line ? `, line ${place.line}` : "")));
  for (const claim of node.claims || []) say("Claim", `${claim}: ${data.nodes[`claim:${claim}`].claim}`);
  if (node.row) say("Estimate row", estimateLine(node.row));
  if (node.kind === "claim") say("Verdict", `${node.verdict}${node.code_ ? ` (${node.code_})` : ""}: ${node.explanation}`);
  for (const [key, value] of Object.entries(node.settings || {})) if (!isBlank(value) && key !== "title") say(key.replaceAll("_", " "), typeof value === "object" ? JSON.stringify(value) : String(value));
  for (const file of node.files || []) say("File", `${file.path}${file.rows === undefined ? "" : `, ${file.rows.toLocaleString("en")} rows`}, SHA-256 `, h("code", null, file.sha256));
  if (node.citation) say("Source", `${ended(node.citation)} ${ended(node.licence)} Read ${node.accessed}.`);
  if (node.absent) say("Absent", node.absent);
  if (node.code && node.code.module) say("Code", `${node.code.module} and what it imports (${node.code.files} files), SHA-256 `, h("code", null, node.code.sha256));
  return pairs.length ? h("dl", null, pairs) : null;
}
const isBlank = value => value === "" || value === null || (typeof value === "object" && !Object.keys(value).length);
const estimateLine = row => `${row.model_id || row.specification} / ${row.outcome} / ${row.parameter}: estimate ${shown(row.estimate, 6)}, ` +
  `${isBlank(row.std_error) || row.std_error === undefined ? "" : `s.e. ${shown(row.std_error, 4)}, `}95 % interval ${interval(row.ci_low, row.ci_high, 4)}, p ${pValue(row.p_value)}, N ${shown(row.n_obs)}, treated ${shown(row.n_treated)}`;

// The answer: what the verdicts come to, and every claim by how close its nearest evidence is and how that reads.
// Which reading and distance a claim has is decided where the study is made (analysis/core/nearest.py); here they are placed.
let UNDONE, OPEN, SHOWN, NONE;
const claimsOf = () => Object.values(data.nodes).filter(node => node.kind === "claim").sort((a, b) => order(a.name) - order(b.name));
const nearestOf = node => node.nearest === null ? null : node.tests.find(test => test.rank === node.nearest);
const counted = (number, one, many) => `${number} ${number === 1 ? one : many}`;
function answer() {
  const claims = claimsOf().filter(node => node.verdict !== "normative");
  const those = verdict => claims.filter(node => node.verdict === verdict);
  const bare = those("untestable").filter(node => node.code_ === "FIELD").length;
  const names = nodes => nodes.length ? ` (${nodes.map(node => node.name).join(", ")})` : "";
  const near = claims.filter(nearestOf), reads = verdict => near.filter(node => node.nearest_reads === verdict);
  document.getElementById("answer").append(
    h("p", { class: "lead" }, `Of ${claims.length} claims that data could test, direct evidence is consistent with ${those("consistent").length}${names(those("consistent"))}, contradicts ${those("not consistent").length}${names(those("not consistent"))} and leaves ${those("untestable").length} open; for ${bare} of those no source at hand reports a field that the claim is about. `,
      `${near.length} claims have some real evidence: the nearest reads consistent for ${reads("consistent").length}, not consistent for ${reads("not consistent").length}, would be undone by differential trends for ${reads(UNDONE).length}, cannot tell for ${reads(OPEN).length} and describes ${reads(SHOWN).length}. `,
      "Evidence at a distance is shown and decides nothing; simulated data test the methods and bear on no claim."),
    picture(claims));
}
function picture(claims) {
  const distances = data.distances;
  const chip = node => h("a", { href: `#claim-${node.name}`, class: `chip ${node.verdict.replaceAll(" ", "-")}`, title: node.claim, "aria-label": `${node.name}: ${node.claim}. Verdict: ${node.verdict}${node.nearest_few ? "; the reading rests on few treated units" : ""}` }, node.name + (node.nearest_few ? "*" : ""));
  const cell = (reading, distance) => h("td", { colspan: distance === NONE ? distances.length : null }, claims.filter(node => node.nearest_reads === reading && node.nearest_distance === distance).map(chip));
  const rows = data.readings.filter(reading => claims.some(node => node.nearest_reads === reading));
  return h("figure", { id: "picture" },
    h("figcaption", null, "Each claim by how close its nearest evidence is (columns) and how that reads (rows). Filled: the verdict, which direct evidence alone decides, is not open. *: the reading rests on few treated units."),
    h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "Claims by distance and reading, scrolls sideways" }, h("table", { class: "picture" },
      h("thead", null, h("tr", null, h("td"), distances.map(distance => h("th", { scope: "col" }, distance)))),
      h("tbody", null, rows.map(reading => h("tr", null, h("th", { scope: "row" }, reading), (reading === NONE ? [NONE] : distances).map(distance => cell(reading, distance))))))));
}

// Scorecard.
function scorecard() {
  const claims = claimsOf();
  const state = { verdict: "", kind: "", distance: "", words: "" };
  const count = h("p", { class: "count", role: "status", "aria-live": "polite" });
  const items = claims.map(node => [node, claimItem(node)]);
  const apply = () => {
    let visible = 0;
    for (const [node, item] of items) {
      const text = `${node.name} ${node.claim} ${node.estimand}`.toLowerCase();
      item.hidden = (state.verdict && node.verdict !== state.verdict) || (state.kind && node.claim_kind !== state.kind) ||
        (state.distance && node.nearest_distance !== state.distance) || !state.words.split(/\s+/).every(word => text.includes(word));
      visible += !item.hidden;
    }
    count.textContent = `${visible} of ${claims.length} claims`;
  };
  const buttons = ["", ...VERDICTS].map(verdict => h("button", { type: "button", "aria-pressed": verdict === "", "data-verdict": verdict, onclick: event => {
    state.verdict = verdict;
    for (const button of buttons) button.setAttribute("aria-pressed", String(button === event.currentTarget));
    apply();
  } }, verdict || "all"));
  const kinds = [...new Set(claims.map(node => node.claim_kind))];
  const search = h("input", { type: "search", id: "claim-search", oninput: () => { state.words = search.value.toLowerCase(); apply(); } });
  document.getElementById("scorecard").append(
    h("div", { class: "controls", role: "group", "aria-label": "Show verdicts" }, buttons),
    h("div", { class: "controls" }, select("Kind of claim", [["", "all"], ...kinds.map(kind => [kind, kind])], value => { state.kind = value; apply(); }),
      select("Nearest evidence", [["", "all"], ...[...data.distances, NONE].map(name => [name, name])], value => { state.distance = value; apply(); }), h("label", null, "Words", search)),
    count, ...items.map(([, item]) => item));
  apply();
}
const order = name => "QDSN".indexOf(name[0]) * 100 + (parseInt(name.slice(1), 10) || 0);
// What a test says, gates first, as the printed scorecard has it; a description is shown, not judged.
function readingOf(test) {
  if (test.code === "SHOWN") return test.explanation;
  const verdict = `${test.verdict} (${test.code})`;
  return test.verdict_before_gates && test.verdict_before_gates !== verdict ? `${verdict}; the interval alone: ${test.verdict_before_gates}` : verdict;
}
const ended = text => text.endsWith(".") ? text : `${text}.`; // "s.d." ends its sentence itself
function nearestLine(node) {
  if (node.verdict === "normative") return null;
  const near = nearestOf(node);
  return h("span", { class: "nearest" }, near ? `Nearest (${near.directness}): ${near.says}, ${shown(near.estimate)} ${interval(near.ci_low, near.ci_high)}; ${readingOf(near)}` : `Nearest: ${NONE}`);
}
function claimItem(node) {
  const exhibits = data.order.filter(name => {
    const sources = data.nodes[`exhibit:${name}`].from;
    return node.from.some(source => sources.includes(source));
  });
  const rows = node.tests.map(test => [test.rank > 100 ? "context" : "test", test.says, shown(test.estimate), interval(test.ci_low, test.ci_high), pValue(test.p_value),
    readingOf(test), test.directness, chainButton(`estimates:${test.model_id}`)]);
  const links = exhibits.map(name => [h("a", { href: `#exhibit-${name}` }, data.exhibits[name].title), mark(isSimulated(data.nodes[`exhibit:${name}`]))]);
  return h("details", { class: "claim", id: `claim-${node.name}` },
    h("summary", null, h("strong", null, node.name), " ", h("span", { class: `badge ${node.verdict.replaceAll(" ", "-")}` }, node.verdict + (node.code_ ? `: ${node.code_}` : "")), " ", node.claim, nearestLine(node)),
    h("div", null, h("p", null, node.explanation), h("p", { class: "note" }, `Estimand: ${ended(node.estimand)} Section ${node.section} of the study.`),
      node.missing.length ? h("p", { class: "note" }, `Missing fields: ${ended(node.missing.join("; "))}`) : null,
      rows.length ? table(["", "What", "Estimate", "95 % interval", "p", "Verdict", "Bears", ""], rows, ["", "", "right", "right", "right"]) : null,
      links.length ? h("p", null, "Shown in: ", links.map((link, place) => [place ? "; " : "", link])) : null,
      h("p", null, chainButton(`claim:${node.name}`, `Chain of ${node.name}`))));
}

// Specification curves.
const CHOICES = ["outcome", "sample", "dates", "estimator", "controls", "fixed_effects", "inference"];
const column = (curve, name) => curve.columns[name].values || curve.columns[name].codes.map(code => curve.columns[name].levels[code]);
const verdictOf = reading => reading.split(" (")[0];
function curves(section, names, prefix) {
  if (!names.length) { section.append(h("p", null, "None in this run.")); return; }
  const box = h("div");
  section.append(select("Curve", names.map(name => [name, data.curves[name].title]), name => drawCurve(box, name, prefix)), box);
  drawCurve(box, names[0], prefix);
}
function drawCurve(box, name, prefix) {
  const curve = data.curves[name];
  const columns = Object.fromEntries(Object.keys(curve.columns).map(key => [key, column(curve, key)]));
  // Readings are counted over one kind of interval, the main specification's, as in the paper.
  const chosen = { inference: columns.inference[columns.main.findIndex(Boolean)] };
  const status = h("p", { role: "status", "aria-live": "polite", id: `${prefix}-curve-status` });
  const readout = h("p", { class: "readout", "aria-live": "polite", id: `${prefix}-curve-readout` }, "Point at the curve, or focus it and use the arrow keys.");
  const canvas = h("canvas", { width: 1100, height: 700, tabindex: 0, role: "img", id: `${prefix}-curve`, "aria-label": `Specification curve of ${curve.title}; arrow keys move along it` });
  const range = h("p", { class: "note", id: `${prefix}-curve-range` });
  let visible = [], at = -1;
  const refresh = () => {
    visible = columns.estimate.map((_, place) => place).filter(place => CHOICES.every(key => !chosen[key] || columns[key][place] === chosen[key]));
    at = -1;
    const same = visible.filter(place => verdictOf(columns.reading[place]) === verdictOf(curve.reading)).length;
    const middle = visible.length ? columns.estimate[visible[Math.floor((visible.length - 1) / 2)]] : null;
    status.textContent = `${visible.length.toLocaleString("en")} of ${columns.estimate.length.toLocaleString("en")} shown; median ${shown(middle)} ${UNITS[curve.unit] || curve.unit}; ` +
      `${visible.length ? Math.round(100 * same / visible.length) : 0} % with the reading of the main specification (${curve.reading}; its interval alone, without the gates of the verdict); joint p over all specifications ${pValue(curve.p_median)} (median), ${pValue(curve.p_share)} (share significant), ${pValue(curve.p_average)} (average).`;
    paint();
  };
  const paint = () => {
    const drawn = paintCurve(canvas, curve, columns, visible, at);
    range.textContent = drawn && drawn.cut ? `Drawn from ${shown(drawn.low, 2)} to ${shown(drawn.high, 2)}: ${drawn.cut.toLocaleString("en")} intervals reach further and are cut at the edge.` : "";
  };
  PHONE.addEventListener("change", paint);
  const tell = () => {
    if (at < 0 || at >= visible.length) return;
    const place = visible[at];
    readout.textContent = `${at + 1}: ${shown(columns.estimate[place])} ${interval(columns.ci_low[place], columns.ci_high[place])}, p ${pValue(columns.p_value[place])}, ${columns.reading[place]}. ` +
      CHOICES.map(key => `${key.replaceAll("_", " ")}: ${columns[key][place]}`).join("; ") + `; N ${shown(columns.n_obs[place])}, treated ${shown(columns.n_treated[place])}.`;
    paint();
  };
  // A finger that moves scrolls; one that taps reads.
  for (const kind of ["pointermove", "pointerdown"]) canvas.addEventListener(kind, event => {
    const frame = canvas.getBoundingClientRect();
    const left = labelRoom(canvas);
    at = Math.max(0, Math.min(visible.length - 1, Math.round(((event.clientX - frame.left) / frame.width * canvas.width - left) / (canvas.width - left - 10) * (visible.length - 1))));
    tell();
  });
  canvas.addEventListener("keydown", event => {
    const move = { ArrowRight: 1, ArrowLeft: -1, PageDown: 50, PageUp: -50, Home: -Infinity, End: Infinity }[event.key];
    if (move === undefined || !visible.length) return;
    event.preventDefault();
    at = Math.max(0, Math.min(visible.length - 1, at < 0 && Number.isFinite(move) ? 0 : at + move));
    tell();
  });
  const filters = CHOICES.map(key => {
    const levels = [...new Set(columns[key])].sort();
    return select(key.replaceAll("_", " "), [["", `all ${levels.length}`], ...levels.map(level => [level, level])], value => { chosen[key] = value; refresh(); }, chosen[key] || "");
  });
  box.replaceChildren(h("p", null, mark(curve.evidence === "simulated"), ` Claim ${curve.claim}. Each line is one specification, sorted by estimate, with its 95 % interval; below, the choices it makes. `, chainButton(`curve:${name}`)),
    h("div", { class: "controls", id: `${prefix}-curve-filters` }, filters), status, h("div", { class: "scroll" }, canvas), range, readout,
    h("p", { class: "note" }, h("span", { class: "consistent" }, "\u25a0 consistent "), h("span", { class: "not-consistent" }, "\u25a0 not consistent "), h("span", { class: "untestable" }, "\u25a0 cannot tell "), " Dashed: ends of the values that the claim implies. Diamond: main specification. Shape and colour: readings without the gates of the rule."));
  refresh();
}
const PHONE = matchMedia("(max-width: 40rem)");
const labelRoom = canvas => canvas.width < 800 ? 170 : 270; // the longest label of a choice, which a phone shortens
const SHOWN_CHOICES = ["outcome", "sample", "dates", "estimator", "fixed_effects", "inference"], LINE = 16;
const levelsOf = columns => SHOWN_CHOICES.flatMap(key => [...new Set(columns[key])].sort().map(level => [key, level]));
function paintCurve(canvas, curve, columns, visible, at) {
  const draw = canvas.getContext("2d"), levels = levelsOf(columns);
  canvas.width = PHONE.matches ? 560 : 1100;
  const top = 10, middle = 330, right = canvas.width - 10, left = labelRoom(canvas);
  canvas.height = middle + 34 + LINE * levels.length;
  draw.clearRect(0, 0, canvas.width, canvas.height);
  if (!visible.length) return null;
  const sorted = visible.flatMap(place => [columns.ci_low[place], columns.ci_high[place]]).sort((a, b) => a - b);
  const estimates = visible.map(place => columns.estimate[place]);
  const low = Math.min(sorted[Math.floor(0.02 * sorted.length)], estimates[0], 0), high = Math.max(sorted[Math.floor(0.98 * (sorted.length - 1))], estimates[estimates.length - 1], 0);
  const y = value => top + (high - Math.max(low, Math.min(high, value))) / (high - low || 1) * (middle - top);
  const x = rank => left + (visible.length === 1 ? 0.5 : rank / (visible.length - 1)) * (right - left);
  draw.font = "12px system-ui, sans-serif";
  const line = (value, dashed) => { draw.setLineDash(dashed ? [6, 4] : []); draw.beginPath(); draw.moveTo(left, y(value)); draw.lineTo(right, y(value)); draw.stroke(); draw.setLineDash([]); };
  draw.globalAlpha = 0.35;
  visible.forEach((place, rank) => { draw.strokeStyle = colour(COLOURS[verdictOf(columns.reading[place])]); draw.beginPath(); draw.moveTo(x(rank), y(columns.ci_low[place])); draw.lineTo(x(rank), y(columns.ci_high[place])); draw.stroke(); });
  draw.globalAlpha = 1;
  visible.forEach((place, rank) => { draw.fillStyle = colour(COLOURS[verdictOf(columns.reading[place])]); draw.fillRect(x(rank) - 1, y(columns.estimate[place]) - 1.5, 2.2, 3); });
  draw.strokeStyle = colour("--ink"); draw.fillStyle = colour("--ink"); line(0, false);
  draw.strokeStyle = colour("--soft");
  for (const edge of [curve.region_low, curve.region_high]) if (edge !== null && edge >= low && edge <= high) line(edge, true);
  draw.textAlign = "right"; draw.font = "14px system-ui, sans-serif";
  for (const value of [low, 0, high]) draw.fillText(shown(value, 2), left - 8, Math.min(middle, Math.max(top + 10, y(value) + 4)));
  visible.forEach((place, rank) => { if (columns.main[place]) { draw.lineWidth = 2; draw.strokeStyle = colour("--ink"); draw.fillStyle = colour("--paper"); draw.beginPath(); draw.moveTo(x(rank), y(columns.estimate[place]) - 7); draw.lineTo(x(rank) + 6, y(columns.estimate[place])); draw.lineTo(x(rank), y(columns.estimate[place]) + 7); draw.lineTo(x(rank) - 6, y(columns.estimate[place])); draw.closePath(); draw.fill(); draw.stroke(); draw.lineWidth = 1; } });
  paintChoices(draw, columns, visible, x, middle + 24, left, levels);
  if (at >= 0 && at < visible.length) { draw.strokeStyle = colour("--ink"); draw.lineWidth = 2; draw.beginPath(); draw.moveTo(x(at), top); draw.lineTo(x(at), canvas.height - 4); draw.stroke(); draw.lineWidth = 1; }
  const cut = visible.filter(place => columns.ci_low[place] < low || columns.ci_high[place] > high).length;
  return { low, high, cut };
}
function paintChoices(draw, columns, visible, x, from, left, levels) {
  draw.font = "13px system-ui, sans-serif";
  draw.textAlign = "right";
  levels.forEach(([key, level], place) => {
    const y = from + place * LINE;
    draw.fillStyle = colour(place % 2 ? "--soft" : "--ink");
    visible.forEach((row, rank) => { if (columns[key][row] === level) draw.fillRect(x(rank), y, 1, LINE * 0.7); });
    draw.fillStyle = colour("--ink"); draw.fillText(shortened(draw, level, left - 12), left - 8, y + LINE * 0.75);
  });
}
function shortened(draw, text, room) {
  let kept = text;
  while (kept && draw.measureText(kept === text ? text : `${kept}\u2026`).width > room) kept = kept.slice(0, -1);
  return kept === text ? text : `${kept.trimEnd()}\u2026`;
}

// Event studies.
function events(section, simulated, prefix) {
  const groups = new Map();
  data.estimates.event_time.forEach((time, place) => {
    if (time === null || data.estimates.cohort[place] !== null || data.estimates.estimate[place] === null || (data.estimates.evidence[place] === "simulated") !== simulated) return;
    const key = [data.estimates.specification[place], data.estimates.outcome[place], data.estimates.term[place], data.estimates.inference[place]].join(" | ");
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(place);
  });
  // First what few treated units do not break.
  const rank = key => Number(!key.includes("randomization"));
  const keys = [...groups.keys()].filter(key => groups.get(key).length > 2).sort((a, b) => rank(a) - rank(b));
  if (!keys.length) { section.append(h("p", null, "None in this run.")); return; }
  const box = h("div");
  const name = key => { const [specification, outcome, , inference] = key.split(" | "); return `${data.nodes[specification].title} (${specification.split(":")[1]}): ${data.labels[outcome] || outcome.replaceAll("_", " ")}, ${inference.replaceAll("_", " ")}`; };
  let chosen = keys[0];
  const draw = key => drawEvents(box, chosen = key, groups.get(key).sort((a, b) => data.estimates.event_time[a] - data.estimates.event_time[b]), prefix);
  section.append(select("Event study", keys.map(key => [key, name(key)]), draw), box);
  PHONE.addEventListener("change", () => draw(chosen));
  draw(chosen);
}
const SVG = "http://www.w3.org/2000/svg";
function s(tag, attributes, text) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
}
function drawEvents(box, key, places, prefix) {
  const rows = places.map(estimate), width = PHONE.matches ? 320 : 760, height = 300; // units are pixels, so that text keeps its size
  const times = rows.map(row => row.event_time), values = rows.flatMap(row => [row.estimate, row.ci_low, row.ci_high]).filter(value => value !== null);
  const low = Math.min(...values, 0), high = Math.max(...values, 0), first = Math.min(...times), last = Math.max(...times);
  const x = time => 60 + (time - first + 0.5) / (last - first + 1) * (width - 80), y = value => 15 + (high - value) / (high - low || 1) * (height - 55);
  const every = Math.ceil(24 * (last - first + 1) / (width - 80)); // periods between two labels that do not touch
  const svg = s("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": "Event study; each point can be focused" });
  svg.append(s("line", { x1: 50, x2: width - 10, y1: y(0), y2: y(0), stroke: "currentColor" }), s("line", { x1: x(-0.5), x2: x(-0.5), y1: 10, y2: height - 35, stroke: "currentColor", "stroke-dasharray": "4 4" }),
    s("text", { x: 4, y: y(high) + 4 }, shown(high, 2)), s("text", { x: 4, y: y(low) + 4 }, shown(low, 2)), s("text", { x: 4, y: y(0) + 4 }, "0"), s("text", { x: width / 2 - 70, y: height - 3 }, "Periods since treatment"));
  const readout = h("p", { class: "readout", "aria-live": "polite", id: `${prefix}-event-readout` }, "Point at an estimate, or move to it with the Tab key.");
  rows.forEach(row => {
    const said = `Period ${row.event_time}: ${shown(row.estimate)} ${interval(row.ci_low, row.ci_high)}, p ${pValue(row.p_value)}, N ${shown(row.n_obs)}, treated ${shown(row.n_treated)}, ${row.inference.replaceAll("_", " ")}`;
    const group = s("g", { tabindex: 0, role: "img", "aria-label": said, class: "event-point" });
    if (row.ci_low !== null) group.append(s("line", { x1: x(row.event_time), x2: x(row.event_time), y1: y(row.ci_low), y2: y(row.ci_high), stroke: "var(--link)", "stroke-width": 2 }));
    group.append(s("circle", { cx: x(row.event_time), cy: y(row.estimate), r: 5, fill: row.event_time < 0 ? "var(--paper)" : "var(--link)", stroke: "var(--link)", "stroke-width": 2 }), s("circle", { cx: x(row.event_time), cy: y(row.estimate), r: 14, fill: "transparent" }));
    for (const kind of ["focus", "pointerenter", "click"]) group.addEventListener(kind, () => { readout.textContent = said; });
    svg.append(group);
    if (row.event_time % every === 0) svg.append(s("text", { x: x(row.event_time), y: height - 20, "text-anchor": "middle" }, shown(row.event_time)));
  });
  const specification = key.split(" | ")[0];
  box.replaceChildren(h("p", null, mark(rows[0].evidence === "simulated"), ` ${ended(data.nodes[specification].settings.estimand)} Sample: ${ended(rows[0].sample)} ${rows[0].left_out ? `Left out: ${ended(rows[0].left_out)} ` : ""}`, chainButton(specification)), svg, readout);
}

// Figures and tables.
function exhibit(name) {
  const about = data.exhibits[name], node = data.nodes[`exhibit:${name}`], simulated = isSimulated(node);
  const link = about.csv === undefined ? h("span", null, "Data: ", h("code", null, about.file)) : h("a", { download: `${name}.csv`, href: URL.createObjectURL(new Blob([about.csv], { type: "text/csv" })), class: "download" }, "Download data (CSV)");
  const open = about.csv === undefined ? null : h("details", { ontoggle: () => { if (open.open && !open.dataset.filled) { open.dataset.filled = "1"; open.append(cells(name, about.csv, node)); } } }, h("summary", null, "Data, cell by cell"));
  return h("article", { id: `exhibit-${name}`, class: simulated ? "simulated" : null, tabindex: -1 }, h("h3", null, about.title, mark(simulated)),
    about.kind === "figure" ? h("img", { src: `data:image/webp;base64,${about.picture}`, alt: about.alt, loading: "lazy" }) : printed(about.table),
    node.absent ? h("p", { class: "warning" }, `Data absent: ${node.absent}`) : null,
    h("p", { class: "note" }, about.note), h("p", null, link, " ", chainButton(`exhibit:${name}`)), open);
}
function printed(content) {
  const body = content.rows.map((row, place) => content.bold.includes(place) || content.wide.includes(place)
    ? h("tr", null, h("td", { colspan: row.length, class: content.bold.includes(place) ? "group" : null }, row[0]))
    : h("tr", null, row.map((cell, at) => h("td", { class: content.align[at] === "right" ? "right" : null }, cell))));
  return h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "Table, scrolls sideways" }, h("table", null, h("thead", null, h("tr", null, content.columns.map((text, at) => h(text ? "th" : "td", { scope: text ? "col" : null, class: content.align[at] === "right" ? "right" : null }, text)))), h("tbody", null, body)));
}
const ROWS_SHOWN = 200;
function cells(name, csv, node) {
  const [header, ...rows] = parse(csv);
  const known = new Map(node.cells.map(([row, columnName, place, field]) => [`${row}|${columnName}`, [place, field]]));
  const body = rows.slice(0, ROWS_SHOWN).map((row, number) => row.map((cell, at) => {
    const source = known.get(`${number + 1}|${header[at]}`);
    return source ? h("button", { type: "button", class: "number", "data-cell": `${number + 1}|${header[at]}`, onclick: event => openCell(name, source, event.currentTarget) }, cell) : cell;
  }));
  return h("div", null, rows.length > ROWS_SHOWN ? h("p", { class: "note" }, `The first ${ROWS_SHOWN} of ${rows.length.toLocaleString("en")} rows; all are in the file.`) : null, table(header, body));
}
function openCell(name, [place, field], from) {
  const row = estimate(place);
  openChain(row.specification, from);
  document.getElementById("chain-title").after(h("p", null, `This cell of ${data.exhibits[name].title} is the ${field.replaceAll("_", " ")} of ${estimateLine(row)}.`));
}
function parse(csv) {
  const rows = [[]];
  let cell = "", quoted = false;
  for (let at = 0; at < csv.length; at++) {
    const sign = csv[at];
    if (quoted) { if (sign === '"' && csv[at + 1] === '"') { cell += '"'; at++; } else if (sign === '"') quoted = false; else cell += sign; }
    else if (sign === '"') quoted = true;
    else if (sign === "," || sign === "\n") { rows.at(-1).push(cell); cell = ""; if (sign === "\n") rows.push([]); }
    else cell += sign;
  }
  return rows.filter(row => row.length);
}

// Numbers in the text.
function numbers(section, chosen, prefix) {
  const nodes = chosen.map(id => [id, data.nodes[id]]);
  const count = h("p", { class: "count", role: "status", "aria-live": "polite" });
  const lines = nodes.map(([id, node]) => {
    const place = node.sentences.at(-1);
    const button = h("button", { type: "button", class: "number", "data-number": node.name, "aria-label": `${node.text}: chain of ${node.name}`, onclick: event => openChain(id, event.currentTarget) }, node.text);
    return [`${node.name} ${node.text} ${node.title} ${node.sentences.map(one => one.text).join(" ")}`.toLowerCase(), h("tr", null, h("td", { class: "right" }, button, mark(isSimulated(node))), h("td", null, place ? place.text : node.title), h("td", null, h("code", null, node.name)))];
  });
  const apply = () => { let visible = 0; for (const [text, line] of lines) { line.hidden = !search.value.toLowerCase().split(/\s+/).every(word => text.includes(word)); visible += !line.hidden; } count.textContent = `${visible} of ${lines.length} numbers`; };
  const search = h("input", { type: "search", id: `${prefix}-number-search`, oninput: apply });
  section.append(h("div", { class: "controls" }, h("label", null, "Words", search)), count,
    h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "Numbers in the text, scrolls sideways" }, h("table", null, h("thead", null, h("tr", null, ["Number", "Sentence", "Name"].map(text => h("th", { scope: "col" }, text)))), h("tbody", null, lines.map(([, line]) => line)))));
  apply();
}

// The page.
function reaches(id, test, seen = new Set()) {
  if (seen.has(id) || !data.nodes[id]) return false;
  seen.add(id);
  return test(data.nodes[id]) || data.nodes[id].from.some(source => reaches(source, test, seen));
}
function goTo() {
  const id = decodeURIComponent(location.hash.slice(1));
  if (data.nodes[id]) openChain(id, null);
  else if (id.startsWith("claim-")) { const item = document.getElementById(id); if (item) item.open = true; }
}
async function start() {
  const bytes = Uint8Array.from(atob(document.getElementById("data").textContent), sign => sign.charCodeAt(0));
  data = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
  [, , UNDONE, OPEN, SHOWN, NONE] = data.readings;
  const simulated = document.getElementById("simulated");
  const names = real => data.curve_order.filter(name => data.curves[name]).filter(name => (data.curves[name].evidence !== "simulated") === real);
  const ids = Object.keys(data.nodes).filter(id => data.nodes[id].kind === "number" && data.nodes[id].sentences.length);
  const isMade = id => reaches(id, isSimulated);
  answer();
  scorecard();
  curves(document.getElementById("curves"), names(true), "real");
  events(document.getElementById("events"), false, "real");
  document.getElementById("exhibits").append(...data.order.filter(name => !isSimulated(data.nodes[`exhibit:${name}`])).map(exhibit));
  numbers(document.getElementById("numbers"), ids.filter(id => !isMade(id)), "real");
  simulated.append(h("p", { class: "warning" }, h("span", { class: "sim" }, "SIMULATED. "), "Everything in this part is made of simulated data. It tests the methods and bears on no claim."), h("h3", null, "Specification curves"));
  curves(simulated, names(false), "simulated");
  simulated.append(h("h3", null, "Event studies"));
  events(simulated, true, "simulated");
  simulated.append(...data.order.filter(name => isSimulated(data.nodes[`exhibit:${name}`])).map(exhibit), h("h3", null, "Numbers in the text"));
  numbers(simulated, ids.filter(isMade), "simulated");
  document.getElementById("about").append(h("p", { class: "count" }, `Code: ${data.code.files} files, SHA-256 ${data.code.sha256}`));
  window.addEventListener("hashchange", goTo);
  goTo();
  document.body.dataset.ready = "1";
}
start();
