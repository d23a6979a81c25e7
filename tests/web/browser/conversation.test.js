// What can be done with messages: change, delete, react, answer, by pointer and by keys; and what
// becomes of it when a connection or the server says no.
import assert from "node:assert/strict";
import { kServerUrl } from "../support/browser.js";
import { react, row, sights, tool } from "../support/rows.js";
import { scenario } from "../support/scenario.js";

scenario("ChangesAreSeenByBothAndStillThereAfterAReload", async ({ server, open }) => {
    const [ann, bob] = await Promise.all([open(), open()]);
    await ann.enter(server.address, "ann");
    await bob.enter(server.address, "bob");
    for (const text of ["a taipo", "a slip", "the end"]) await ann.say(text);
    await bob.sees("the end");
    await row(ann, "the end").locator(".sent-mark").waitFor();

    await tool(ann, "a taipo", "Edit");
    assert.equal(await ann.page.inputValue("#text"), "a taipo");
    await ann.say("a typo, mended");
    await row(bob, "a typo, mended").locator(".edited").waitFor();

    await react(bob, "the end", "Thumbs up");
    await row(ann, "the end").locator(".chip[title*='bob']").click();
    const both = row(bob, "the end").locator(".chip", { hasText: "2" });
    await both.waitFor();
    assert.match((await both.getAttribute("title")) ?? "", /bob.* and .*ann/);
    await row(bob, "the end").locator(".chip[aria-pressed=true]").click();
    await row(ann, "the end").locator(".chip", { hasText: "1" }).waitFor();

    await tool(bob, "a typo", "Reply");
    await bob.page.locator("#context", { hasText: "a typo, mended" }).waitFor();
    await bob.say("it was funny");
    const quote = row(ann, "it was funny").locator(".quote", { hasText: "a typo, mended" });
    await quote.click();
    await row(ann, "a typo, mended").first().locator("article:focus").waitFor();

    await tool(ann, "a slip", "Delete");
    await ann.page.locator("#delete-text", { hasText: "a slip" }).waitFor();
    await ann.page.getByRole("button", { name: "Delete", exact: true }).last().click();
    await row(bob, "This message was deleted.").waitFor();
    assert.equal(await bob.page.locator("#messages", { hasText: "a slip" }).count(), 0);

    const seen = [
        "a typo, mended | edited",
        "This message was deleted.",
        "the end | 👍 1, from \u2068ann\u2069",
        "a typo, mended | it was funny",
    ];
    assert.deepEqual(await sights(bob), seen);
    assert.deepEqual(await sights(ann), seen);
    await bob.page.reload();
    await bob.sees("it was funny");
    assert.deepEqual(await sights(bob), seen);
});

scenario("OnlyOwnMessagesCanBeChangedOrDeleted", async ({ server, open }) => {
    const [ann, bob] = await Promise.all([open(), open()]);
    await ann.enter(server.address, "ann");
    await bob.enter(server.address, "bob");
    await ann.say("mine, not yours");
    await bob.sees("mine, not yours");
    await row(bob, "mine").locator("article").hover();
    const bar = row(bob, "mine").getByRole("toolbar");
    await bar.getByRole("button", { name: "Reply" }).waitFor();
    assert.equal(await bar.getByRole("button", { name: "Edit" }).isVisible(), false);
    assert.equal(await bar.getByRole("button", { name: "Delete" }).isVisible(), false);
});

scenario("KeysAloneChangeAnswerReactAndDelete", async ({ server, open }) => {
    const [ann, bob] = await Promise.all([open(), open()]);
    await ann.enter(server.address, "ann");
    await bob.enter(server.address, "bob");
    const { keyboard } = ann.page;
    await bob.say("from bob");
    await ann.say("from ann");
    await row(ann, "from ann").and(ann.page.locator(".sent")).waitFor();
    await ann.page.focus("#text");
    // Up in an empty field changes the last own message; Escape leaves it as it was.
    await keyboard.press("ArrowUp");
    await keyboard.press("Escape");
    assert.equal(await ann.page.inputValue("#text"), "");
    await keyboard.press("ArrowUp");
    await keyboard.type(", improved");
    await keyboard.press("Enter");
    await bob.sees("from ann, improved");

    // Into the messages and up to the one before.
    await keyboard.press("Shift+Tab");
    while ((await ann.page.locator("article:focus").count()) === 0)
        await keyboard.press("Shift+Tab");
    await row(ann, "from ann").locator("article:focus").waitFor();
    await keyboard.press("ArrowUp");
    await row(ann, "from bob").locator("article:focus").waitFor();
    await keyboard.press("+");
    await keyboard.press("ArrowRight");
    await keyboard.press("Enter");
    await row(bob, "from bob").locator(".chip", { hasText: "❤️" }).waitFor();
    // The row was drawn anew, and the focus is still at it.
    await row(ann, "from bob").locator(".chip").waitFor();
    await row(ann, "from bob").locator("article:focus").waitFor();
    await keyboard.press("r");
    await keyboard.type("an answer");
    await keyboard.press("Enter");
    await row(bob, "an answer").locator(".quote", { hasText: "from bob" }).waitFor();

    // What is still under way cannot be deleted.
    await row(ann, "an answer").and(ann.page.locator(".sent")).waitFor();
    while ((await ann.page.locator("article:focus").count()) === 0)
        await keyboard.press("Shift+Tab");
    await keyboard.press("Delete");
    await ann.page.locator("#delete-dialog").waitFor();
    await keyboard.press("Tab");
    await keyboard.press("Enter");
    await row(bob, "This message was deleted.").waitFor();
    await ann.page.locator("#text:focus").waitFor();
});

