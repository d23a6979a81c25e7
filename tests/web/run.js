// `npm test`: the types of page, client and tests; then unit tests and browser scenarios, with the
// totals last. Environment: support/server.js (STENTOR_BIN, STENTOR_FAKE), SCREENSHOTS, CHROMIUM.
// Invariant: ends with 0 only if everything passed. Arguments choose test files: `npm test
// talking`.

import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL("./", import.meta.url));
const run = (...args) =>
    spawnSync(process.execPath, args, { cwd: here, stdio: "inherit" }).status === 0;

const wanted = process.argv.slice(2);
const files = ["unit", "browser"]
    .flatMap((folder) => readdirSync(here + folder).map((file) => `${folder}/${file}`))
    .filter((file) => wanted.length === 0 || wanted.some((word) => file.includes(word)));

const tsc = "node_modules/typescript/bin/tsc";
const typed = run(tsc, "-p", "../../web/tsconfig.json") && run(tsc, "-p", "tsconfig.json");
if (!typed) console.error("the types do not fit, see above");
const passed = typed && run("--test", "--test-reporter=spec", ...files);
process.exit(passed ? 0 : 1);
