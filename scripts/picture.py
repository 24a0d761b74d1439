#!/usr/bin/env python3
"""A terminal's screen (`tmux capture-pane -epN`, on stdin) as an SVG picture (on stdout).

Lines and blocks are drawn as shapes, so that frames are closed in whatever font the reader has. Needs Python alone.
Usage: picture.py COLUMNS ROWS TITLE [GROUND WORDS]; the last two are the colours of the terminal itself (#rrggbb).
"""

import html
import re
import sys
import unicodedata

WIDTH, HEIGHT, BASE = 9.0, 20.0, 14.6
# So that a sign of DejaVu Sans Mono is as wide as a cell: librsvg heeds only the first of several places.
SIZE = WIDTH / 0.60205
PAD, BAR = 14.0, 34.0
BACK, FORE = "#10141b", "#c9d1d9"
BASIC = ["#1d232c", "#e5534b", "#57ab5a", "#c69026", "#539bf5", "#b083f0", "#39c5cf", "#c9d1d9"]
BRIGHT = ["#636e7b", "#ff938a", "#6bc46d", "#daaa3f", "#6cb6ff", "#dcbdfb", "#56d4dd", "#ffffff"]


def indexed(number):
    """The colour of a place in the 256-colour table."""
    if number < 16:
        return (BASIC + BRIGHT)[number]
    if number >= 232:
        return "#" + f"{8 + 10 * (number - 232):02x}" * 3
    number -= 16
    levels = [0, 95, 135, 175, 215, 255]
    return "#" + "".join(f"{levels[part % 6]:02x}" for part in (number // 36, number // 6, number))


class Look:
    """How cells look from here on."""

    def __init__(self):
        self.front = self.back = None
        self.bold = self.dim = self.italic = self.under = self.reverse = False

    def take(self, parameters):
        numbers = [int(part or 0) for part in re.split("[;:]", parameters)] or [0]
        while numbers:
            number = numbers.pop(0)
            if number == 0:
                self.__init__()
            elif number in (38, 48):
                kind = numbers.pop(0)
                if kind == 2:
                    colour = "#" + "".join(f"{numbers.pop(0):02x}" for _ in range(3))
                else:
                    colour = indexed(numbers.pop(0))
                setattr(self, "front" if number == 38 else "back", colour)
            elif 30 <= number <= 37 or 90 <= number <= 97:
                self.front = indexed(number - 30 if number < 90 else number - 82)
            elif 40 <= number <= 47 or 100 <= number <= 107:
                self.back = indexed(number - 40 if number < 100 else number - 92)
            elif number in (39, 49):
                setattr(self, "front" if number == 39 else "back", None)
            elif number == 22:
                self.bold = self.dim = False
            elif number in (1, 2, 3, 4, 7):
                setattr(self, {1: "bold", 2: "dim", 3: "italic", 4: "under", 7: "reverse"}[number], True)
            elif number in (23, 24, 27):
                setattr(self, {23: "italic", 24: "under", 27: "reverse"}[number], False)

    def key(self):
        front, back = self.front or FORE, self.back or BACK
        if self.reverse:
            front, back = back, front
        return front, back, self.bold, self.dim, self.italic, self.under


def cells(line, look):
    """Each cell of a row: its sign and its look. A wide sign takes two cells."""
    row = []
    for part in re.split("(\x1b\\[[0-9;:]*m)", line):
        if part.startswith("\x1b["):
            look.take(part[2:-1])
            continue
        for sign in re.sub("\x1b.", "", part):
            row.append((sign, look.key()))
            if unicodedata.east_asian_width(sign) in "WF":
                row.append(("", look.key()))
    return row


def shape(sign, x, y, colour):
    """A line or block as a shape; none for other signs."""
    name = unicodedata.name(sign, "")
    if name.startswith("BOX DRAWINGS"):
        return lines(name, x, y, colour)
    rest = f'fill="{colour}"'
    if sign in "░▒▓":
        strength = {"░": 0.22, "▒": 0.45, "▓": 0.7}[sign]
        return f'<rect x="{x:g}" y="{y:g}" width="{WIDTH:g}" height="{HEIGHT:g}" {rest} opacity="{strength}"/>'
    if sign == "█":
        return f'<rect x="{x:g}" y="{y:g}" width="{WIDTH:g}" height="{HEIGHT:g}" {rest}/>'
    eighths = re.match("(LEFT|LOWER) (.+) BLOCK$", name)
    parts = ["ONE EIGHTH", "ONE QUARTER", "THREE EIGHTHS", "HALF", "FIVE EIGHTHS", "THREE QUARTERS", "SEVEN EIGHTHS"]
    if eighths and eighths[2] in parts:
        part = (parts.index(eighths[2]) + 1) / 8
        if eighths[1] == "LEFT":
            return f'<rect x="{x:g}" y="{y:g}" width="{WIDTH * part:g}" height="{HEIGHT:g}" {rest}/>'
        tall = HEIGHT * part
        return f'<rect x="{x:g}" y="{y + HEIGHT - tall:g}" width="{WIDTH:g}" height="{tall:g}" {rest}/>'
    if sign == "▐":
        return f'<rect x="{x + WIDTH / 2:g}" y="{y:g}" width="{WIDTH / 2:g}" height="{HEIGHT:g}" {rest}/>'
    if 0x2800 <= ord(sign) <= 0x28FF:
        dots = []
        for bit, (column, line) in enumerate([(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)]):
            if ord(sign) - 0x2800 >> bit & 1:
                across, down = x + WIDTH * (1 + 2 * column) / 4, y + HEIGHT * (1 + 2 * line) / 8
                dots.append(f'<circle cx="{across:g}" cy="{down:g}" r="1.5" {rest}/>')
        return "".join(dots)
    return None


def lines(name, x, y, colour):
    words = name.removeprefix("BOX DRAWINGS ").split()
    weights = {}
    weight, dashes = 1, 0
    for word in words:
        if word in ("LIGHT", "HEAVY"):
            weight = 2 if word == "HEAVY" else 1
            # `UP HEAVY AND DOWN LIGHT` says the weight behind the side.
            for side in [side for side, known in weights.items() if known == 0]:
                weights[side] = weight
        elif word in ("DOUBLE", "TRIPLE", "QUADRUPLE"):
            dashes = {"DOUBLE": 2, "TRIPLE": 3, "QUADRUPLE": 4}[word]
        elif word in ("UP", "DOWN", "LEFT", "RIGHT"):
            weights[word] = weight if words[0] in ("LIGHT", "HEAVY") else 0
        elif word in ("VERTICAL", "HORIZONTAL"):
            for side in ("UP", "DOWN") if word == "VERTICAL" else ("LEFT", "RIGHT"):
                weights[side] = weight if words[0] in ("LIGHT", "HEAVY") else 0
    mid_x, mid_y = x + WIDTH / 2, y + HEIGHT / 2
    ends = {"UP": (mid_x, y), "DOWN": (mid_x, y + HEIGHT), "LEFT": (x, mid_y), "RIGHT": (x + WIDTH, mid_y)}
    out = []
    for side, weight in weights.items():
        across, down = ends[side]
        wide = 2.4 if weight == 2 else 1.2
        dash = ""
        if dashes:
            step = (HEIGHT if side in ("UP", "DOWN") else WIDTH) / dashes
            dash = f' stroke-dasharray="{step * 0.6:.2f} {step * 0.4:.2f}"'
            if side in ("DOWN", "RIGHT"):
                continue
            mid_end = (mid_x, y + HEIGHT) if side == "UP" else (x + WIDTH, mid_y)
        else:
            mid_end = (mid_x, mid_y)
        cap = "" if dashes else ' stroke-linecap="square"'
        out.append(
            f'<path d="M{across:g} {down:g}L{mid_end[0]:g} {mid_end[1]:g}" stroke="{colour}" stroke-width="{wide}"{cap}{dash}/>'
        )
    return "".join(out)


def main():
    global BACK, FORE
    columns, rows, title = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    BACK, FORE = sys.argv[4:6] or (BACK, FORE)
    wide, tall = columns * WIDTH + 2 * PAD, rows * HEIGHT + PAD + BAR
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:g} {tall:g}" width="{wide:g}" height="{tall:g}">',
        "<style>text{font-family:'DejaVu Sans Mono','Menlo','Consolas',monospace;"
        f"font-size:{SIZE:.3f}px;white-space:pre}}</style>",
        f'<rect width="{wide:g}" height="{tall:g}" rx="9" fill="{BACK}"/>',
        f'<rect x=".5" y=".5" width="{wide - 1:g}" height="{tall - 1:g}" rx="9" fill="none" stroke="#2d333b"/>',
    ]
    for at, colour in enumerate(["#e5534b", "#c69026", "#57ab5a"]):
        out.append(f'<circle cx="{20 + 20 * at}" cy="{BAR / 2:g}" r="6" fill="{colour}"/>')
    out.append(
        f'<text x="{wide / 2:g}" y="{BAR / 2 + 5:g}" text-anchor="middle" fill="#768390">{html.escape(title)}</text>'
    )
    look = Look()
    screen = sys.stdin.read().split("\n")[:rows]
    backs, shapes, words = [], [], []
    for row, line in enumerate(screen):
        y = BAR + row * HEIGHT
        run = None
        for column, (sign, key) in enumerate(cells(line, look)[:columns] + [("", None)]):
            x = PAD + column * WIDTH
            if run and run["key"] != key:
                flush(run, y, backs, words)
                run = None
            if key is None:
                break
            run = run or {"key": key, "from": column, "signs": []}
            drawn = sign.strip() and shape(sign, x, y, key[0])
            if drawn:
                shapes.append(f'<g opacity=".65">{drawn}</g>' if key[3] else drawn)
            run["signs"].append(" " if drawn or not sign else sign)
    sys.stdout.write("\n".join(out + backs + shapes + words + ["</svg>"]) + "\n")


def flush(run, y, backs, words):
    front, back, bold, dim, italic, under = run["key"]
    signs = run["signs"]
    x = PAD + run["from"] * WIDTH
    if back != BACK:
        backs.append(f'<rect x="{x:g}" y="{y:g}" width="{len(signs) * WIDTH:g}" height="{HEIGHT:g}" fill="{back}"/>')
    if under:
        backs.append(f'<path d="M{x:g} {y + HEIGHT - 2:g}h{len(signs) * WIDTH:g}" stroke="{front}"/>')
    style = (' font-weight="bold"' if bold else "") + (' font-style="italic"' if italic else "")
    style += ' opacity=".65"' if dim else ""
    # A word at a time, each sign in its own cell, whatever the font's width.
    for word in re.finditer(r"\S+(?: \S+)*", "".join(signs)):
        places = " ".join(f"{x + (word.start() + at) * WIDTH:g}" for at in range(len(word[0])))
        words.append(f'<text x="{places}" y="{y + BASE:g}" fill="{front}"{style}>{html.escape(word[0], quote=False)}</text>')


main()
