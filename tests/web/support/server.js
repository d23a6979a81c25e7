// Starts and ends the server under test: $STENTOR_BIN, or the test double when STENTOR_FAKE=1.
// Invariant: only processes started here are ended; each is, at the latest with `stop`.

import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import { StentorClient } from "../../../web/client/index.js";

const fromHere = (path) => fileURLToPath(new URL(path, import.meta.url));
const kStartTimeoutMs = 20_000;

const kBinary = process.env.STENTOR_BIN ?? fromHere("../../../build/release/stentor");

/** @param {boolean} fake @returns {string[]} */
function command(fake) {
    return fake ? [process.execPath, fromHere("fake_server.js")] : [kBinary];
}

/** A certificate of its own for 127.0.0.1, in two files. @param {string} folder */
function certificate(folder) {
    const [cert, key] = ["cert.pem", "key.pem"].map((file) => join(folder, file));
    const made = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    const named = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
    const files = ["-keyout", key, "-out", cert];
    execFileSync("openssl", ["req", ...made, ...named, "-days", "2", ...files], { stdio: "pipe" });
    return ["--tls-cert", cert, "--tls-key", key];
}

/** `durable`: a restart knows all. @typedef {{tls?: boolean, durable?: boolean, fake?: boolean}}
 * ServerOptions */

export class Server {
    #folder = mkdtempSync(join(tmpdir(), "stentor-web-"));
    /** @type {import("node:child_process").ChildProcess | null} */
    #child = null;
    #output = "";
    port = 0;
    #tls;
    #store;

    #command;

    /** @param {ServerOptions} [options] */
    constructor({ tls = false, durable = false, fake = process.env.STENTOR_FAKE === "1" } = {}) {
        this.#command = command(fake);
        this.#store = durable ? "sqlite:chat.db" : "memory";
        this.#tls = tls ? certificate(this.#folder) : [];
    }

    /** @returns {string} */
    get address() {
        return `${this.#tls.length > 0 ? "https" : "http"}://127.0.0.1:${this.port}/`;
    }

    /** The first time on a free port, later on the same. */
    async start() {
        const portsFile = join(this.#folder, "ports.json");
        rmSync(portsFile, { force: true });
        const [program, ...first] = this.#command;
        const listen = `${this.#tls.length > 0 ? "tls:" : ""}127.0.0.1:${this.port}`;
        const flags = ["--listen", listen, ...this.#tls, "--ports-file", portsFile];
        // No limit of pace: a test that floods a room is about the page.
        const rest = ["--store", this.#store, "--send-rate", "0"];
        const child = spawn(program, [...first, ...flags, ...rest], {
            cwd: this.#folder,
            stdio: ["ignore", "pipe", "pipe"],
        });
        this.#child = child;
        child.stdout.on("data", (data) => (this.#output += data));
        child.stderr.on("data", (data) => (this.#output += data));
        let failed = "";
        child.on("error", (error) => (failed = error.message));
        const deadline = Date.now() + kStartTimeoutMs;
        while (!existsSync(portsFile)) {
            if (failed || child.exitCode !== null || Date.now() > deadline) {
                throw new Error(`the server did not start: ${failed}\n${this.#output}`);
            }
            await new Promise((resolve) => setTimeout(resolve, 20));
        }
        this.port = Number(JSON.parse(readFileSync(portsFile, "utf8")).listen[0].split(":").pop());
    }

    /** As if the machine had lost it. */
    async kill() {
        const child = this.#child;
        if (child === null || child.exitCode !== null || child.signalCode !== null) return;
        const ended = new Promise((resolve) => child.once("exit", resolve));
        child.kill("SIGKILL");
        await ended;
    }

    async stop() {
        await this.kill();
        rmSync(this.#folder, { recursive: true, force: true });
    }
}

/** @returns {Promise<boolean>} the real server is here, and knows what the newest client asks */
export async function speaksEveryVerb() {
    if (process.env.STENTOR_FAKE === "1" || !existsSync(kBinary)) return false;
    const server = new Server({ durable: true, fake: false });
    try {
        await server.start();
        const client = new StentorClient({
            url: `${server.address.replace("http", "ws")}ws`,
            webSocketImpl: /** @type {any} */ (WebSocket),
        });
        client.connect();
        await new Promise((resolve) => client.on("identity", resolve));
        return await client
            .rooms()
            .then(
                () => true,
                () => false,
            )
            .finally(() => client.close());
    } catch {
        return false;
    } finally {
        await server.stop();
    }
}
