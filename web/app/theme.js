// The button that switches between light and dark. Until it is used, the system decides.
// Invariant: `data-theme` on the root element, if present, is "light" or "dark".

import { remember } from "./storage.js";

const kSystemDark = matchMedia("(prefers-color-scheme: dark)");

/** @param {HTMLButtonElement} button */
export function initTheme(button) {
    const root = document.documentElement;
    const isDark = () =>
        (root.dataset.theme ?? (kSystemDark.matches ? "dark" : "light")) === "dark";
    const label = () => {
        const text = isDark() ? "Light theme" : "Dark theme";
        button.setAttribute("aria-label", text);
        button.title = text;
    };
    button.addEventListener("click", () => {
        root.dataset.theme = isDark() ? "light" : "dark";
        remember("theme", root.dataset.theme);
        label();
    });
    kSystemDark.addEventListener("change", label);
    label();
}
