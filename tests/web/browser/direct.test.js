// Private lines: /msg, the rooms that they make, and who sees them.
import assert from "node:assert/strict";
import { row, tool } from "../support/rows.js";
import { scenario } from "../support/scenario.js";

scenario("PrivateLineReachesTheOtherAndNobodyElse", async ({ server, open }) => {
    const [ann, bob, zoe] = await Promise.all([open(), open(), open()]);
    const heard = [];
    zoe.page.on("websocket", (socket) =>
        socket.on("framereceived", ({ payload }) => heard.push(String(payload))),
    );
    for (const [user, name] of /** @type {const} */ ([
        [ann, "ann"],
        [bob, "bob"],
        [zoe, "zoe"],
    ])) {
        await user.enter(server.address, name);
    }
    await ann.say("/msg @bob a secret");
    await ann.page.locator("#room-name", { hasText: "bob" }).waitFor();
    await ann.sees("a secret");
    assert.equal(await ann.page.title(), "bob · stentor");
    const entry = bob.page.locator("#direct-list a", { hasText: "ann" });
    await entry.locator(".badge", { hasText: "1" }).waitFor();
    await bob.page.waitForFunction(() => document.title.startsWith("(1) #lobby"));
    await entry.click();
    await bob.sees("a secret");
    await bob.say("I shall keep it");
    await ann.sees("I shall keep it");
    assert.deepEqual(await ann.texts(), ["a secret", "I shall keep it"]);
    // A second line goes to the same room; changes work there too.
    await bob.page.locator("#room-list a", { hasText: "lobby" }).click();
    await bob.page.locator("#room-name", { hasText: "lobby" }).waitFor();
    await bob.say("/msg ann one more");
    await bob.page.locator("#room-name", { hasText: "ann" }).waitFor();
    await tool(bob, "one more", "Edit");
    await bob.say("one more, mended");
    await row(ann, "one more, mended").locator(".edited").waitFor();
    assert.equal(await bob.page.locator("#direct-list li").count(), 1);
    await ann.say("done");
    await bob.sees("done");
    await bob.page.locator("#room-list a", { hasText: "lobby" }).click();
    await bob.page.locator("#room-name", { hasText: "lobby" }).waitFor();
    await bob.say("for all");
    await zoe.sees("for all");
    assert.deepEqual(await zoe.texts(), ["for all"]);
    assert.equal(heard.filter((frame) => /secret|keep it|one more|"dm\./.test(frame)).length, 0);
});

scenario("PrivateLineToNobodyIsSaidAndKept", async ({ server, open }) => {
    const ann = await open();
    await ann.enter(server.address, "ann");
    await ann.say("/msg nobody a secret");
    await ann.page.locator("#notice", { hasText: "Not sent to nobody" }).waitFor();
    assert.equal(await ann.page.inputValue("#text"), "/msg nobody a secret");
    assert.deepEqual(await ann.texts(), []);
    await ann.say("/msg");
    await ann.page.locator("#notice", { hasText: "/msg needs a name and a text" }).waitFor();
    assert.deepEqual(await ann.texts(), []);
});

scenario(
    "DirectRoomsAreThereAgainAfterAReload",
    async ({ server, open }) => {
        const [ann, bob] = await Promise.all([open(), open()]);
        await ann.enter(server.address, "ann");
        await bob.enter(server.address, "bob");
        await ann.say("/msg bob first");
        await ann.sees("first");
        await bob.page.locator("#direct-list .badge").waitFor();
        // Unread, and still so after a reload; ann is where she was.
        await bob.page.reload();
        const entry = bob.page.locator("#direct-list a", { hasText: "ann" });
        await entry.locator(".badge", { hasText: "1" }).waitFor();
        await ann.page.reload();
        await ann.page.locator("#room-name", { hasText: "bob" }).waitFor();
        await ann.sees("first");
        await entry.click();
        await bob.page.locator(".unread").waitFor();
        await bob.sees("first");
        await bob.say("second");
        await ann.sees("second");
        await bob.page.locator("#room-list a", { hasText: "lobby" }).click();
        await bob.page.locator("#room-name", { hasText: "lobby" }).waitFor();
        await bob.page.reload();
        // Read by now: listed, but not unread.
        await entry.waitFor();
        assert.equal(await bob.page.locator(".badge").count(), 0);
    },
    { durable: true },
);

scenario("NameInTheListOfPeopleBeginsAPrivateLine", async ({ server, open }) => {
    const [ann, bob] = await Promise.all([open(), open()]);
    await ann.enter(server.address, "ann");
    await bob.enter(server.address, "bob");
    const name = ann.page.locator("#people-list button", { hasText: "bob" });
    await name.click();
    assert.equal(await ann.page.inputValue("#text"), "/msg bob ");
    await ann.page.keyboard.type("psst");
    await ann.page.keyboard.press("Enter");
    await ann.page.locator("#room-name", { hasText: "bob" }).waitFor();
    await ann.page.locator("#room-list a", { hasText: "lobby" }).click();
    await ann.page.locator("#room-name", { hasText: "lobby" }).waitFor();
    await name.click();
    await ann.page.locator("#room-name", { hasText: "bob" }).waitFor();
    await ann.sees("psst");
});
