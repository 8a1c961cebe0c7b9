// Draws the numbers of the page's data block; the table below holds the same, and so does the server's picture, which
// stays where this cannot run. What is said of a point, and where it leads, comes from the server.

const part = (name) => document.querySelector(`[data-explore${name}]`);
const chartBox = part("-chart"), legend = part("-legend"), reading = part("-said"), listLink = part("-list");
const data = part("-data") && JSON.parse(part("-data").textContent);

// Colour, shape and dash run in steps of three, five and more, so that no two of fifteen lines share all.
const SHAPES = [
  "M0 5a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z", "M.8 .8h8.4v8.4h-8.4z", "M5 -.6L10.6 5L5 10.6L-.6 5z", "M5 0L10.4 9.4H-.4z",
  "M3.2 0h3.6v3.2h3.2v3.6h-3.2v3.2h-3.6v-3.2h-3.2v-3.6h3.2z",
];
const INKS = 3, BANDS = 3, FIRST_ON = 6, TRACK = 230, ROW = 34, HEAD = 50, FOOT = 46, ZOOM = 28, AIR = 0.12;
const DASHES = [[], [7, 3], [2, 3]];
const signOf = (index) => ({ ink: index % INKS, shape: SHAPES[index % SHAPES.length], dash: DASHES[Math.floor(index / INKS) % 3] });

// Both tracks name a line alike if it is the same, so one switch serves both.
const names = [];
for (const track of data?.tracks ?? []) {
  for (const line of track.lines) if (!names.some(({ key }) => key === line.key)) names.push({ key: line.key, name: line.name });
}
const signs = new Map(names.map(({ key }, index) => [key, signOf(index)]));

// What is switched on stands behind the # of the address, so that it travels with it.
const state = new URLSearchParams(location.hash.slice(1));
const known = (state.get("on") ?? "").split(",").filter((key) => signs.has(key));
const on = new Set(state.has("on") ? known : names.slice(0, FIRST_ON).map(({ key }) => key));
const zoom = ["from", "to"].map((end) => data?.quarters.findIndex(({ key }) => key === state.get(end)));
if (zoom[0] < 0) zoom[0] = 0;
if (zoom[1] < 0) zoom[1] = (data?.quarters.length ?? 1) - 1;
let lookedAt = null; // the line that is pointed at, whose interval is drawn however many are on
let at = -1; // the point that is read

const remember = () => {
  state.set("on", [...on].join(","));
  state.set("from", data.quarters[zoom[0]].key);
  state.set("to", data.quarters[zoom[1]].key);
  history.replaceState(null, "", `#${state}`);
};

const tokens = () => {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: of("ink"), muted: of("ink-2"), surface: of("surface"), line: of("line"), grid: of("grid"), axis: of("axis"),
    inks: [of("s1"), of("s2"), of("s3")], bands: [of("s1-band"), of("s2-band"), of("s3-band")],
    font: getComputedStyle(document.body).fontFamily,
  };
};

const channels = (hex) => {
  const whole = hex.length === 4 ? [...hex.slice(1)].map((one) => one + one).join("") : hex.slice(1, 7);
  return [0, 2, 4].map((start) => parseInt(whole.slice(start, start + 2), 16));
};
const mixed = (from, to, share) => {
  const [a, b] = [channels(from), channels(to)];
  return `rgb(${a.map((one, index) => Math.round(one + (b[index] - one) * share)).join(",")})`;
};

