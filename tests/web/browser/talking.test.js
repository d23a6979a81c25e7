// Two people and a server: talking, coming and going, losing the connection and the server.
import assert from "node:assert/strict";
import { kServerUrl } from "../support/browser.js";
import { scenario } from "../support/scenario.js";

scenario("TwoPeopleTalk", async ({ server, open }) => {
    const [ann, bob] = await Promise.all([open(), open()]);
    await ann.enter(server.address, "ann");
    await bob.enter(server.address, "bob");
    await ann.say("hello bob");
    await bob.sees("hello bob");
    await bob.say("hello ann");
    await ann.sees("hello ann");
    assert.deepEqual(await ann.texts(), ["hello bob", "hello ann"]);
    assert.deepEqual(await bob.texts(), ["hello bob", "hello ann"]);
    assert.equal(await ann.page.locator(".message.mine").count(), 1);
    assert.equal(await bob.page.locator(".message:not(.mine) .name").first().textContent(), "ann");
    assert.equal(await ann.page.locator("#people-list li").count(), 2);
    // Spoken once by the live region, and only what others say.
    assert.deepEqual(await ann.page.locator("#announcer div").allTextContents(), [
        "bob: hello ann",
    ]);
});

scenario("ComingAndGoingIsOneDiscreetLine", async ({ server, open }) => {
    const [ann, bob] = await Promise.all([open(), open()]);
    await ann.enter(server.address, "ann");
    await bob.enter(server.address, "bob");
    await ann.page.locator(".note", { hasText: "bob" }).getByText("joined").waitFor();
    await bob.page.fill("#join-room", "elsewhere");
    await bob.page.press("#join-room", "Enter");
    await bob.page.locator("#room-name", { hasText: "elsewhere" }).waitFor();
    await bob.page.getByRole("button", { name: "Leave lobby" }).click({ force: true });
    await ann.page.locator("#people-list li").nth(1).waitFor({ state: "detached" });
    assert.equal(await ann.page.locator("#room-people").textContent(), "1 person");
});

scenario("NameThatIsTakenIsAskedForAgain", async ({ server, open }) => {
    const [ann, bob] = await Promise.all([open(), open()]);
    await ann.enter(server.address, "ann");
    await bob.page.goto(server.address);
    await bob.page.fill("#login-name", "ann");
    await bob.page.press("#login-name", "Enter");
    await bob.page.locator("#login-status.problem", { hasText: "taken" }).waitFor();
    await bob.page.fill("#login-name", "bob");
    await bob.page.press("#login-name", "Enter");
    await bob.page.locator("#me .name", { hasText: "bob" }).waitFor();
});

scenario("ReloadIsTheSameUserInTheSameRooms", async ({ server, open }) => {
    const ann = await open();
    await ann.enter(server.address, "ann", "garden");
    await ann.say("first");
    await ann.sees("first");
    await ann.page.reload();
    await ann.sees("first");
    assert.equal(await ann.page.locator("#me .name").textContent(), "ann");
    assert.equal(await ann.page.locator(".message.mine").count(), 1);
    assert.ok(ann.page.url().endsWith("#garden"));
});

scenario("GuestGetsANameAndCanChangeIt", async ({ server, open }) => {
    const guest = await open();
    await guest.page.goto(server.address);
    await guest.page.press("#login-name", "Enter");
    await guest.page.locator("#me .name", { hasText: "guest-" }).waitFor();
    await guest.page.click("#me");
    await guest.page.fill("#name-input", "gwen");
    await guest.page.press("#name-input", "Enter");
    await guest.page.locator("#me .name", { hasText: "gwen" }).waitFor();
    await guest.page.locator("#name-dialog").waitFor({ state: "hidden" });
});

