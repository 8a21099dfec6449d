// How the page looks: on a screen, light and dark, and on paper.
#pragma once

#include "report/status.h"
#include "summary/markup.h"

namespace ddm::summary {

inline constexpr literal html_style(R"css(
:root{color-scheme:light dark;--page:#f6f7f9;--paper:#fff;--ink:#1a2130;--soft:#566074;
--line:#d9dee7;
--head:#eef1f6;--go:#12703f;--go-wash:#e3f4ea;--sampled:#3f6d1a;--sampled-wash:#edf5df;
--wait:#8a5a00;
--wait-wash:#fff3d9;--no-go:#a81e2b;--no-go-wash:#fde7e9;--curve:#1d5fbf;--curve-soft:#8fb4e8}
@media (prefers-color-scheme:dark){:root{--page:#11151c;--paper:#191f29;--ink:#e7ebf2;
--soft:#a0abbf;
--line:#323b4b;--head:#222a37;--go:#67d69a;--go-wash:#143324;--sampled:#b2d676;
--sampled-wash:#27331a;
--wait:#f0bb55;--wait-wash:#382b12;--no-go:#ff8b94;--no-go-wash:#41191e;--curve:#7fb1ff;
--curve-soft:#3f649c}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,
"Segoe UI",
Roboto,"Noto Sans","DejaVu Sans",sans-serif;font-variant-numeric:tabular-nums}
main{max-width:60rem;margin:0 auto;padding:1.5rem 1rem 3rem}
h1{font-size:1.6rem;line-height:1.2;margin:0;overflow-wrap:anywhere}
h2{font-size:1.15rem;margin:0 0 .5rem}
h3{font-size:.95rem;margin:1.1rem 0 .35rem}
p{margin:.3rem 0}
.soft{color:var(--soft)}
.kicker{color:var(--soft);font-size:.8rem;letter-spacing:.06em;text-transform:uppercase;
margin:0 0 .2rem}
section,.verdict{background:var(--paper);border:1px solid var(--line);border-radius:8px;
padding:1rem 1.2rem;margin:1rem 0}
.verdict{border-left:10px solid;padding:1.1rem 1.4rem}
.verdict .word{font-size:2.3rem;font-weight:750;line-height:1.1;margin:0}
.verdict .standing{font-size:1.1rem;margin:.15rem 0 .6rem}
.verdict.go{border-left-color:var(--go);background:var(--go-wash)}.verdict.go .word{color:var(--go)}
.verdict.sampled{border-left-color:var(--sampled);background:var(--sampled-wash)}
.verdict.sampled .word{color:var(--sampled)}
.verdict.wait{border-left-color:var(--wait);background:var(--wait-wash)}
.verdict.wait .word{color:var(--wait)}
.verdict.no-go{border-left-color:var(--no-go);background:var(--no-go-wash)}
.verdict.no-go .word{color:var(--no-go)}
ul{margin:.3rem 0;padding-left:1.2rem}li{margin:.2rem 0;overflow-wrap:anywhere}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(12.5rem,1fr));gap:.7rem;
margin:1rem 0}
.figures div{background:var(--paper);border:1px solid var(--line);border-radius:8px;
padding:.6rem .8rem}
.figures dt{color:var(--soft);font-size:.82rem}
.figures dd{margin:0;font-weight:650;overflow-wrap:anywhere}
dl.facts{display:grid;grid-template-columns:minmax(8rem,max-content) 1fr;gap:.25rem 1.2rem;
margin:.4rem 0}
dl.facts div{display:contents}dl.facts dt{color:var(--soft)}
dl.facts dd{margin:0;overflow-wrap:anywhere}
.good{color:var(--go)}.warning{color:var(--wait)}.bad{color:var(--no-go)}
.warning::before{content:"\26A0\FE0E\00A0"}.bad::before{content:"\2715\00A0"}
.good::before{content:"\2713\00A0"}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;vertical-align:top;padding:.32rem .7rem .32rem 0;
border-bottom:1px solid var(--line);
overflow-wrap:anywhere}
th{color:var(--soft);font-weight:600}
th{overflow-wrap:normal}
td:first-child,td.when{white-space:nowrap}td.name{white-space:normal;font-weight:650}
td.name span{font-weight:400;font-size:.85em}
strong.go{color:var(--go)}strong.sampled{color:var(--sampled)}strong.wait{color:var(--wait)}
strong.no-go{color:var(--no-go)}
code{font:.85em/1.4 ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;background:var(--head);
padding:.1rem .3rem;border-radius:4px;overflow-wrap:anywhere}
svg{display:block;width:100%;height:auto;margin:.2rem 0}
svg text{fill:var(--soft);font-size:11px}
.grid{stroke:var(--line);fill:none}
.curve{fill:none;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}
.first{stroke:var(--curve-soft)}.second{stroke:var(--curve)}.alone{stroke:var(--no-go)}
.legend i{display:inline-block;width:1.1rem;height:.25rem;border-radius:2px;
margin:0 .35rem .2rem .9rem}
.legend i:first-child{margin-left:0}
.legend .first{background:var(--curve-soft)}.legend .second{background:var(--curve)}
.legend .alone{background:var(--no-go)}
.legend .go{background:var(--go)}.legend .sampled{background:var(--sampled)}
.legend .wait{background:var(--wait)}
.legend .no-go{background:var(--no-go)}
rect.go{fill:var(--go)}rect.sampled{fill:var(--sampled)}rect.wait{fill:var(--wait)}
rect.no-go{fill:var(--no-go)}
.legend{font-size:.85rem;color:var(--soft);margin:.1rem 0 .4rem}
.sign{display:none}
footer{color:var(--soft);font-size:.85rem;margin-top:1.5rem}
@media (max-width:36rem){dl.facts{grid-template-columns:1fr;gap:0}dl.facts dd{margin-bottom:.4rem}}
@page{size:A4;margin:16mm 14mm}
@media print{:root{color-scheme:light;--page:#fff;--paper:#fff;--ink:#000;--soft:#444;--line:#bbb;
--head:#f2f2f2;
--go:#0b5a31;--go-wash:#fff;--sampled:#33590f;--sampled-wash:#fff;--wait:#7a4e00;--wait-wash:#fff;
--no-go:#96121f;--no-go-wash:#fff;--curve:#0b4ea2;--curve-soft:#7fa6db}
body{font-size:10pt}main{max-width:none;padding:0}
section,.verdict,.figures div{border-radius:0;break-inside:avoid}
section{padding:.6rem 0;border-width:1px 0 0}section.long{break-inside:auto}
.figures{grid-template-columns:repeat(4,1fr)}
h2,h3{break-after:avoid}tr,svg,li{break-inside:avoid}thead{display:table-header-group}
.migration+.migration{break-before:page}
.verdict,rect,.legend i{-webkit-print-color-adjust:exact;print-color-adjust:exact}
.sign{display:block}.sign td{height:2.6rem}}
)css");

/// The class of what has a verdict's colour.
[[nodiscard]] constexpr literal verdict_class(report::verdict_kind verdict) {
  switch (verdict) {
    case report::verdict_kind::go:
      return "go";
    case report::verdict_kind::go_sampled:
      return "sampled";
    case report::verdict_kind::no_go:
      return "no-go";
    case report::verdict_kind::wait:
      break;
  }
  return "wait";
}

}  // namespace ddm::summary
