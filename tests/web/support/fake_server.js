// TEST DOUBLE. A chat server of a few files, so that page and client can be tested where the real
// one is not built: the page of web/manifest.txt, and the fake chat behind /ws.
// Invariant: same flags and ports file as the real server, as far as the tests use them; with
// `--store sqlite:FILE` a restart knows all that was acknowledged.

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { FakeChat } from "./fake_chat.js";
import { readManifest } from "./manifest.js";

const kCsp =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
    "require-trusted-types-for 'script'; trusted-types 'none'";

const argument = (name) => process.argv[process.argv.indexOf(name) + 1];
const port = Number(argument("--listen").split(":")[1]);
const store = argument("--store")?.split("sqlite:")[1];
const files = readManifest();
const chat = new FakeChat();

function writeWhole(file, text) {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
}

if (store !== undefined) {
    if (existsSync(store)) chat.load(JSON.parse(readFileSync(store, "utf8")));
    chat.changed = () => writeWhole(store, JSON.stringify(chat.save()));
    chat.changed();
}

const server = createServer((request, response) => {
    const file = files.get(new URL(request.url ?? "/", "http://x").pathname);
    const headers = { "Content-Security-Policy": kCsp, "X-Content-Type-Options": "nosniff" };
    if (file === undefined) return response.writeHead(404, headers).end("not found");
    response.writeHead(200, { ...headers, "Content-Type": file.type }).end(readFileSync(file.file));
});

new WebSocketServer({ server, path: "/ws" }).on("connection", (socket) => {
    const connection = chat.connect((frame) => socket.send(JSON.stringify(frame)));
    socket.on("message", (data) => connection.receive(JSON.parse(String(data))));
    socket.on("close", () => connection.closed());
});

server.listen(port, "127.0.0.1", () => {
    const listen = [`127.0.0.1:${/** @type {any} */ (server.address()).port}`];
    writeWhole(argument("--ports-file"), JSON.stringify({ pid: process.pid, listen }));
});
