// The page for everybody: axe, both themes, 360 to 1280 pixels, the keyboard alone.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { scenario } from "../support/scenario.js";
import { kHostile } from "../support/hostile.js";
import { react, row, tool } from "../support/rows.js";

const axeSource = readFileSync(
    createRequire(import.meta.url).resolve("axe-core/axe.min.js"),
    "utf8",
);
const kShapes = [
    { width: 360, height: 740 },
    { width: 768, height: 900 },
    { width: 1280, height: 800 },
];

/** @param {import("../support/browser.js").User} user @param {string} what */
async function assertSound(user, what) {
    const violations = await user.page.evaluate(async () => {
        const results = await /** @type {any} */ (window).axe.run(document, {
            runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
        });
        return results.violations.map(
            ({ id, nodes }) =>
                `${id}: ${nodes.map((node) => node.html + node.failureSummary).join(" | ")}`,
        );
    });
    assert.deepEqual(violations, [], what);
    const wide = await user.page.evaluate(() => {
        const bad = [];
        for (const element of document.querySelectorAll(
            "html, body, #timeline, #rooms, .main, .top",
        )) {
            if (element.scrollWidth > element.clientWidth)
                bad.push(element.id || element.className);
        }
        for (const text of document.querySelectorAll(".text, header .name")) {
            if (text.closest("#timeline") && text.scrollWidth > text.clientWidth + 1) {
                if (text.clientWidth > 1) bad.push(`cut: ${text.textContent?.slice(0, 20)}`);
            }
        }
        for (const row of document.querySelectorAll("#messages li, #messages article, .composer")) {
            const { left, right } = row.getBoundingClientRect();
            if (left < -1 || right > window.innerWidth + 1) bad.push(row.textContent?.slice(0, 20));
        }
        return bad;
    });
    assert.deepEqual(wide, [], `${what}: overflows`);
}

scenario("AxeFindsNothingAndNothingOverflows", async ({ server, open }) => {
    const bob = await open();
    await bob.enter(server.address, "Wilhelmina-Featherstonehaugh_III");
    for (const text of kHostile) await bob.say(text);
    await bob.say(`@ann look: http://localhost/\n${"line\n".repeat(40)}end`);
    await bob.say("short");
    await react(bob, "short", "Thumbs up");
    await tool(bob, "short", "Reply");
    await bob.say("an answer");
    for (const viewport of kShapes) {
        for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
            const what = `${viewport.width}-${colorScheme}`;
            const ann = await open({ viewport, colorScheme, bypassCSP: true });
            await ann.page.addInitScript(axeSource);
            await ann.page.goto(server.address);
            await ann.page.locator("#login").waitFor();
            await ann.shoot(`login-${what}`);
            await assertSound(ann, `login ${what}`);
            await ann.enter(server.address, `ann-${what}`, "lobby");
            await ann.say("mine");
            await ann.say("W".repeat(400));
            await ann.page.locator(".mine.sent").nth(1).waitFor();
            await ann.page.evaluate(() =>
                document.querySelector(".message.for-me")?.scrollIntoView(),
            );
            await ann.shoot(`chat-${what}`);
            await assertSound(ann, `chat ${what}`);
            await ann.page.locator("#me").evaluate((/** @type {HTMLElement} */ me) => me.click());
            await ann.page.locator("#name-dialog").waitFor();
            await ann.shoot(`dialog-${what}`);
            await assertSound(ann, `dialog ${what}`);
            await ann.page.keyboard.press("Escape");
            if (viewport.width < 640) {
                await ann.page.click("#show-rooms");
                await ann.shoot(`rooms-${what}`);
                await assertSound(ann, `rooms ${what}`);
                await ann.page.keyboard.press("Escape");
            }
            await ann.close();
        }
    }
});

