// Bundles the tests with what they test, and runs them. usage: node run.mjs WEB-FOLDER BUILD-FOLDER

import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [web, folder] = process.argv.slice(2).map((each) => path.resolve(each));
const { build } = createRequire(path.join(web, "package.json"))("esbuild");
const outfile = path.join(folder, "functions_test.mjs");
await build({
  entryPoints: [path.join(path.dirname(process.argv[1]), "functions_test.ts")],
  outfile,
  bundle: true,
  format: "esm",
  platform: "node",
  logLevel: "warning",
  alias: { page: path.join(web, "src") },
});
await import(pathToFileURL(outfile).href);
