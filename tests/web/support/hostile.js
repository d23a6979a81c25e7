// Texts that want to be more than text, or wider than the page.
// Invariant: none of them begins with a slash (that is a command of the page).

export const kHostile = [
    "<script>document.title='owned'</script>",
    "<img src=x onerror=alert(1)>",
    "&lt;b&gt; &amp;",
    "javascript:alert(1)",
    'http://a.b/"onmouseover="alert(1)',
    "'\"><svg/onload=alert(1)>",
    "{{constructor.constructor('alert(1)')()}}",
    "\u202Eevil\u202C",
    "W".repeat(600),
    "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034fA\u0334\u0335L\u0320G\u033bO\u0335",
    "👩‍👩‍👧‍👦🏳️‍🌈🇩🇪",
    "שלום with latin inside שלום",
    `http://a.b/${"y".repeat(300)}`,
];