scenario("AxeFindsNothingInWhatIsDoneWithMessages", async ({ server, open }) => {
    const bob = await open();
    await bob.enter(server.address, "bob");
    await bob.say("W".repeat(300));
    for (const viewport of kShapes) {
        for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
            const what = `${viewport.width}-${colorScheme}`;
            const touch = viewport.width < 640;
            const pointer = touch ? "tap" : "hover";
            const ann = await open({ viewport, colorScheme, hasTouch: touch, bypassCSP: true });
            await ann.page.addInitScript(axeSource);
            await ann.enter(server.address, `ann-${what}`, "lobby");
            await bob.say(`@ann-${what} here?`);
            await bob.say(`/msg ann-${what} psst`);
            await bob.page.locator("#room-name", { hasText: what }).waitFor();
            await bob.page.locator("#room-list a").click();
            await bob.page.locator("#room-name", { hasText: "lobby" }).waitFor();
            await ann.say("taken back");
            await row(ann, "taken back").and(ann.page.locator(".sent")).waitFor();
            await tool(ann, `@ann-${what}`, "React", pointer);
            await ann.shoot(`tools-${what}`);
            await assertSound(ann, `tools ${what}`);
            await ann.page.getByRole("button", { name: "Party", exact: true }).click();
            await row(ann, `@ann-${what}`).locator(".chip").waitFor();
            await tool(ann, `@ann-${what}`, "Reply", pointer);
            await ann.page.locator("#text").pressSequentially("an answer to @b");
            await ann.page.getByRole("option").first().waitFor();
            await ann.shoot(`names-${what}`);
            await assertSound(ann, `names ${what}`);
            await ann.page.keyboard.press("Enter");
            await ann.page.keyboard.press("Enter");
            await row(ann, "an answer").locator(".quote").waitFor();
            await tool(ann, "taken back", "Delete", pointer);
            await ann.page.locator("#delete-dialog").waitFor();
            await ann.shoot(`delete-${what}`);
            await assertSound(ann, `delete ${what}`);
            await ann.page.locator("#delete-form .primary").click();
            await ann.page.locator(".mine .text.deleted").first().waitFor();
            if (touch) await ann.page.click("#show-rooms");
            await ann.page.locator("#direct-list a").click();
            await ann.sees("psst");
            await ann.shoot(`direct-${what}`);
            await assertSound(ann, `direct ${what}`);
            await ann.close();
        }
    }
});

scenario("KeyboardAloneSuffices", async ({ server, open }) => {
    const [ann, bob] = await Promise.all([open(), open()]);
    await bob.enter(server.address, "bob", "garden");
    const { keyboard } = ann.page;
    const focused = () => ann.page.evaluate(() => document.activeElement?.id ?? "");
    /** @param {string} id @param {string} [key] */
    const walkTo = async (id, key = "Tab") => {
        for (let steps = 0; (await focused()) !== id; steps += 1) {
            assert.ok(steps < 40, `${id} cannot be reached`);
            await keyboard.press(key);
        }
    };
    await ann.page.goto(server.address);
    await walkTo("login-name");
    await keyboard.type("ann");
    await keyboard.press("Enter");
    await ann.page.locator("#room-name", { hasText: "lobby" }).waitFor();
    await walkTo("join-room", "Shift+Tab");
    await keyboard.type("garden");
    await keyboard.press("Enter");
    await ann.page.locator("#room-name", { hasText: "garden" }).waitFor();
    await walkTo("text");
    await keyboard.type("by keys alone");
    await keyboard.press("Enter");
    await bob.sees("by keys alone");
    // What others say does not take the focus away.
    await bob.say("seen");
    await ann.sees("seen");
    assert.equal(await focused(), "text");
    await walkTo("timeline", "Shift+Tab");
    await walkTo("theme", "Shift+Tab");
    await keyboard.press("Enter");
    assert.equal(await ann.page.locator("html").getAttribute("data-theme"), "dark");
    await ann.page.reload();
    assert.equal(await ann.page.locator("html").getAttribute("data-theme"), "dark");
});

scenario("DrawersOpenCloseAndGiveTheFocusBack", async ({ server, open }) => {
    const ann = await open({ viewport: { width: 360, height: 740 } });
    await ann.enter(server.address, "ann");
    assert.equal(await ann.page.locator("#rooms").isVisible(), false);
    await ann.page.click("#show-rooms");
    assert.equal(await ann.page.locator("#rooms").isVisible(), true);
    await ann.page.keyboard.press("Escape");
    assert.equal(await ann.page.locator("#rooms").isVisible(), false);
    assert.equal(await ann.page.evaluate(() => document.activeElement?.id), "show-rooms");
    await ann.page.click("#show-people");
    await ann.page.locator("#people .you").waitFor();
    await ann.page.mouse.click(20, 400);
    assert.equal(await ann.page.locator("#people").isVisible(), false);
});

scenario("ShortcutsReachRoomsAndPartsOfThePage", async ({ server, open }) => {
    const ann = await open();
    await ann.enter(server.address, "ann", "garden");
    const { keyboard } = ann.page;
    await keyboard.press("Control+k");
    await ann.page.locator("#join-room:focus").waitFor();
    await keyboard.type("lobby");
    await keyboard.press("Enter");
    await ann.page.locator("#room-name", { hasText: "lobby" }).waitFor();
    await keyboard.press("Alt+ArrowUp");
    await ann.page.locator("#room-name", { hasText: "garden" }).waitFor();
    await ann.page.focus("#text");
    for (const part of ["#people", "#rooms", "#timeline", "#composer"]) {
        await keyboard.press("F6");
        await ann.page.locator(`${part}:focus, ${part} :focus`).waitFor();
    }
    // On a narrow screen the rooms are in a drawer, which opens.
    await ann.page.setViewportSize({ width: 360, height: 740 });
    await keyboard.press("Control+k");
    await ann.page.locator("#rooms.open #join-room:focus").waitFor();
    await keyboard.press("Escape");
    await ann.page.locator("#rooms").waitFor({ state: "hidden" });
});
