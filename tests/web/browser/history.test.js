// Looking back: earlier messages while scrolling up, answers to what is far back, and what is unread
// when one comes again.
import assert from "node:assert/strict";
import { row } from "../support/rows.js";
import { scenario } from "../support/scenario.js";

/** @param {number} count @returns {string[]} */
const lines = (count) => Array.from({ length: count }, (_, i) => `line ${i + 1}`);

/**
 * Scrolls near the top and waits for more; says where the first message in sight was and is.
 * @param {import("../support/browser.js").User} user @param {number} scrollTop
 */
async function scrollUp(user, scrollTop) {
    return user.page.evaluate(async (top) => {
        const region = /** @type {HTMLElement} */ (document.querySelector("#timeline"));
        const rows = () =>
            /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".message")]);
        const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
        /** @param {HTMLElement} one */
        const offset = (one) =>
            Math.round(one.getBoundingClientRect().top - region.getBoundingClientRect().top);
        region.scrollTop = top;
        const count = rows().length;
        const first = rows().find((one) => offset(one) + one.offsetHeight > 0);
        const key = first?.dataset.key;
        const before = first === undefined ? NaN : offset(first);
        const deadline = performance.now() + 15_000;
        while (rows().length === count && performance.now() < deadline) await frame();
        await frame();
        const same = rows().find((one) => one.dataset.key === key);
        return {
            before,
            after: same === undefined ? NaN : offset(same),
            grew: rows().length > count,
        };
    }, scrollTop);
}

scenario(
    "EarlierMessagesComeWhileScrollingUpAndThePlaceIsKept",
    async ({ server, open, speak }) => {
        const bob = await speak("bob", "lobby");
        const texts = lines(330);
        await bob.say(texts);
        const ann = await open();
        await ann.enter(server.address, "ann");
        await ann.sees("line 330");
        const [oldest] = await ann.texts();
        assert.notEqual(oldest, "line 1");
        for (const scrollTop of [300, 120, 0, 0]) {
            const { before, after, grew } = await scrollUp(ann, scrollTop);
            assert.ok(grew, "nothing came");
            assert.ok(Math.abs(before - after) <= 1, `moved from ${before} to ${after}`);
        }
        // To the very beginning, as the wheel does it; what is said meanwhile does not move the page.
        await ann.page.hover("#timeline");
        while ((await row(ann, /^line 1$/).count()) === 0) await ann.page.mouse.wheel(0, -600);
        await bob.say(["said meanwhile"]);
        await ann.page.locator("#latest", { hasText: "1 new message" }).waitFor();
        assert.deepEqual(await ann.texts(), [...texts, "said meanwhile"]);
        await ann.page.locator("#older").waitFor({ state: "hidden" });
        assert.equal(await ann.page.locator(".day").count(), 1);
    },
);

scenario("EarlierMessagesComeByThemselvesWhereNothingScrolls", async ({ server, open, speak }) => {
    const bob = await speak("bob", "lobby");
    await bob.say(lines(50));
    for (const { seq } of [...bob.room.messages.list].filter((item) => item.type === "message")) {
        void bob.room.react(seq, "👍").catch(() => {});
    }
    await bob.say(["the newest"]);
    // The newest fifty events hold one message; the rest comes by itself, and all of it.
    const ann = await open({ viewport: { width: 1280, height: 3000 } });
    await ann.enter(server.address, "ann");
    await row(ann, /^line 1$/).waitFor();
    assert.deepEqual(await ann.texts(), [...lines(50), "the newest"]);
    await ann.page.locator("#older").waitFor({ state: "hidden" });
});

scenario("AnswerShowsAndReachesWhatIsFarBack", async ({ server, open, speak }) => {
    const bob = await speak("bob", "lobby");
    await bob.say(lines(3));
    const far = await bob.room.send("far back");
    await bob.say(lines(200));
    await bob.room.send("an answer", { replyTo: far.seq });
    const ann = await open();
    await ann.enter(server.address, "ann");
    const quote = row(ann, "an answer").locator(".quote", { hasText: "far back" });
    await quote.waitFor();
    assert.equal(await row(ann, "far back").count(), 0);
    await quote.click();
    const found = row(ann, /^far back$/);
    await found.locator("article:focus").waitFor();
    const inSight = await found.evaluate((one) => {
        const { top, bottom } = one.getBoundingClientRect();
        return top >= 0 && bottom <= window.innerHeight;
    });
    assert.ok(inSight);
});

scenario("UnreadIsKnownAgainAfterAReload", async ({ server, open, speak }) => {
    const ann = await open();
    await ann.enter(server.address, "ann", "garden");
    const bob = await speak("bob", "garden");
    await bob.say(["read by ann"]);
    await ann.sees("read by ann");
    await ann.page.fill("#join-room", "lobby");
    await ann.page.press("#join-room", "Enter");
    await ann.page.locator("#room-name", { hasText: "lobby" }).waitFor();
    await bob.say(["missed one"]);
    await ann.page.locator(".badge", { hasText: "1" }).waitFor();
    await ann.page.goto("about:blank");
    await bob.say(["missed two", "@ann, missed three"]);
    await ann.page.goto(server.address + "#lobby");
    await ann.page.locator(".badge.for-me", { hasText: "3" }).waitFor();
    assert.equal(await ann.page.title(), "(3) #lobby · stentor");
    await ann.page.locator("#room-list a", { hasText: "garden" }).click();
    await ann.sees("missed three");
    const divided = await ann.page
        .locator("#messages > li:is(.unread, .message)")
        .evaluateAll((rows) => rows.map((one) => one.querySelector(".text")?.textContent ?? "-"));
    assert.deepEqual(divided, [
        "read by ann",
        "-",
        "missed one",
        "missed two",
        "@ann, missed three",
    ]);
    assert.equal(await ann.page.title(), "#garden · stentor");
});

scenario("WhatIsReadInOneTabIsReadInTheOther", async ({ server, open, speak }) => {
    const ann = await open();
    await ann.enter(server.address, "ann", "garden");
    await ann.page.fill("#join-room", "lobby");
    await ann.page.press("#join-room", "Enter");
    await ann.page.locator("#room-name", { hasText: "lobby" }).waitFor();
    const bob = await speak("bob", "garden");
    await bob.say(["news"]);
    const badge = ann.page.locator(".badge", { hasText: "1" });
    await badge.waitFor();
    const other = await ann.context.newPage();
    await other.goto(server.address + "#garden");
    await other.locator(".text", { hasText: "news" }).waitFor();
    await other.bringToFront();
    await badge.waitFor({ state: "detached" });
    // The same user twice is one person.
    assert.equal(await other.locator("#people-list .you").count(), 1);
    assert.equal(await other.locator("#people-list li").count(), 2);
});