scenario("LostConnectionResumesWithoutALossOrADouble", async ({ server, open }) => {
    const [ann, bob] = await Promise.all([open(), open()]);
    /** @type {import("playwright-core").WebSocketRoute[]} */
    const routes = [];
    await bob.page.routeWebSocket(kServerUrl, (route) => {
        route.connectToServer();
        routes.push(route);
    });
    await ann.enter(server.address, "ann");
    await bob.enter(server.address, "bob");
    await ann.say("one");
    await bob.sees("one");
    await routes[0].close({ code: 4000 });
    await bob.page.locator("#banner:not([hidden])").waitFor();
    for (const text of ["two", "three"]) await ann.say(text);
    await bob.say("four, from bob");
    await bob.sees("four, from bob");
    await ann.sees("four, from bob");
    const texts = ["one", "two", "three", "four, from bob"];
    assert.deepEqual((await ann.texts()).sort(), texts.slice().sort());
    assert.deepEqual(await bob.texts(), await ann.texts());
    assert.equal(await bob.page.locator(".note.lost").count(), 0);
});

scenario("EachConnectionNamesTheRoomThatIsOpen", async ({ server, open, speak }) => {
    const [ann] = await Promise.all([open(), speak("bob", "garden")]);
    /** @type {string[]} */
    const named = [];
    /** @type {import("playwright-core").WebSocketRoute[]} */
    const routes = [];
    await ann.page.routeWebSocket(kServerUrl, (route) => {
        named.push(new URL(route.url()).search);
        route.connectToServer();
        routes.push(route);
    });
    const comesBack = async (times) => {
        await routes[times - 1].close({ code: 4000 });
        await ann.page.locator("#banner:not([hidden])").waitFor();
        await ann.page.locator("#banner").waitFor({ state: "hidden" });
    };
    await ann.page.goto(`${server.address}#garden`);
    await ann.page.fill("#login-name", "ann");
    await ann.page.press("#login-name", "Enter");
    await ann.page.locator("#room-name", { hasText: "garden" }).waitFor();
    await ann.page.fill("#join-room", "größe-名");
    await ann.page.press("#join-room", "Enter");
    await ann.page.locator("#room-name", { hasText: "größe-名" }).waitFor();
    await comesBack(1);
    await ann.say("/msg bob a secret");
    await ann.page.locator("#room-name", { hasText: "bob" }).waitFor();
    await comesBack(2);
    await ann.page.goto("about:blank");
    await ann.page.goto(`${server.address}#attic`);
    await ann.page.locator("#room-name", { hasText: "attic" }).waitFor();
    await ann.page.locator("#people-list .you").waitFor({ state: "attached" });
    const search = (room) => `?room=${encodeURIComponent(room)}`;
    assert.deepEqual(named, [search("garden"), search("größe-名"), "", search("attic")]);
});

scenario("KilledServerComesBackAndNothingItHasIsLostOrDoubled", async ({ server, open }) => {
    const [ann, bob] = await Promise.all([open(), open()]);
    ann.expected = bob.expected = /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|WebSocket/;
    await ann.enter(server.address, "ann");
    await bob.enter(server.address, "bob");
    await ann.say("before");
    await bob.sees("before");
    await server.kill();
    await ann.page.locator("#banner", { hasText: "Connection lost" }).waitFor();
    await ann.say("meanwhile");
    await ann.page.locator(".message.pending", { hasText: "meanwhile" }).waitFor();
    await ann.shoot("reconnecting-1280-light");
    await server.start();
    await ann.sees("meanwhile");
    await bob.sees("meanwhile");
    await ann.page.locator("#banner").waitFor({ state: "hidden" });
    await bob.say("after");
    await ann.sees("after");
    for (const user of [ann, bob]) {
        assert.deepEqual(await user.texts(), ["before", "meanwhile", "after"]);
        // The memory log began anew, and the page does not hide it.
        assert.equal(await user.page.locator(".note.lost").count(), 1);
    }
    assert.equal(await ann.page.locator("#me .name").textContent(), "ann");
    assert.equal(await ann.page.locator(".message.pending, .message.failed").count(), 0);
});
