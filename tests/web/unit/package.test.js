// The client as a package: packed, installed into a project that has nothing else, used from Node
// and by the TypeScript compiler.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync } from "node:fs";
import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Server, speaksEveryVerb } from "../support/server.js";

const fromHere = (path) => fileURLToPath(new URL(path, import.meta.url));
const kClient = fromHere("../../../web/client/");
const kModules = fromHere("../node_modules/");
const kTsc = join(kModules, "typescript/bin/tsc");
let folder = "";

function run(program, args, cwd) {
    try {
        return execFileSync(program, args, { cwd, encoding: "utf8", stdio: "pipe" });
    } catch (error) {
        const { stdout = "", stderr = "", message } = /** @type {any} */ (error);
        throw new Error(`${message}\n${stdout}${stderr}`);
    }
}

before(() => {
    folder = mkdtempSync(join(tmpdir(), "stentor-package-"));
    run("npm", ["pack", "--silent", "--pack-destination", folder], kClient);
    const [tarball] = readdirSync(folder).filter((file) => file.endsWith(".tgz"));
    const manifest = { name: "scratch", private: true, type: "module" };
    writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
    run("npm", ["install", "--offline", "--no-audit", "--no-fund", `./${tarball}`], folder);
    mkdirSync(join(folder, "node_modules/@types"), { recursive: true });
    for (const name of ["ws", "@types/ws", "@types/node", "undici-types"])
        symlinkSync(join(kModules, name), join(folder, "node_modules", name));
    cpSync(fromHere("../support/packed/"), folder, { recursive: true });
});

after(() => rmSync(folder, { recursive: true, force: true }));

test("ProgramCompilesAgainstTheDeclarations", () => {
    const options = ["--strict", "--noEmit", "--module", "nodenext", "--target", "es2022"];
    const installed = join(folder, "node_modules/stentor-client/types/index.d.ts");
    assert.ok(existsSync(installed));
    run(process.execPath, [kTsc, ...options, "--types", "node", "typed.ts"], folder);
});

test("DeclarationsAreThoseOfTheSource", () => {
    const fresh = join(folder, "fresh");
    run(process.execPath, [kTsc, "-p", kClient, "--outDir", fresh], folder);
    const kept = join(kClient, "types");
    const hint = "run `npm run types` in tests/web";
    assert.deepEqual(readdirSync(kept).sort(), readdirSync(fresh).sort(), hint);
    for (const file of readdirSync(fresh)) {
        const [old, now] = [kept, fresh].map((from) => readFileSync(join(from, file), "utf8"));
        assert.equal(old, now, `${file}: ${hint}`);
    }
});

/** Two people talk over it; the server ends meanwhile and comes back. @param {Server} server */
async function talkAt(server) {
    try {
        await server.start();
        const url = `${server.address.replace("http", "ws")}ws`;
        const child = spawn(process.execPath, ["talk.mjs", url], { cwd: folder });
        let output = "";
        const heard = async (data) => {
            output += data;
            if (!String(data).includes("restart")) return;
            await server.kill();
            await server.start();
        };
        child.stdout.on("data", heard);
        child.stderr.on("data", (data) => (output += data));
        const code = await new Promise((resolve) => child.once("exit", resolve));
        assert.deepEqual([code, output], [0, "restart\ndone\n"]);
    } finally {
        await server.stop();
    }
}

test("TwoPeopleTalkOverTheInstalledPackage", { timeout: 60_000 }, async () => {
    await talkAt(new Server({ fake: true, durable: true }));
});

test("TwoPeopleTalkOverTheInstalledPackageAtTheRealServer", { timeout: 60_000 }, async (t) => {
    if (!(await speaksEveryVerb())) return t.skip("no server here that speaks every verb");
    await talkAt(new Server({ durable: true }));
});
