/** A sheet to be printed. */

document.getElementById("print")?.addEventListener("click", () => window.print());
