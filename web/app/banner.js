// Says how the connection is, when it is not well: reconnecting with a countdown, back again,
// closed.
// Invariant: screen readers hear a change of state once, not every second of the countdown.

import { h } from "./dom.js";

/** @typedef {import("../client/stentor_client.js").ClientState} ClientState */
/** @typedef {import("../client/stentor_client.js").StentorClient} StentorClient */

const kBackShownMs = 2500;
const kConnectingHiddenMs = 1200; // a quick first connect needs no words

/** @param {HTMLElement} element role=status @param {StentorClient} client */
export function initBanner(element, client) {
    let troubled = false;
    /** @type {any} */
    let timer = null;

    /** @param {string} kind @param {...(Node | string)} content */
    const show = (kind, ...content) => {
        element.dataset.kind = kind;
        element.replaceChildren(...content);
        element.hidden = false;
    };
    const hide = () => {
        element.hidden = true;
        element.replaceChildren();
    };

    /** @param {string} text */
    const retryButton = (text) => {
        const button = h("button", { type: "button" }, text);
        button.addEventListener("click", () => client.retryNow());
        return button;
    };

    /** @param {number} retryAt */
    const countDown = (retryAt) => {
        const count = h("span", { class: "countdown", "aria-hidden": "true" });
        show("waiting", h("span", {}, "Connection lost. "), count, retryButton("Retry now"));
        const tick = () => {
            const seconds = Math.max(0, Math.ceil((retryAt - client.clock.now()) / 1000));
            count.textContent = seconds > 0 ? `Trying again in ${seconds} s` : "Trying again…";
            timer = setTimeout(tick, 250);
        };
        tick();
    };

    /** @param {ClientState} state */
    const update = (state) => {
        clearTimeout(timer);
        if (state.name === "open") {
            if (!troubled) return hide();
            troubled = false;
            show("open", "Connected again");
            timer = setTimeout(hide, kBackShownMs);
        } else if (state.name === "waiting") {
            troubled = true;
            countDown(state.retryAt);
        } else if (state.name === "connecting") {
            const tell = () => show("connecting", "Connecting…");
            if (troubled) tell();
            else timer = setTimeout(tell, kConnectingHiddenMs);
        } else if (state.reason !== undefined) {
            troubled = true;
            show(
                "closed",
                h("span", {}, `Disconnected: ${state.reason.message}`),
                retryButton("Connect again"),
            );
        }
    };
    client.on("state", update);
    update(client.state);
}
