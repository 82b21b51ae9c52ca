// Dark or light: what the address says, else what was chosen here before, else what the system prefers.
(() => {
  const root = document.documentElement;
  const asked = new URLSearchParams(location.search).get("theme");
  const known = (theme) => (theme === "dark" || theme === "light" ? theme : null);

  let kept = null;
  try {
    kept = known(localStorage.getItem("gamefold.theme"));
  } catch {
    // A frame of another site may have no storage; the system's choice is good enough there.
  }
  const chosen = known(asked) ?? kept;
  if (chosen) root.dataset.theme = chosen;

  const isDark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";

  function toggle() {
    root.dataset.theme = isDark() ? "light" : "dark";
    try {
      localStorage.setItem("gamefold.theme", root.dataset.theme);
    } catch {
      // It holds for this page at least.
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.getElementById("theme").addEventListener("click", toggle);
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input:not([type=range]), select, textarea, dialog");
    if (event.key === "t" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) toggle();
  });
})();
