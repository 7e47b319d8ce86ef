"""The pictures of the screen in README and docs: the real program, by keys, on a terminal of ours.

Takes one order on a demo in a passing folder and draws what the terminal then shows, once with
the colours of a dark terminal and once with those of a light one. The console itself only
names the terminal's own colours, so one run gives both.

    python -m benchmarks.pictures [--out docs/screens]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pyte
from PIL import Image, ImageDraw, ImageFont

from benchmarks.call import CALL, read_back_and_confirm
from benchmarks.pty_harness import PtyProgram, clean_environ

DEMO = (sys.executable, "-m", "kiosk.cli", "demo")
FONT_SIZE = 16
MARGIN = 12
FONT_NAMES = ("DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf")
FONT_FOLDERS = (
    "",  # where pillow itself looks on this platform
    "/usr/share/fonts/truetype/dejavu/",
    "/usr/share/fonts/dejavu-sans-mono-fonts/",
    "/usr/share/fonts/TTF/",
    "/usr/local/share/fonts/",
    "/opt/homebrew/share/fonts/",
)


@dataclass(frozen=True, slots=True)
class Theme:
    """A terminal's own colours, by the names that pyte has for them."""

    name: str
    foreground: str
    background: str
    colours: dict[str, str]

    def ink(self, named: str, default: str) -> str:
        if named == "default":
            return default
        return self.colours.get(named) or f"#{named}"


DARK = Theme(
    "dark",
    "#d8d8d8",
    "#16181d",
    {
        "black": "#16181d", "red": "#e86671", "green": "#8cc265", "brown": "#e5c07b",
        "blue": "#61afef", "magenta": "#d55fde", "cyan": "#2bbac5", "white": "#d8d8d8",
        "brightblack": "#7a8290", "brightred": "#ff8f7a", "brightgreen": "#a5e075",
        "brightbrown": "#f0d197", "brightblue": "#85c6ff", "brightmagenta": "#ec9cf2",
        "brightcyan": "#8fe3ea", "brightwhite": "#ffffff",
    },
)  # fmt: skip
LIGHT = Theme(
    "light",
    "#1f2328",
    "#fafafa",
    {
        "black": "#1f2328", "red": "#c0262d", "green": "#3a7d1e", "brown": "#a87b00",
        "blue": "#1f6feb", "magenta": "#a626a4", "cyan": "#0b7a86", "white": "#c9ccd1",
        "brightblack": "#6e7781", "brightred": "#d9572c", "brightgreen": "#4f9a2c",
        "brightbrown": "#bf8f00", "brightblue": "#4c8dff", "brightmagenta": "#c45bc2",
        "brightcyan": "#2a9aa6", "brightwhite": "#fafafa",
    },
)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("docs/screens"))
    args = parser.parse_args()
    pen = Pen(*fonts())
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        take_an_order(Path(folder), pen, args.out)
    return 0


def fonts() -> tuple[ImageFont.FreeTypeFont, ImageFont.FreeTypeFont]:
    """Regular and bold, of one width and with the characters that draw lines."""
    for folder in FONT_FOLDERS:
        try:
            regular, bold = (ImageFont.truetype(folder + name, FONT_SIZE) for name in FONT_NAMES)
        except OSError:
            continue
        return regular, bold
    raise SystemExit(
        f"pictures: {FONT_NAMES[0]} is not installed here. Install the DejaVu fonts "
        "(Debian: fonts-dejavu-core, Fedora: dejavu-sans-mono-fonts) and try again."
    )


def take_an_order(folder: Path, pen: Pen, out: Path) -> None:
    environ = clean_environ(KIOSK_STATE_DIR=str(folder))
    with PtyProgram(DEMO, environ=environ) as program:
        program.wait_for("en ligne", within=60)
        for said in CALL:
            program.press(*said.keys)
            program.wait_for(said.seen)
            keep(program, pen, out, said.picture)
        read_back_and_confirm(program)
        program.wait_for("reçue par la centrale", within=20)
        keep(program, pen, out, "step7")
        program.press("ctrl+q")
        program.wait()


def keep(program: PtyProgram, pen: Pen, out: Path, name: str) -> None:
    if not name:
        return
    program.settle(quiet=0.5)
    for theme, suffix in ((DARK, ""), (LIGHT, "-light")):
        path = out / f"{name}{suffix}.png"
        pen.draw(program.screen, theme).save(path, optimize=True)
        print(path)


class Pen:
    """Draws a screen cell by cell."""

    def __init__(self, regular: ImageFont.FreeTypeFont, bold: ImageFont.FreeTypeFont) -> None:
        self._regular, self._bold = regular, bold
        self._width = round(regular.getlength("M"))
        self._height = sum(regular.getmetrics()) + 1

    def draw(self, screen: pyte.Screen, theme: Theme) -> Image.Image:
        size = (screen.columns * self._width, screen.lines * self._height)
        image = Image.new("RGB", (size[0] + 2 * MARGIN, size[1] + 2 * MARGIN), theme.background)
        drawing = ImageDraw.Draw(image)
        for y in range(screen.lines):
            for x in range(screen.columns):
                self._cell(drawing, screen, theme, x, y)
        return image.quantize(method=Image.Quantize.FASTOCTREE)

    def _cell(
        self, drawing: ImageDraw.ImageDraw, screen: pyte.Screen, theme: Theme, x: int, y: int
    ) -> None:
        cell = screen.buffer[y][x]
        ink, paper = theme.ink(cell.fg, theme.foreground), theme.ink(cell.bg, theme.background)
        has_cursor = not screen.cursor.hidden and (screen.cursor.x, screen.cursor.y) == (x, y)
        if cell.reverse != has_cursor:
            ink, paper = paper, ink
        left, top = MARGIN + x * self._width, MARGIN + y * self._height
        if paper != theme.background:
            drawing.rectangle(
                (left, top, left + self._width - 1, top + self._height - 1), fill=paper
            )
        if cell.data.strip():
            font = self._bold if cell.bold else self._regular
            drawing.text((left, top), cell.data, fill=ink, font=font)


if __name__ == "__main__":
    raise SystemExit(main())
