// Messages in the page, by their text, and the bar of buttons that each has.
// Invariant: waits for states, never for times.

/** @typedef {import("./browser.js").User} User */

/** The newest message that holds this text. @param {User} user @param {string | RegExp} text */
export function row(user, text) {
    const holds = user.page.locator(".text", { hasText: text });
    return user.page.locator(".message", { has: holds }).last();
}

/**
 * Presses a button of the bar that stands at the message under the pointer. What comes meanwhile may
 * move another message there: then once more.
 * @param {User} user @param {string | RegExp} text of the message
 * @param {"Reply" | "React" | "Edit" | "Delete"} button
 * @param {"hover" | "tap"} [pointer]
 */
export async function tool(user, text, button, pointer = "hover") {
    const article = row(user, text).locator("article");
    const bar = row(user, text).getByRole("toolbar");
    for (let tries = 1; ; tries += 1) {
        await article[pointer]({ position: { x: 12, y: 12 } });
        try {
            await bar.getByRole("button", { name: button, exact: true }).click({ timeout: 2500 });
            return;
        } catch (error) {
            if (tries === 5) throw error;
            await user.page.mouse.move(1, 1);
        }
    }
}

/** @param {User} user @param {string | RegExp} text @param {string} name as in "Thumbs up" */
export async function react(user, text, name) {
    await tool(user, text, "React");
    await row(user, text).getByRole("toolbar").getByRole("button", { name, exact: true }).click();
}

/** All that a reader sees of the messages, as one string each. @param {User} user */
export function sights(user) {
    return user.page
        .locator(".message")
        .evaluateAll((rows) =>
            rows.map((one) =>
                [...one.querySelectorAll(".quote-text, .text, .edited, .chip")]
                    .map((part) => part.getAttribute("aria-label") ?? part.textContent)
                    .join(" | "),
            ),
        );
}
