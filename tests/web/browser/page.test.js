// The page by itself: writing, reading, several rooms, hostile contents, a very full room.
import assert from "node:assert/strict";
import { kHostile } from "../support/hostile.js";
import { scenario } from "../support/scenario.js";

scenario("MarkupStaysText", async ({ server, open }) => {
    const [ann, bob] = await Promise.all([open(), open()]);
    await ann.enter(server.address, "ann");
    await bob.enter(server.address, "bob");
    for (const text of kHostile) await ann.say(text);
    await bob.sees("http://a.b/yyyy");
    assert.deepEqual(await bob.texts(), kHostile);
    const parsed = "article :is(script, img, svg, b, iframe), article [onmouseover]";
    assert.equal(await bob.page.locator(parsed).count(), 0);
    assert.match(await bob.page.title(), /#lobby · stentor$/);
    const rel = await bob.page.locator("#messages a").last().getAttribute("rel");
    assert.equal(rel, "noopener noreferrer nofollow");
});

scenario("EnterSendsShiftEnterBreaksAndAnInputMethodKeepsItsEnter", async ({ server, open }) => {
    const ann = await open();
    await ann.enter(server.address, "ann");
    await ann.page.click("#text");
    await ann.page.keyboard.type("one");
    await ann.page.keyboard.press("Shift+Enter");
    await ann.page.keyboard.type("two");
    const enterWith = (init) =>
        ann.page.evaluate((how) => {
            const event = new KeyboardEvent("keydown", { key: "Enter", cancelable: true, ...how });
            document.querySelector("#text")?.dispatchEvent(event);
        }, init);
    await enterWith({ isComposing: true });
    await enterWith({ keyCode: 229 });
    assert.equal(await ann.page.inputValue("#text"), "one\ntwo");
    await ann.page.keyboard.press("Enter");
    await ann.sees("two");
    assert.deepEqual(await ann.texts(), ["one\ntwo"]);
    assert.equal(await ann.page.inputValue("#text"), "");
});

scenario("TextOverTheLimitIsCountedAndNotSent", async ({ server, open }) => {
    const ann = await open();
    await ann.enter(server.address, "ann");
    await ann.page.fill("#text", "é".repeat(4000));
    assert.equal(await ann.page.locator("#counter").textContent(), "96 left");
    await ann.page.fill("#text", "🦊".repeat(4097));
    assert.equal(await ann.page.locator("#counter").textContent(), "1 too many");
    await ann.page.press("#text", "Enter");
    assert.equal(Array.from(await ann.page.inputValue("#text")).length, 4097);
    assert.deepEqual(await ann.texts(), []);
});

scenario("UnreadIsCountedInTheListAndTheTitleAndDividedInTheRoom", async ({ server, open }) => {
    const [ann, bob] = await Promise.all([open(), open()]);
    await ann.enter(server.address, "ann");
    await bob.enter(server.address, "bob");
    await bob.page.fill("#join-room", "garden");
    await bob.page.press("#join-room", "Enter");
    await bob.page.locator("#room-name", { hasText: "garden" }).waitFor();
    await bob.page.fill("#text", "a draft");
    await ann.say("psst");
    await ann.say("@bob, are you there?");
    await bob.page.locator(".badge.for-me", { hasText: "2" }).waitFor();
    assert.equal(await bob.page.title(), "(2) #garden · stentor");
    await bob.page.locator("#room-list a", { hasText: "lobby" }).click();
    await bob.page.locator(".unread").waitFor();
    assert.equal(await bob.page.title(), "#lobby · stentor");
    assert.equal(await bob.page.locator(".badge").count(), 0);
    assert.equal(await bob.page.locator(".mention.to-me").textContent(), "@bob");
    assert.equal(await bob.page.inputValue("#text"), "");
    await bob.page.goBack();
    await bob.page.locator("#room-name", { hasText: "garden" }).waitFor();
    assert.equal(await bob.page.inputValue("#text"), "a draft");
});

scenario("FullRoomKeepsFewRowsAndTheReadersPlace", async ({ server, open, speak }) => {
    const ann = await open();
    await ann.enter(server.address, "ann");
    const bob = await speak("bob", "lobby");
    const texts = Array.from({ length: 5000 }, (_, i) => `line ${i + 1}`);
    // No faster than the page reads: one that is thousands behind skips to the latest.
    for (let at = 500; at <= texts.length; at += 500) {
        await bob.say(texts.slice(at - 500, at));
        await ann.page.locator(".text", { hasText: new RegExp(`^line ${at}$`) }).waitFor();
    }
    const shown = await ann.texts();
    assert.deepEqual(shown, texts.slice(-shown.length));
    assert.ok((await ann.page.locator("#messages li").count()) <= 500);
    // Reading above: what comes does not move the page, a pill counts it.
    await ann.page.evaluate(() => {
        const region = /** @type {HTMLElement} */ (document.querySelector("#timeline"));
        region.scrollTop -= 2000;
    });
    await ann.page.locator("#latest", { hasText: "Jump to latest" }).waitFor();
    const topText = () =>
        ann.page.evaluate(() => {
            const top = /** @type {HTMLElement} */ (
                document.querySelector("#timeline")
            ).getBoundingClientRect();
            const rows = [...document.querySelectorAll(".message")];
            const row = rows.find((one) => one.getBoundingClientRect().bottom > top.top + 1);
            const offset = (row?.getBoundingClientRect().top ?? 0) - top.top;
            return `${row?.textContent} at ${Math.round(offset)}`;
        });
    const before = await topText();
    await bob.say(["one more", "and another"]);
    await ann.page.locator("#latest", { hasText: "2 new messages" }).waitFor();
    await ann.page.locator(".text", { hasText: "and another" }).waitFor();
    assert.equal(await topText(), before);
    await ann.page.click("#latest");
    await ann.page.locator("#latest").waitFor({ state: "hidden" });
});
