// Messages in the page, by their text, and the bar of buttons that each has.
// Invariant: waits for states, never for times.

/** @typedef {import("./browser.js").User} User */

/** The newest message that holds this text. @param {User} user @param {string | RegExp} text */
export function row(user, text) {
    const holds = user.page.locator(".text", { hasText: text });
    return user.page.locator(".message", { has: holds }).last();
}

/**
 * Presses a button of the bar that stands at the message under the pointer.
 * @param {User} user @param {string | RegExp} text of the message
 * @param {"Reply" | "React" | "Edit" | "Delete"} button
 */
export async function tool(user, text, button) {
    await row(user, text).locator("article").hover();
    const bar = row(user, text).getByRole("toolbar");
    await bar.getByRole("button", { name: button, exact: true }).click();
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
