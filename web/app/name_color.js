// The colour of a user's name: stable for the name, one hue each, legible in both themes.
// Invariant: at least 4.5:1 (WCAG AA) against every background a name stands on (kBackgrounds,
// which are those of style/theme.css); a test checks thousands of names.

/** @typedef {[number, number, number]} Rgb each 0..255 */

/** @type {{light: Rgb[], dark: Rgb[]}} page, panel and mention of style/theme.css */
export const kBackgrounds = {
    light: [
        [0xfb, 0xfc, 0xfb],
        [0xee, 0xf3, 0xf1],
        [0xfb, 0xf0, 0xda],
    ],
    dark: [
        [0x10, 0x19, 0x1a],
        [0x0b, 0x12, 0x13],
        [0x2e, 0x25, 0x12],
    ],
};
const kContrastMin = 4.6;

/** @type {Map<string, {light: string, dark: string}>} */
const known = new Map();

/** @param {string} name @returns {{light: string, dark: string}} as #rrggbb */
export function nameColor(name) {
    const found = known.get(name);
    if (found !== undefined) return found;
    const hash = fnv1a(name.normalize("NFKC").toLowerCase());
    const hue = ((130 + (hash % 310)) * Math.PI) / 180; // without 80..130, where dark is olive
    const chroma = 0.09 + (Math.floor(hash / 310) % 5) * 0.012;
    const color = {
        light: hex(legible(hue, chroma, 0.5, -0.02, kBackgrounds.light)),
        dark: hex(legible(hue, chroma, 0.76, 0.02, kBackgrounds.dark)),
    };
    if (known.size > 5000) known.clear();
    known.set(name, color);
    return color;
}

/** @param {HTMLElement} element @param {string} name */
export function paintName(element, name) {
    const { light, dark } = nameColor(name);
    element.style.setProperty("--name-light", light);
    element.style.setProperty("--name-dark", dark);
}

/** @param {Rgb} a @param {Rgb} b @returns {number} the WCAG contrast ratio, 1..21 */
export function contrast(a, b) {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
}

/**
 * The first lightness from `start` on, in steps, that has enough contrast.
 * @param {number} hue
 * @param {number} chroma
 * @param {number} start
 * @param {number} step
 * @param {Rgb[]} backgrounds
 * @returns {Rgb}
 */
function legible(hue, chroma, start, step, backgrounds) {
    for (let lightness = start; lightness > 0.1 && lightness < 1; lightness += step) {
        const color = oklchToRgb(lightness, chroma, hue);
        if (backgrounds.every((ground) => contrast(color, ground) >= kContrastMin)) return color;
    }
    return step < 0 ? [0, 0, 0] : [255, 255, 255];
}

/** @param {number} l @param {number} c @param {number} h @returns {Rgb} clipped into sRGB */
function oklchToRgb(l, c, h) {
    const a = c * Math.cos(h);
    const b = c * Math.sin(h);
    const long = (l + 0.3963377774 * a + 0.2158037573 * b) ** 3;
    const middle = (l - 0.1055613458 * a - 0.0638541728 * b) ** 3;
    const short = (l - 0.0894841775 * a - 1.291485548 * b) ** 3;
    return [
        toByte(4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short),
        toByte(-1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short),
        toByte(-0.0041960863 * long - 0.7034186147 * middle + 1.707614701 * short),
    ];
}

/** @param {number} linear @returns {number} */
function toByte(linear) {
    const x = Math.min(1, Math.max(0, linear));
    return Math.round(255 * (x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055));
}

/** @param {Rgb} color @returns {number} */
function luminance(color) {
    const [r, g, b] = color.map((byte) => {
        const x = byte / 255;
        return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** @param {Rgb} color @returns {string} */
function hex(color) {
    return "#" + color.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {string} text @returns {number} 32 bits */
function fnv1a(text) {
    let hash = 0x811c9dc5;
    for (let i = 0; i < text.length; i += 1) {
        hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    }
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    return (hash ^ (hash >>> 12)) >>> 0;
}
