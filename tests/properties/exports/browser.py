"""Looking at a page as a browser shows it."""

import json
import shutil
import subprocess
import tempfile
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
"""What can show a page without a screen and print what became of it; Firefox cannot."""

TIMEOUT_SECONDS = 90

MEASURE = """
<script>
addEventListener("load", () => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = (colour) => {
    const [r, g, b] = channels(colour).map((one) => one / 255)
      .map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const paper = (part) => {
    for (; part; part = part.parentElement) {
      const colour = getComputedStyle(part).backgroundColor;
      if (channels(colour)[3] !== 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const contrast = (part) => {
    const lights = [luminance(getComputedStyle(part).color), luminance(paper(part))].sort();
    const [dark, light] = lights[0] < lights[1] ? lights : lights.reverse();
    return (light + 0.05) / (dark + 0.05);
  };
  const box = (part) => {
    const {left, right, top, bottom} = part.getBoundingClientRect();
    return {left, right, top, bottom};
  };
  const worded = [...document.querySelectorAll("body *")].filter((part) =>
    !part.closest("svg, script") && part.checkVisibility()
    && [...part.childNodes].some((one) => one.nodeType === 3 && one.data.trim()));
  const all = (selector) => [...document.querySelectorAll(selector)];
  document.documentElement.dataset.measured = JSON.stringify({
    window: innerWidth,
    across: document.documentElement.scrollWidth,
    beyond: worded.filter((part) => !part.closest(".scroll")
      && part.getBoundingClientRect().right > innerWidth + 0.5).map((one) => one.textContent),
    smallest: Math.min(...worded.map((one) => parseFloat(getComputedStyle(one).fontSize))),
    contrast: Math.min(...worded.map(contrast)),
    paper: getComputedStyle(document.body).backgroundColor,
    plot: all(".plot").map(box),
    areas: all(".plot path").map((one) => ({name: one.getAttribute("class"), ...box(one),
      fill: getComputedStyle(one).fill})),
    singles: all(".single path").map((one) => box(one)),
    along: all(".along span").map(box),
    up: all(".up span").map(box),
  });
});
</script>
"""
"""Notes, once the page is shown, where things have come to lie and how well they can be read."""

FRAME = """<!doctype html>
<html style="color-scheme: light dark">
<body style="margin: 0">
<iframe style="width: {width}px; height: 900px; border: 0" srcdoc="{page}"></iframe>
<script>
addEventListener("load", () => {{
  const shown = document.querySelector("iframe").contentDocument.documentElement;
  document.replaceChild(document.importNode(shown, true), document.documentElement);
}});
</script>
</body>
</html>
"""
"""Shows a page narrower than the narrowest window, and then stands aside for what became of it."""


class Shown(HTMLParser):
    """A page as the browser had it in the end."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.cells: list[list[str]] = []
        """The text of every row of every table."""
        self.words = ""
        self._in_cell = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "tr":
            self.cells.append([])
        if tag in ("td", "th"):
            self._in_cell = True
            self.cells[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._in_cell = False

    def handle_data(self, data: str) -> None:
        self.words += data
        if self._in_cell:
            self.cells[-1][-1] += data

    def having(self, tag: str, kind: str) -> list[dict[str, str | None]]:
        """Return the attributes of the elements of a tag that have a class."""
        return [
            attributes
            for name, attributes in self.elements
            if name == tag and kind in (attributes.get("class") or "").split()
        ]

    @property
    def measured(self) -> dict[str, Any]:
        """What the page noted about itself."""
        html = next(attributes for name, attributes in self.elements if name == "html")
        report: dict[str, Any] = json.loads(html["data-measured"] or "")
        return report


def show(page: str, width: int, dark: bool = False) -> Shown:
    """Show a page so wide, by day or by night; skip the test where there is no browser."""
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if browser is None:
        pytest.skip(f"no browser on PATH: none of {', '.join(BROWSERS)}")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        measured = escape(page.replace("</body>", f"{MEASURE}</body>"))
        file.write_text(FRAME.format(width=width, page=measured), encoding="utf-8")
        command = [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-background-networking", "--disable-dev-shm-usage", "--hide-scrollbars",
            f"--blink-settings=preferredColorScheme={0 if dark else 1}",
            f"--user-data-dir={folder}/profile", "--window-size=1600,900",
            "--dump-dom", file.as_uri(),
        ]  # fmt: skip
        finished = subprocess.run(
            command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=True
        )
    return Shown(finished.stdout)