// A line as its points, its interval as a band, and a mark of its own where there is no value.
const lineSeries = (track, place, line, look) => {
  const { ink, shape, dash } = signs.get(line.key);
  const axes = { name: line.name, xAxisIndex: place, yAxisIndex: place };
  const held = (value) => Math.min(value, track.top);
  const points = line.points.map((point) => ({
    value: point.value === null ? null : held(point.value), said: point.said, href: point.href,
    symbol: `path://${shape}`, symbolSize: 10,
    itemStyle: point.standing === "untold" ? { color: look.surface, borderColor: look.inks[ink], borderWidth: 2 } : { color: look.inks[ink] },
    // what lies beyond the scale stays in sight, at its end and with its number
    label: { show: point.value !== null && point.value > track.top, formatter: point.shown, position: "right", color: look.muted },
  }));
  const gaps = line.points.map((point) => ({ value: point.value === null ? track.low : null, said: point.said, href: point.href }));
  const found = [{
    ...axes, id: `line-${place}-${line.key}`, type: "line", data: points, showSymbol: true, showAllSymbol: true, z: 3,
    connectNulls: false, lineStyle: { color: look.inks[ink], width: 2, type: dash.length ? dash : "solid" },
    cursor: line.points.some(({ href }) => href) ? "pointer" : "default", emphasis: { scale: 1.4 }, clip: false,
  }, {
    ...axes, id: `gaps-${place}-${line.key}`, type: "scatter", data: gaps, symbol: `path://${SHAPES[2]}`, symbolSize: 9, z: 2,
    itemStyle: { color: look.surface, borderColor: look.muted, borderWidth: 1.5 }, clip: false,
  }];
  const banded = on.size <= BANDS || lookedAt === line.key;
  if (banded && line.points.some(({ low }) => low !== null)) {
    const edge = { ...axes, type: "line", stack: `band-${place}-${line.key}`, symbol: "none", silent: true, tooltip: { show: false }, lineStyle: { opacity: 0 }, z: 1 };
    found.push({ ...edge, id: `low-${place}-${line.key}`, data: line.points.map(({ low }) => low === null ? null : held(low)) });
    found.push({ ...edge, id: `band-${place}-${line.key}`, areaStyle: { color: look.bands[ink], opacity: 1 },
      data: line.points.map(({ low, high }) => low === null ? null : held(high) - held(low)) });
  }
  return found;
};

// The figure with the strongest tint: the largest that can be told, or the end of a scale that has one.
const strongest = (track, lines) => track.low > 0 ? track.top
  : Math.max(0, ...lines.flatMap(({ points }) => points.map(({ value, standing }) => standing === "told" ? value : 0)));

// Numbers are written as large as the tiles allow; where they would run into each other the table has them.
const fitting = (lines, room) => {
  const longest = Math.max(1, ...lines.flatMap(({ points }) => points.map(({ shown }) => shown.length)));
  return [12, 10].find((size) => longest * size * 0.58 < room) ?? 0;
};

const row = (place, line) => ({ name: line.name, type: "bar", stack: `tiles-${place}`, xAxisIndex: place, yAxisIndex: 2 * place, barCategoryGap: "8%" });

// A row of tiles is a bar on the rows below it, with a little air above: the stronger its tint the more, its number written in it.
const tileSeries = (track, place, line, look, most, fontSize) => [{
  ...row(place, line), id: `tiles-${place}-${line.key}`, emphasis: { disabled: true },
  cursor: line.points.some(({ href }) => href) ? "pointer" : "default",
  data: line.points.map((point) => {
    const share = point.value === null ? 0 : Math.max(0, Math.min(1, (point.value - track.low) / (most - track.low || 1)));
    const hollow = point.standing !== "told";
    return {
      value: 1 - AIR, said: point.said, href: point.href,
      itemStyle: hollow
        ? { color: look.surface, borderColor: point.value === null ? look.line : look.axis, borderType: "dashed", borderWidth: 1 }
        : { color: mixed(look.surface, look.inks[0], 0.08 + 0.37 * share) },
      label: { show: fontSize > 0, position: "inside", formatter: point.shown || "–", color: hollow ? look.muted : look.ink, fontSize },
    };
  }),
}, { ...row(place, line), id: `air-${place}-${line.key}`, silent: true, tooltip: { show: false }, itemStyle: { color: "transparent" }, data: line.points.map(() => AIR) }];

