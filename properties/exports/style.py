"""The style sheet: light and dark, narrow and wide."""

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #ffffff; --raised: #f6f8fa; --ink: #1b1f24; --faint: #57606a; --edge: #d0d7de;
  --bad: #b42318; --bad-paper: #fdecea; --good: #1a7f37; --good-paper: #e8f5ec;
  --bonded: #228833; --unbonding: #b8a22e; --rewards: #aa3377; --treasury: #33a6cc;
  --accounts: #4477aa; --burned: #ee6677;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #0f1419; --raised: #191f26; --ink: #e6e9ec; --faint: #9aa4ae; --edge: #343c45;
    --bad: #ff8f85; --bad-paper: #34191a; --good: #6fd68a; --good-paper: #14291b;
    --bonded: #3fa652; --unbonding: #ccbb44; --rewards: #cc5599; --treasury: #66ccee;
    --accounts: #6699cc; --burned: #ee6677;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
main { max-width: 68rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .75rem; }
h3, h4 { font-size: .8rem; margin: .9rem 0 .3rem; color: var(--faint); font-weight: 600; }
p { margin: .4rem 0; }
h1, h2, p, li, dd, td, summary { overflow-wrap: anywhere; }
code, .value { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
code, .value { font-size: .87em; }
.verdict { border-left: 5px solid var(--good); background: var(--good-paper); padding: 1rem; }
.verdict.broken { border-color: var(--bad); background: var(--bad-paper); }
.verdict .message { font-size: 1.1rem; font-weight: 600; color: var(--good); }
.verdict.broken .message { color: var(--bad); }
.faint, .facts dt, .small { color: var(--faint); }
.facts { display: grid; grid-template-columns: auto 1fr; gap: .15rem 1rem; margin: .8rem 0; }
.verdict .facts { margin-bottom: 0; }
.facts dd { margin: 0; min-width: 0; }

.chart { margin: 0; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; padding: 0;
  margin: 0 0 .6rem; font-size: .875rem; }
.swatch { display: inline-block; width: .8em; height: .8em; margin-right: .4em;
  background: var(--pot); }
.swatch.expected { height: 0; width: 1.3em; vertical-align: middle; background: none;
  border-top: 2px dashed var(--ink); }
.bonded { --pot: var(--bonded); } .unbonding { --pot: var(--unbonding); }
.rewards { --pot: var(--rewards); } .treasury { --pot: var(--treasury); }
.accounts { --pot: var(--accounts); } .burned { --pot: var(--burned); }
.frame { display: grid; grid-template-columns: 5.5rem 1fr; font-size: .75rem;
  color: var(--faint); row-gap: .3rem; }
.up-title { grid-column: 1; grid-row: 1; text-align: right; padding-right: .5rem; }
.up { grid-column: 1; grid-row: 2; position: relative; }
.up span { position: absolute; right: .5rem; transform: translateY(50%); white-space: nowrap; }
.plot { grid-column: 2; grid-row: 2; height: 17rem; }
.along { grid-column: 2; grid-row: 3; position: relative; height: 2.5em; }
.along span { position: absolute; transform: translateX(-50%); text-align: center;
  line-height: 1.2; }
.along small { display: block; font-size: inherit; }
.along-title { grid-column: 2; grid-row: 4; text-align: center; }
svg { display: block; width: 100%; height: 100%; overflow: visible; }
svg path { fill: var(--pot); }
svg .expected, svg .alone { fill: none; stroke: var(--ink); stroke-width: 2;
  vector-effect: non-scaling-stroke; }
svg .expected { stroke-dasharray: 5 4; }
svg .alone { stroke: var(--pot); }
svg .grid { stroke: var(--edge); stroke-width: 1; vector-effect: non-scaling-stroke; }
svg .bad { fill: var(--bad-paper); }
svg .reading { fill: transparent; }
svg .reading:hover { fill: var(--ink); fill-opacity: .08; }
svg .line { stroke: var(--accounts); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 1.5rem; }
.charts .plot { height: 11rem; }
figcaption { font-weight: 600; margin-bottom: .6rem; }
.failure { border: 1px solid var(--bad); border-radius: 6px; padding: .6rem .8rem;
  margin: .7rem 0; }
.failure > summary { cursor: pointer; overflow-wrap: anywhere; }
.votes svg { height: auto; overflow: visible; }
.votes .lane { fill: none; stroke: var(--edge); stroke-width: 2; }
.votes .arc { fill: none; stroke: var(--accounts); stroke-opacity: .75; }
.votes .checkpoint { fill: var(--paper); stroke: var(--faint); stroke-width: 1.5; }
.votes .justified { stroke: var(--ink); stroke-width: 4; }
.votes .final { fill: var(--ink); stroke: var(--ink); }
.votes text { fill: var(--ink); font-size: 14px; }
td.wide { width: 100%; }
td meter { max-width: none; }
.tree svg { height: auto; }
.tree .way { fill: none; stroke: var(--edge); stroke-width: 1.5; }
.tree .way.broken { stroke: var(--bad); stroke-width: 2.5; }
.tree circle { fill: var(--raised); stroke: var(--faint); }
.tree .broken circle { fill: var(--bad-paper); stroke: var(--bad); }
.tree text { fill: var(--ink); font-size: 12px; }
.tree text.inside { font-size: 9px; text-anchor: middle; }
meter { width: 100%; max-width: 20rem; display: block; }
.heat td, .heat th { padding: .4rem .6rem; text-align: center; border: 1px solid var(--edge); }
.heat td { background: color-mix(in srgb, var(--accounts) var(--heat, 0%), var(--paper)); }
.heat td.broken { outline: 2px solid var(--bad); outline-offset: -2px; }
.small { font-size: .8rem; margin: 1.2rem 0 .4rem; }
.row { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .6rem; }
.single { border: 1px solid var(--edge); border-radius: 6px; padding: .5rem .6rem;
  font-size: .8rem; min-width: 0; }
.single h4 { margin: 0 0 .3rem; color: var(--ink); }
.single svg { height: 2.2rem; }
.single p { margin: .3rem 0 0; line-height: 1.3; }
.gained { font-weight: 600; }

.scroll { overflow-x: auto; margin: .8rem 0; border: 1px solid var(--edge); border-radius: 6px; }
.scroll table { width: 100%; }
table { border-collapse: collapse; font-size: .85rem; }
caption { text-align: left; padding: .5rem .6rem; color: var(--faint); }
th, td { padding: .3rem .6rem; text-align: left; vertical-align: top;
  border-top: 1px solid var(--edge); }
.scroll th, .scroll td { white-space: nowrap; }
.pots tbody th { position: sticky; left: 0; background: var(--paper); }
thead th { color: var(--faint); font-weight: 600; border-top: 0; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.moved { font-weight: 700; }
.wrong { color: var(--bad); font-weight: 700; }

.step { border: 1px solid var(--edge); border-radius: 6px; margin: .7rem 0; }
.step.broken { border-color: var(--bad); }
.step summary { padding: .6rem .8rem; background: var(--raised); cursor: pointer;
  border-radius: 6px; }
.step .inside { padding: .2rem .8rem .8rem; }
.badge { display: inline-block; margin-left: .6rem; padding: 0 .5em; border-radius: 1em;
  border: 1px solid var(--edge); font-size: .75rem; color: var(--faint); }
.badge.bad { border-color: var(--bad); color: var(--bad); }
.step ul { margin: 0; padding-left: 1.2rem; }
.changes { width: 100%; table-layout: fixed; }
.changes th:first-child { width: 34%; }
.changes td { border-top: 1px solid var(--edge); }
footer { margin-top: 3rem; color: var(--faint); font-size: .85rem; }
@media (max-width: 40rem) {
  .frame { grid-template-columns: 4.6rem 1fr; }
  .along small { display: none; }
  .along { height: 1.4em; }
  .plot { height: 13rem; }
  .row { grid-template-columns: repeat(2, 1fr); }
  .charts { grid-template-columns: 1fr; }
  .changes thead { display: none; }
  .changes, .changes tbody, .changes tr, .changes td { display: block; }
  .changes td { border: 0; padding: .05rem 0 .05rem 1rem; }
  .changes td:first-child { padding: .4rem 0 0; font-weight: 600; border-top: 1px solid
    var(--edge); }
  .changes td[data-label]::before { content: attr(data-label) " "; color: var(--faint); }
}
"""
