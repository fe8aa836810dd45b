// Draws the hand-offs: channels people left on the left, where they ended on the right, the lost in the warm colour.
"use strict";

const place = document.getElementById("sankey");
const data = JSON.parse(document.getElementById("sankey-data").textContent);
const number = new Intl.NumberFormat("en");
const escaped = (text) => String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

const colours = () => {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(name).trim();
  return { ink: of("--ink"), soft: of("--soft"), card: of("--card"), hair: of("--hair"), from: of("--accent"), to: of("--accent"), lost: of("--lost"), open: of("--open") };
};

const kindOf = (target) => (target === "end:lost" ? "lost" : target === "end:open" ? "open" : "to");
const strength = { lost: 0.62, open: 0.3, to: 0.2 };

const nodesIn = (colour, size) =>
  data.nodes.map((node) => ({
    name: node.name,
    depth: node.kind === "from" ? 0 : 1,
    itemStyle: { color: colour[node.kind] },
    label: {
      position: node.kind === "from" ? "left" : "right",
      formatter: `{name|${node.label}}  {people|${number.format(node.people)}}`,
      rich: {
        name: { color: node.kind === "lost" ? colour.lost : colour.ink, fontSize: size, fontWeight: node.kind === "lost" ? 700 : 500 },
        people: { color: node.kind === "lost" ? colour.lost : colour.soft, fontSize: size, fontWeight: node.kind === "lost" ? 700 : 400 },
      },
    },
  }));

const linksIn = (colour) =>
  data.links.map((link) => {
    const kind = kindOf(link.target);
    return { ...link, lineStyle: { color: colour[kind], opacity: strength[kind] } };
  });

const ending = { lost: "lost", open: "still have time", to: "arrived and went on" };

const tipOf = ({ dataType, data: item, name }) => {
  if (dataType === "edge") return `<b>${escaped(item.way)}</b>${number.format(item.value)} ${ending[kindOf(item.target)]}`;
  const node = data.nodes.find((one) => one.name === name);
  return `<b>${escaped(node.label)}</b>${number.format(node.people)} ${node.kind === "from" ? "set out" : ending[node.kind]}, a person counted once per border`;
};

// A phone has room for the bands only where the names beside them are small and close.
const room = (width) => (width < 480 ? { left: 98, right: 116, size: 11 } : width < 800 ? { left: 136, right: 150, size: 13 } : { left: 150, right: 180, size: 13 });

const option = (width) => {
  const colour = colours();
  const { left, right, size } = room(width);
  return {
    animation: false,
    aria: { enabled: true, label: { description: place.dataset.words } },
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    tooltip: { className: "chart-tip", formatter: tipOf, backgroundColor: colour.card, borderColor: colour.hair, textStyle: { color: colour.ink }, confine: true },
    series: [
      {
        type: "sankey",
        left,
        right,
        top: 8,
        bottom: 8,
        nodeWidth: 10,
        nodeGap: 14,
        draggable: false,
        layoutIterations: 0,
        emphasis: { focus: "adjacency", lineStyle: { opacity: 0.8 } },
        blur: { lineStyle: { opacity: 0.06 }, itemStyle: { opacity: 0.35 }, label: { opacity: 0.7 } },
        lineStyle: { curveness: 0.55 },
        data: nodesIn(colour, size),
        links: linksIn(colour),
      },
    ],
  };
};

place.replaceChildren();
const chart = echarts.init(place, null, { renderer: "svg" });
const draw = () => {
  chart.resize();
  chart.setOption(option(place.clientWidth), true);
};
draw();
chart.on("click", ({ dataType, data: item }) => dataType === "edge" && item.path && location.assign(item.path));
new ResizeObserver(draw).observe(place);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