const shownLines = (track) => track.lines.filter(({ key }) => on.has(key));

const heights = () => data.tracks.map((track) => data.view === "heat" ? Math.max(1, shownLines(track).length) * ROW : TRACK);

const option = (look, width) => {
  const heat = data.view === "heat", each = heights();
  const longest = Math.max(0, ...names.map(({ name }) => name.length));
  const left = heat ? Math.min(240, width * 0.38, 20 + 7 * longest) : 44;
  const text = { color: look.muted, fontFamily: look.font, fontSize: 12 };
  const grids = [], across = [], up = [], series = [], titles = [];
  let top = 0;
  data.tracks.forEach((track, place) => {
    titles.push({ text: track.title, left: 0, top, padding: 0, textStyle: { ...text, color: look.ink, fontWeight: 600, fontSize: 13, width, overflow: "truncate" } });
    titles.push({ text: track.unit, left: 0, top: top + 18, padding: 0, textStyle: { ...text, fontWeight: 400, width, overflow: "truncate" } });
    grids.push({ left, right: 18, top: top + HEAD, height: each[place] });
    across.push({ type: "category", gridIndex: place, data: data.quarters.map(({ short, open }) => open ? `${short}\n${data.words.so_far}` : short), boundaryGap: true,
      axisLine: { lineStyle: { color: look.axis } }, axisTick: { show: false }, axisLabel: { ...text, lineHeight: 14, hideOverlap: true } });
    const lines = shownLines(track);
    if (heat) {
      up.push({ type: "value", gridIndex: place, min: 0, max: Math.max(1, lines.length), show: false });
      up.push({ type: "category", gridIndex: place, position: "left", inverse: true, data: lines.map(({ name }) => name), axisLine: { show: false },
        axisTick: { show: false }, axisLabel: { ...text, color: look.ink, width: left - 10, overflow: "truncate" } });
      const size = fitting(lines, (width - left - 18) / (zoom[1] - zoom[0] + 1) * 0.92), most = strongest(track, lines);
      series.push(...[...lines].reverse().flatMap((line) => tileSeries(track, place, line, look, most, size)));
    } else {
      up.push({ type: "value", gridIndex: place, min: track.low, max: track.top, interval: track.step, axisLabel: text, splitLine: { lineStyle: { color: look.grid } } });
      series.push(...lines.flatMap((line) => lineSeries(track, place, line, look)));
    }
    top += HEAD + each[place] + FOOT;
  });
  return {
    animation: false, textStyle: { fontFamily: look.font }, backgroundColor: "transparent",
    aria: { enabled: true, label: { description: chartBox.dataset.description } },
    title: titles, grid: grids, xAxis: across, yAxis: up, series,
    tooltip: { trigger: "item", renderMode: "richText", confine: true, backgroundColor: look.surface, borderColor: look.line, padding: 10,
      textStyle: { color: look.ink, fontFamily: look.font, fontSize: 13, width: Math.min(340, width - 60), overflow: "break" },
      formatter: ({ data: point }) => point.href ? `${point.said}\n${data.words.click}` : point.said },
    dataZoom: [{ type: "slider", xAxisIndex: data.tracks.map((_, place) => place), startValue: zoom[0], endValue: zoom[1], top: top - 4, height: 22, left, right: 18,
      brushSelect: false, showDataShadow: false, showDetail: false, borderColor: look.line, fillerColor: look.bands[0], backgroundColor: "transparent",
      handleStyle: { color: look.surface, borderColor: look.inks[0] }, moveHandleStyle: { color: look.axis }, emphasis: { handleStyle: { borderColor: look.ink } } }],
  };
};

// Every point of what is switched on and zoomed to, in the order in which it is read.
const readable = () => data.tracks.flatMap((track, place) => shownLines(track).flatMap((line) => line.points.map((point, index) => ({
  ...point, index, key: line.key,
  seriesId: data.view === "heat" ? `tiles-${place}-${line.key}` : `${point.value === null ? "gaps" : "line"}-${place}-${line.key}`,
})).filter(({ index }) => index >= zoom[0] && index <= zoom[1])));

