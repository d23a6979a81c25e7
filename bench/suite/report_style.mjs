// The style of the report: light and dark by the reader's preference, always light on paper. The hues are
// apart for every kind of colour vision (blue, orange, grey, purple), and shape or fill says the same again.

const light = `
  --page: #f6f7f9; --card: #ffffff; --ink: #171b21; --muted: #5d6672; --faint: #e4e7ec; --stripe: #f4f6f9;
  --epoll: #0b67b2; --uring: #c4500f; --peer: #7b8491; --against: #6f4bb0; --good: #12773d; --bad: #b3261e;`;
const dark = `
  --page: #101317; --card: #181c22; --ink: #e8ebef; --muted: #9aa4b0; --faint: #2a3038; --stripe: #1d2229;
  --epoll: #5fb0f5; --uring: #f5945a; --peer: #929ca8; --against: #b79bf0; --good: #57c785; --bad: #ff8b80;`;

export const style = `
:root { color-scheme: light dark; ${light} }
@media (prefers-color-scheme: dark) { :root { ${dark} } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.55 system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 40px 28px 80px; }
header { margin-bottom: 28px; }
.eyebrow { color: var(--muted); font-size: 13px; letter-spacing: .08em; text-transform: uppercase; margin: 0 0 4px; }
h1 { font-size: 34px; line-height: 1.15; letter-spacing: -.02em; margin: 0 0 8px; font-weight: 680; }
h2 { font-size: 21px; letter-spacing: -.01em; margin: 48px 0 4px; font-weight: 650; }
h3 { font-size: 15px; margin: 0; font-weight: 620; }
p { margin: 6px 0; max-width: 92ch; }
.muted, .detail { color: var(--muted); }
.detail { font-size: 13px; margin: 2px 0 10px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); gap: 14px; margin: 24px 0 0; }
.tile, .card { background: var(--card); border: 1px solid var(--faint); border-radius: 10px; }
.tile { padding: 14px 18px; }
.tile .name { color: var(--muted); font-size: 13px; }
.tile .figure { font-size: 26px; font-weight: 650; letter-spacing: -.02em; font-variant-numeric: tabular-nums; }
.tile .more { font-size: 13px; color: var(--muted); }
.card { padding: 18px 20px 12px; margin: 14px 0 0; break-inside: avoid; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 480px), 1fr)); gap: 14px; margin-top: 14px; }
.grid .card { margin: 0; }
.columns { columns: 2; column-gap: 14px; }
.columns .card { display: inline-block; width: 100%; }
@media (max-width: 900px) { .columns { columns: 1; } }
.columns th:first-child, .columns td:first-child { min-width: 0; }
table.tight td { padding: 3px 6px; }
td.more { color: var(--muted); white-space: normal; }
.wide { overflow-x: auto; }
.wide > svg { min-width: 720px; }
svg { display: block; width: 100%; height: auto; font: 12px system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif; fill: var(--ink); }
table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { padding: 6px 8px; text-align: right; border-bottom: 1px solid var(--faint); vertical-align: top; white-space: nowrap; }
th { color: var(--muted); font-weight: 560; font-size: 12px; vertical-align: bottom; }
th:first-child, td:first-child { text-align: left; white-space: normal; min-width: 168px; }
tbody tr:last-child td { border-bottom: 0; }
td small { display: block; color: var(--muted); font-size: 11px; }
td.left, th.left { text-align: left; white-space: normal; }
tr.group td { color: var(--muted); font-size: 11px; padding: 14px 9px 2px; border-bottom: 0; letter-spacing: .06em; text-transform: uppercase; }
.good { color: var(--good); fill: var(--good); font-weight: 650; }
.bad { color: var(--bad); fill: var(--bad); font-weight: 650; }
.failed { color: var(--bad); white-space: normal; text-align: left; max-width: 320px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 20px; margin: 12px 0 0; font-size: 14px; }
dt { color: var(--muted); }
dd { margin: 0; overflow-wrap: anywhere; }
code { font: 12.5px ui-monospace, "SF Mono", Menlo, "Liberation Mono", monospace; }
ul { padding-left: 20px; margin: 6px 0; }
.warning { border-left: 3px solid var(--uring); padding-left: 12px; }
.legend { max-width: none; display: flex; flex-wrap: wrap; gap: 6px 20px; color: var(--muted); font-size: 13px; margin: 10px 0 0; }
.legend svg { display: inline-block; width: 22px; height: 12px; margin-right: 6px; vertical-align: -1px; }
details { margin-top: 6px; }
summary { cursor: pointer; color: var(--muted); font-size: 13px; }
.label { font-size: 12.5px; }
.value { font-weight: 620; font-variant-numeric: tabular-nums; }
.note, .tick, .axis-name, .absent { fill: var(--muted); font-size: 11.5px; font-variant-numeric: tabular-nums; }
.tick.strong { fill: var(--ink); font-weight: 620; }
.absent { font-style: italic; }
.panel { font-weight: 620; }
.halo { paint-order: stroke; stroke: var(--card); stroke-width: 4px; stroke-linejoin: round; }
.grid-line, line.grid { stroke: var(--faint); stroke-width: 1; }
line.axis { stroke: var(--muted); stroke-width: 1; }
line.one { stroke: var(--ink); stroke-width: 1.5; }
line.gate { stroke: var(--ink); stroke-width: 2.5; }
line.leader { stroke: var(--muted); stroke-width: .75; }
.stripe { fill: var(--stripe); }
.whisker { stroke: var(--ink); stroke-width: 1.25; opacity: .75; }
.c-epoll { --hue: var(--epoll); } .c-uring { --hue: var(--uring); } .c-peer { --hue: var(--peer); } .c-against { --hue: var(--against); }
.bar, .dot { fill: var(--hue); stroke: var(--hue); stroke-width: 1.5; }
.bar.bare { fill: color-mix(in srgb, var(--hue) 16%, var(--card)); }
.dot.bare, .dot.hollow { fill: var(--card); }
.whisker.c-epoll, .whisker.c-uring, .whisker.c-peer, .whisker.c-against { stroke: var(--hue); opacity: .8; }
.curve { fill: none; stroke: var(--hue); stroke-width: 2; stroke-linejoin: round; }
.curve.bare { stroke-dasharray: 5 4; stroke-width: 1.5; }
.ideal { fill: none; stroke: var(--muted); stroke-width: 1.25; stroke-dasharray: 1 4; stroke-linecap: round; }
text.value.c-epoll, text.value.c-uring, .series { fill: var(--hue); font-weight: 600; }
.series { font-size: 11.5px; }
@media print {
  :root { color-scheme: light; ${light} --page: #ffffff; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { font-size: 12px; }
  main { max-width: none; padding: 0; }
  h2 { break-after: avoid; margin-top: 28px; }
  tr, .tile { break-inside: avoid; }
  table { font-size: 10.5px; }
  th, td { padding: 4px 6px; }
  .wide { overflow: visible; }
}
`;
