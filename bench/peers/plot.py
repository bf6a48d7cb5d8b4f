"""One SVG with the bars of every case: minimum solid, lower quartile as a line behind it."""
import re
from xml.sax.saxutils import escape

COLOURS = {"filigree": "#0b7a75", "openvino": "#7b5ea7", "onnxruntime": "#c8553d", "torch": "#8a8d91"}
BAR, GAP, LEFT, WIDTH, RIGHT = 18, 16, 270, 460, 120


def colour(engine):
    return COLOURS.get(re.split("[,-]", engine)[0], "#444444")


def draw(rows, title):
    """rows: dictionaries with case, tokens, engine, minimum and quartile in seconds. Returns the text of the file."""
    cases = {}
    for row in rows:
        cases.setdefault((row["case"], row["tokens"]), []).append(row)
    title_lines = title.split("; ")
    top = 20 + 16 * len(title_lines)
    height = top + sum(BAR * (len(bars) + 1) + GAP for bars in cases.values())
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + RIGHT}" height="{height}" '
             'font-family="sans-serif" font-size="12">',
             f"<title>{escape(title)}</title>",
             '<rect width="100%" height="100%" fill="#ffffff"/>',
             *(f'<text x="10" y="{20 + 16 * index}" fill="#111111">{escape(line)}</text>'
               for index, line in enumerate(title_lines))]
    y = top
    for (case, tokens), bars in cases.items():
        longest = max(bar["quartile"] for bar in bars)
        parts.append(f'<text x="10" y="{y + BAR / 2 + 4}" font-weight="bold" fill="#111111">{escape(f"{case}, {tokens}")}</text>')
        y += BAR
        for bar in bars:
            length, behind = (WIDTH * bar[key] / longest for key in ("minimum", "quartile"))
            middle = y + BAR / 2
            parts.append(f'<text x="{LEFT - 8}" y="{middle + 4}" text-anchor="end" fill="#111111">{escape(bar["engine"])}</text>')
            parts.append(f'<line x1="{LEFT}" x2="{LEFT + behind:.1f}" y1="{middle}" y2="{middle}" stroke="#444444"/>')
            parts.append(f'<rect x="{LEFT}" y="{y + 2}" width="{length:.1f}" height="{BAR - 4}" '
                         f'fill="{colour(bar["engine"])}"/>')
            parts.append(f'<text x="{LEFT + behind + 6:.1f}" y="{middle + 4}" fill="#111111">'
                         f'{bar["minimum"] * 1e3:.4g} ms</text>')
            y += BAR
        y += GAP
    return "\n".join(parts + ["</svg>", ""])
