// Sets the remembered theme before the first paint; index.html loads it ahead of the style sheets.
// Invariant: it reads, it does not write; theme.js does the rest.

(() => {
    try {
        const theme = JSON.parse(localStorage.getItem("stentor.theme") ?? "null");
        if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
    } catch {
        // Storage is forbidden: the system's theme it is.
    }
})();
