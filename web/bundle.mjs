// Bundles the live page into one script, one style and one HTML file, and writes them as C++.
//
// Reason for arrays of numbers: a string literal of that length is beyond what the standard grants.
// usage: node bundle.mjs FOLDER; the result is FOLDER/embedded_page.cc

import * as fs from "node:fs";
import * as path from "node:path";
import { build } from "esbuild";

const here = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
const [folder] = process.argv.slice(2);
const licence = fs.readFileSync(path.join(here, "node_modules/uplot/LICENSE"), "utf8").trim();
// It stays with what is served.
const banner = `/* With uPlot:\n\n${licence}\n*/`;

async function bundled(entry, file) {
  const { metafile } = await build({
    metafile: true,
    absWorkingDir: here,
    entryPoints: [entry],
    outfile: path.join(folder, file),
    bundle: true,
    minify: true,
    charset: "utf8",
    banner: { js: banner, css: banner },
    format: "iife",
    target: ["es2022"],
    logLevel: "warning",
  });
  // For tools/sbom.py: whose code is in it.
  fs.writeFileSync(path.join(folder, `${file}.inputs.json`), JSON.stringify(Object.keys(metafile.inputs)));
  return fs.readFileSync(path.join(folder, file));
}

function definition(name, bytes) {
  // Signed: what a plain char is depends on the processor.
  const numbers = [];
  for (let begin = 0; begin < bytes.length; begin += 32) {
    numbers.push([...new Int8Array(bytes.subarray(begin, begin + 32))].join(","));
  }
  return (
    `namespace {\nconst signed char ${name}_bytes[]{${numbers.join(",\n")}};\n}\n` +
    `std::string_view embedded_${name}() { return {reinterpret_cast<const char*>(${name}_bytes), sizeof ${name}_bytes}; }\n`
  );
}

const text =
  '#include "cli/embedded_page.h"\n\nnamespace ddm::cli {\n' +
  definition("html", fs.readFileSync(path.join(here, "src/page.html"))) +
  definition("js", await bundled("src/main.ts", "page.js")) +
  definition("css", await bundled("src/page.css", "page.css")) +
  "}  // namespace ddm::cli\n";
fs.writeFileSync(path.join(folder, "embedded_page.cc"), text);