scenario("TwoPeopleOneOfflineAndBackNothingLostNothingDoubled", async ({ server, open }) => {
    const [ann, bob] = await Promise.all([open(), open()]);
    let cut = false;
    /** @type {import("playwright-core").WebSocketRoute[]} */
    const routes = [];
    await bob.page.routeWebSocket(kServerUrl, (route) => {
        if (cut) return void route.close({ code: 4000 });
        route.connectToServer();
        routes.push(route);
    });
    await ann.enter(server.address, "ann");
    await bob.enter(server.address, "bob");
    for (const text of ["ann one", "ann two", "ann three"]) await ann.say(text);
    await bob.say("bob one");
    await bob.say("bob two");
    await Promise.all([ann.sees("bob two"), bob.sees("bob two")]);

    cut = true;
    await routes[0].close({ code: 4000 });
    await bob.page.locator("#banner[data-kind=waiting]").waitFor();
    // Ann goes on; what bob does shows at him at once, and waits.
    await tool(ann, "ann one", "Edit");
    await ann.say("ann one, edited");
    await tool(ann, "ann two", "Delete");
    await ann.page.locator("#delete-form .primary").click();
    await react(ann, "bob one", "Heart");
    await tool(ann, "bob one", "Reply");
    await ann.say("an answer");
    for (let i = 1; i <= 120; i += 1) await ann.say(`meanwhile ${i}`);
    await row(ann, "meanwhile 120").and(ann.page.locator(".sent")).waitFor();

    await bob.say("bob, offline");
    await row(bob, "bob, offline").and(bob.page.locator(".pending")).waitFor();
    await tool(bob, "bob two", "Edit");
    await bob.say("bob two, edited offline");
    await row(bob, "edited offline").locator(".state", { hasText: "Saving" }).waitFor();
    await react(bob, "ann three", "Party");
    await row(bob, "ann three").locator(".chip[aria-pressed=true]").waitFor();
    await bob.shoot("offline-1280-light");

    cut = false;
    await bob.page.getByRole("button", { name: "Retry now" }).click();
    await bob.page.locator("#banner").waitFor({ state: "hidden" });
    await ann.sees("bob, offline");
    await bob.sees("meanwhile 120");
    await row(ann, "bob two, edited offline").locator(".edited").waitFor();
    await row(ann, "ann three").locator(".chip", { hasText: "🎉" }).waitFor();
    await bob.page.locator(".message:is(.pending, .failed)").waitFor({ state: "detached" });
    await bob.page.locator(".state").waitFor({ state: "detached" });

    const seen = await sights(ann);
    assert.deepEqual(seen.slice(0, 6), [
        "ann one, edited | edited",
        "This message was deleted.",
        "ann three | 🎉 1, from \u2068bob\u2069",
        "bob one | ❤️ 1, from \u2068ann\u2069",
        "bob two, edited offline | edited",
        "bob one | an answer",
    ]);
    const meanwhile = Array.from({ length: 120 }, (_, i) => `meanwhile ${i + 1}`);
    assert.deepEqual(seen.slice(6), [...meanwhile, "bob, offline"]);
    assert.deepEqual(await sights(bob), seen);
    assert.equal(await bob.page.locator(".note.lost").count(), 0);
});

scenario(
    "ServerKilledAndBackHasAllThatWasAcknowledgedAndTakesWhatWaited",
    async ({ server, open }) => {
        const [ann, bob] = await Promise.all([open(), open()]);
        ann.expected = bob.expected = /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|WebSocket/;
        await ann.enter(server.address, "ann");
        await bob.enter(server.address, "bob");
        for (const text of ["one", "two", "three"]) await ann.say(text);
        await bob.sees("three");
        await react(bob, "one", "Heart");
        await row(ann, "one").locator(".chip").waitFor();
        await server.kill();
        await ann.page.locator("#banner[data-kind=waiting]").waitFor();
        await ann.say("written meanwhile");
        await tool(ann, "two", "Edit");
        await ann.say("two, edited meanwhile");
        await tool(bob, "three", "Reply");
        await bob.say("answered meanwhile");
        await server.start();
        await ann.sees("answered meanwhile");
        await bob.sees("written meanwhile");
        await row(bob, "two, edited meanwhile").locator(".edited").waitFor();
        await ann.page.locator(".message:is(.pending, .failed)").waitFor({ state: "detached" });
        await ann.page.locator(".state").waitFor({ state: "detached" });
        const seen = await sights(ann);
        assert.deepEqual(seen.slice(0, 3), [
            "one | ❤️ 1, from \u2068bob\u2069",
            "two, edited meanwhile | edited",
            "three",
        ]);
        assert.deepEqual(seen.slice(3).sort(), ["three | answered meanwhile", "written meanwhile"]);
        assert.deepEqual(await sights(bob), seen);
        for (const user of [ann, bob]) {
            assert.equal(await user.page.locator(".note.lost").count(), 0);
        }
    },
    { durable: true },
);