const start = (echarts) => {
  const chart = echarts.init(chartBox, null, { renderer: "svg" });

  const draw = () => {
    chartBox.style.height = `${heights().reduce((sum, one) => sum + HEAD + one + FOOT, 0) + ZOOM}px`;
    chart.resize();
    chart.setOption(option(tokens(), chartBox.clientWidth), { notMerge: true });
    chart.getZr().flush();
  };

  const glyph = (key) => {
    const { ink, shape, dash } = signs.get(key), space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg"), stroke = document.createElementNS(space, "path"), mark = document.createElementNS(space, "path");
    svg.setAttribute("viewBox", "0 0 30 14");
    svg.setAttribute("aria-hidden", "true");
    stroke.setAttribute("d", "M0 7H30");
    stroke.setAttribute("fill", "none");
    stroke.setAttribute("stroke-width", "2");
    stroke.setAttribute("stroke-dasharray", dash.join(" "));
    stroke.setAttribute("stroke", `var(--s${ink + 1})`);
    mark.setAttribute("d", shape);
    mark.setAttribute("transform", "translate(10 2)");
    mark.setAttribute("class", `f${ink + 1}`);
    svg.append(...(data.view === "heat" ? [] : [stroke]), mark);
    return svg;
  };

  for (const { key, name } of names) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(glyph(key), name);
    button.setAttribute("aria-pressed", String(on.has(key)));
    button.addEventListener("click", () => {
      if (!on.delete(key)) on.add(key);
      button.setAttribute("aria-pressed", String(on.has(key)));
      at = -1;
      remember();
      draw();
    });
    const look = (whose) => () => {
      if (lookedAt === whose || data.view === "heat") return;
      lookedAt = whose;
      if (on.size > BANDS) draw();
    };
    button.addEventListener("pointerenter", look(key));
    button.addEventListener("focus", look(key));
    button.addEventListener("pointerleave", look(null));
    button.addEventListener("blur", look(null));
    legend.append(button);
  }

  for (const button of document.querySelectorAll("[data-explore-step]")) {
    button.addEventListener("click", () => {
      const points = readable(), step = Number(button.dataset.exploreStep);
      if (!points.length) {
        reading.textContent = data.words.nothing_on;
        listLink.hidden = true;
        return;
      }
      at = at < 0 ? (step > 0 ? 0 : points.length - 1) : (at + step + points.length) % points.length;
      const point = points[at];
      if (lookedAt !== point.key && on.size > BANDS && data.view !== "heat") {
        lookedAt = point.key;
        draw();
      }
      const named = { at: at + 1, all: points.length, said: point.said };
      reading.textContent = data.words.point.replace(/%\((\w+)\)s/g, (_, name) => named[name]);
      listLink.hidden = !point.href;
      if (point.href) listLink.href = point.href;
      chart.dispatchAction({ type: "showTip", seriesIndex: chart.getOption().series.findIndex(({ id }) => id === point.seriesId), dataIndex: point.index });
    });
  }

  chart.on("click", ({ data: point }) => { if (point?.href) location.assign(point.href); });
  chart.on("datazoom", () => {
    const [{ startValue, endValue }] = chart.getOption().dataZoom;
    [zoom[0], zoom[1], at] = [startValue, endValue, -1];
    remember();
  });

  legend.hidden = names.length < 2;
  draw();
  new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
  let width = chartBox.clientWidth;
  new ResizeObserver(() => {
    if (!chartBox.clientWidth || chartBox.clientWidth === width) return;
    width = chartBox.clientWidth;
    draw();
  }).observe(chartBox);
};

if (data) {
  await import(chartBox.dataset.library);
  part("").hidden = false;
  part("-views").hidden = false;
  start(globalThis.echarts);
  part("-picture").hidden = true;
}
