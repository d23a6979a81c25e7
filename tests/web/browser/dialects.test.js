// The pages of the tutorials that this project began from, as such tutorials have them: one that shakes
// hands, logs in and shows who is there, one that sends bare text. They are opened from disk and from a
// web server of their own; nothing of them knows stentor.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { User } from "../support/browser.js";

const kProgram =
    process.env.STENTOR_BIN ??
    fileURLToPath(new URL("../../../build/release/stentor", import.meta.url));
const kFake = process.env.STENTOR_FAKE === "1";

/** @param {number} port @param {string} name */
const chatRoom = (port, name) => `<!doctype html><meta charset="utf-8"><title>chat</title>
<div id="msg_list"></div><div id="user_num"></div><ul id="user_list"></ul>
<input id="msg_box"><button id="send" onclick="send()">send</button>
<script>
var uname = ${JSON.stringify(name)};
var ws = new WebSocket("ws://127.0.0.1:${port}");
ws.onopen = function () { list("system", "connected"); };
ws.onmessage = function (e) {
    var msg = JSON.parse(e.data);
    switch (msg.type) {
        case "system": list("system", msg.content); return;
        case "user": list(msg.from, msg.content); return;
        case "handshake":
            ws.send(JSON.stringify({ type: "login", content: uname }));
            return;
        case "login": case "logout":
            document.getElementById("user_num").innerHTML = msg.user_list.length;
            document.getElementById("user_list").innerHTML =
                msg.user_list.map(function (n) { return "<li>" + n + "</li>"; }).join("");
            list("system", msg.content + " " + msg.type);
            return;
    }
};
function list(who, text) {
    var p = document.createElement("p");
    p.innerHTML = "<b>" + who + "</b>: " + text;
    document.getElementById("msg_list").appendChild(p);
}
function send() {
    var box = document.getElementById("msg_box");
    ws.send(JSON.stringify({ type: "user", content: box.value }));
    box.value = "";
}
</script>`;

/** @param {number} port */
const bareText = (port) => `<!doctype html><meta charset="utf-8"><title>echo</title><pre id="log"></pre>
<script>
var socket = new WebSocket("ws://127.0.0.1:${port}");
socket.onopen = function () { socket.send("msg=hello"); };
socket.onmessage = function (e) { document.getElementById("log").textContent += e.data + "\\n"; };
</script>`;

class Host {
    folder = mkdtempSync(join(tmpdir(), "stentor-dialects-"));

    /** @param {string} dialect */
    async start(dialect) {
        const portsFile = join(this.folder, "ports.json");
        const flags = ["--listen", "127.0.0.1:0", "--store", "memory", "--reactors", "2"];
        const more = ["--root-dialect", dialect, "--ports-file", portsFile];
        this.child = spawn(kProgram, [...flags, ...more], { stdio: ["ignore", "pipe", "inherit"] });
        await new Promise((ready) => this.child?.stdout?.once("data", ready));
        const [address] = JSON.parse(readFileSync(portsFile, "utf8")).listen;
        this.port = Number(address.split(":").at(-1));
        /** @type {string} */
        this.html = "";
        this.web = createServer((_, answer) => {
            answer.setHeader("content-type", "text/html; charset=utf-8");
            answer.end(this.html);
        });
        await new Promise((ready) => this.web?.listen(0, "localhost", () => ready(null)));
    }

    /** Where the page can be opened. @param {string} html @returns {[string, string][]} */
    serve(html) {
        this.html = html;
        const file = join(this.folder, "page.html");
        writeFileSync(file, html);
        const at = /** @type {import("node:net").AddressInfo} */ (this.web?.address());
        return [
            ["from disk", pathToFileURL(file).href],
            ["from http://localhost", `http://localhost:${at.port}/`],
        ];
    }

    async stop() {
        const ended = new Promise((done) => this.child?.once("exit", done));
        this.child?.kill("SIGTERM");
        assert.equal(await ended, 0);
        this.web?.close();
        this.web?.closeAllConnections();
        rmSync(this.folder, { recursive: true, force: true });
    }
}

/** @param {User} user @param {string} selector @param {string} text */
const sees = (user, selector, text) =>
    user.page.locator(selector, { hasText: text }).first().waitFor({ state: "attached" });

describe("the tutorials' pages", { skip: kFake }, () => {
    /** @type {User[]} */
    let users;
    before(async () => {
        users = await Promise.all([User.open(), User.open()]);
    });
    after(() => Promise.all(users.map((user) => user.close())));

    test("a chat room with a handshake, a login and a list of users", async () => {
        const host = new Host();
        await host.start("classic");
        for (const [i, place] of ["from disk", "from http://localhost"].entries()) {
            const [ann, bob] = users;
            const names = [`ann${i}`, `bob${i}`];  // a name is held for a while for who had it
            const port = host.port ?? 0;
            await ann.page.goto(host.serve(chatRoom(port, names[0]))[i][1]);
            await sees(ann, "#user_list li", names[0]);
            await bob.page.goto(host.serve(chatRoom(port, names[1]))[1][1]);
            await sees(ann, "#user_list li", names[1]);
            await sees(bob, "#user_list li", names[0]);
            assert.equal(await ann.page.textContent("#user_num"), "2", place);
            await bob.page.fill("#msg_box", "<img src=x onerror=alert(1)> hi");
            await bob.page.click("#send");
            for (const user of users) {
                await sees(user, "#msg_list p", `${names[1]}: <img src=x onerror=alert(1)> hi`);
                assert.equal(await user.page.locator("#msg_list img").count(), 0);
            }
            await bob.page.goto("about:blank");
            await sees(ann, "#msg_list p", `${names[1]} logout`);
            assert.equal(await ann.page.textContent("#user_num"), "1", place);
            await ann.page.goto("about:blank");
        }
        for (const user of users) assert.deepEqual(user.troubles, []);
        await host.stop();
    });

    test("bare text goes out and whatever comes back is shown", async () => {
        const host = new Host();
        await host.start("plain");
        for (const [where, address] of host.serve(bareText(host.port ?? 0))) {
            const [user] = users;
            await user.page.goto(address);
            await sees(user, "#log", "msg=hello");
            assert.match((await user.page.textContent("#log")) ?? "", /^guest-\w+: msg=hello\n$/, where);
            await user.page.goto("about:blank");
        }
        assert.deepEqual(users[0].troubles, []);
        await host.stop();
    });
});
