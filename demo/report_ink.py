"""The colours of the page that shows a world."""

INK, ACCENT, FAINT = "#1f2937", "#0f766e", "#94a3b8"
