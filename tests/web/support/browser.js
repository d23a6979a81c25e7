// Debian's Chromium, with a fresh profile for each user, and the page driven as a person would.
// Invariant: an error in the console, an uncaught exception or a violation of the content security
// policy is remembered in `troubles`, and the test that opened the page asserts that there is none.

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

/** Of the page's WebSocket, for `routeWebSocket`: a room may stand behind it. */
export const kServerUrl = /\/ws(\?|$)/;

const kArguments = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/** @typedef {import("playwright-core").BrowserContextOptions} Options */

export class User {
    /** @type {string[]} */
    troubles = [];
    /** Troubles that a test brings about itself: a server that is gone cannot be connected to. */
    expected = /^$/;
    #folder;

    /** @param {import("playwright-core").BrowserContext} context @param {string} folder */
    constructor(context, folder) {
        this.context = context;
        this.#folder = folder;
        this.page = context.pages()[0];
        this.page.on("console", (message) => {
            if (message.type() === "error") this.#trouble(message.text());
        });
        this.page.on("pageerror", (error) => this.#trouble(String(error)));
    }

    /** @param {Options & {bypassCSP?: boolean}} [options] @returns {Promise<User>} */
    static async open(options = {}) {
        const folder = mkdtempSync(join(tmpdir(), "stentor-profile-"));
        const context = await chromium.launchPersistentContext(folder, {
            executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
            headless: true,
            args: kArguments,
            viewport: { width: 1280, height: 800 },
            ...options,
        });
        context.setDefaultTimeout(15_000);
        const user = new User(context, folder);
        await user.page.exposeFunction("reportViolation", (what) => user.#trouble(what));
        await user.page.addInitScript(() => {
            document.addEventListener("securitypolicyviolation", (event) => {
                /** @type {any} */ (window).reportViolation(
                    `policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`,
                );
            });
        });
        return user;
    }

    /** @param {string} text */
    #trouble(text) {
        if (!this.expected.test(text)) this.troubles.push(text);
    }

    /** @param {string} address @param {string} name @param {string} [room] */
    async enter(address, name, room = "lobby") {
        await this.page.goto(address);
        await this.page.fill("#login-name", name);
        await this.page.fill("#login-room", room);
        await this.page.click("#login-submit");
        await this.page.waitForSelector(".people-list .you", { state: "attached" });
    }

    /** @param {string} text */
    async say(text) {
        await this.page.fill("#text", text);
        await this.page.press("#text", "Enter");
    }

    /** @returns {Promise<string[]>} the texts that stand in the timeline, in order */
    texts() {
        return this.page.locator(".message .text").allTextContents();
    }

    /** @param {string} text */
    async sees(text) {
        await this.page.locator(".message.sent .text", { hasText: text }).first().waitFor();
    }

    /** @param {string} name */
    async shoot(name) {
        const folder = process.env.SCREENSHOTS;
        if (!folder) return;
        mkdirSync(folder, { recursive: true });
        await this.page.screenshot({ path: join(folder, `${name}.png`) });
    }

    async close() {
        await this.context.close();
        rmSync(this.#folder, { recursive: true, force: true });
    }
}