scenario("WhatIsRefusedIsSaidAndCanBeTriedAgain", async ({ server, open }) => {
    const [ann, bob] = await Promise.all([open(), open()]);
    let refusing = true;
    await ann.page.routeWebSocket(kServerUrl, (route) => {
        const chat = route.connectToServer();
        route.onMessage((data) => {
            const { type, id } = JSON.parse(String(data));
            const about = type === "send" || type === "edit";
            if (!refusing || !about) return chat.send(data);
            const message = "the disk is full";
            route.send(JSON.stringify({ type: "error", id, code: "not_stored", message }));
        });
    });
    await ann.enter(server.address, "ann");
    await bob.enter(server.address, "bob");
    await ann.say("first");
    await ann.say("second");
    const failed = ann.page.locator(".message.failed");
    await failed.nth(1).waitFor();
    await failed.first().locator(".state", { hasText: "the disk is full" }).waitFor();
    await failed.nth(1).getByRole("button", { name: "Discard" }).click();
    refusing = false;
    await failed.first().getByRole("button", { name: "Try again" }).click();
    await bob.sees("first");
    await row(ann, "first").locator(".sent-mark").waitFor();
    assert.deepEqual(await ann.texts(), ["first"]);
    refusing = true;
    await tool(ann, "first", "Edit");
    await ann.say("a better first");
    await ann.page.locator("#notice", { hasText: "the disk is full" }).waitFor();
    // The message is what it was, and the words are not lost.
    await row(ann, /^first$/).waitFor();
    assert.deepEqual(await ann.texts(), ["first"]);
    assert.equal(await ann.page.inputValue("#text"), "a better first");
});

scenario("WhoIsTypingIsShownUntilItIsSaid", async ({ server, open }) => {
    const [ann, bob, zoe] = await Promise.all([open(), open(), open()]);
    await ann.enter(server.address, "ann");
    await bob.enter(server.address, "bob");
    await zoe.enter(server.address, "zoe");
    const line = ann.page.locator("#typing");
    await bob.page.locator("#text").pressSequentially("hel");
    await line.getByText("bob").waitFor();
    await zoe.page.locator("#text").pressSequentially("hel");
    await line.getByText("zoe").waitFor();
    await bob.page.keyboard.type("lo");
    const both = /(bob and zoe|zoe and bob) are typing…/;
    await ann.page.locator("#typing", { hasText: both }).waitFor();
    await bob.page.keyboard.press("Enter");
    await line.getByText("bob").waitFor({ state: "detached" });
    await zoe.page.fill("#text", "");
    await line.getByText("zoe").waitFor({ state: "detached" });
    assert.equal(await line.textContent(), "");
    // A command is nobody's business.
    await bob.page.locator("#text").pressSequentially("/msg ann a secret");
    await bob.page.fill("#text", "");
    await bob.say("nothing was told");
    await ann.sees("nothing was told");
    assert.equal(await line.textContent(), "");
});

scenario("NamesAreCompletedAndAMentionIsMarked", async ({ server, open }) => {
    const [ann, bob] = await Promise.all([open(), open()]);
    await ann.enter(server.address, "annabel");
    await bob.enter(server.address, "bob");
    await bob.page.locator(".people-list li").nth(1).waitFor();
    const field = bob.page.locator("#text");
    const options = bob.page.getByRole("option");
    await field.pressSequentially("hi @an");
    await options.first().waitFor();
    assert.equal(await field.getAttribute("aria-activedescendant"), "name-0");
    await bob.page.keyboard.press("Enter");
    assert.equal(await field.inputValue(), "hi @annabel ");
    assert.equal(await options.count(), 0);
    await bob.page.keyboard.press("Enter");
    await row(ann, "hi").locator(".mention.to-me").waitFor();
    // By pointer; and Escape closes the list alone.
    await field.pressSequentially("@");
    await options.first().click();
    assert.equal(await field.inputValue(), "@annabel ");
    await field.fill("");
    await field.pressSequentially("@an");
    await options.first().waitFor();
    await bob.page.keyboard.press("Escape");
    await options.first().waitFor({ state: "detached" });
    assert.equal(await field.inputValue(), "@an");
});
