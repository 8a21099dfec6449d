// Bundles the tests with what they test, and runs them one after another. usage: node run.mjs WEB-FOLDER BUILD-FOLDER

import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [web, folder] = process.argv.slice(2).map((each) => path.resolve(each));
const { build } = createRequire(path.join(web, "package.json"))("esbuild");
const tests = ["functions_test", "overview_test", "parts_test"];
await build({
  entryPoints: tests.map((each) => path.join(path.dirname(process.argv[1]), `${each}.ts`)),
  outdir: folder,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  format: "esm",
  platform: "node",
  logLevel: "warning",
  alias: { page: path.join(web, "src") },
});
for (const each of tests) {
  await import(pathToFileURL(path.join(folder, `${each}.mjs`)).href);
}
