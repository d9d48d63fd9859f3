"""Every font in the repository is told: what for, which version, from where, under which licence."""

from pathlib import Path

import pipelines.pdf

FONTS = Path(pipelines.pdf.__file__).with_name("fonts")


def test_each_font_is_told_and_licensed():
    told, licence = (FONTS / "README.md").read_text(), (FONTS / "OFL.txt").read_text()
    files = sorted(FONTS.glob("*.ttf"))
    assert files and [file.name for file in files if f"`{file.name}`" not in told] == []
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence and "Copyright" in licence


def test_the_fonts_are_small():
    assert sum(file.stat().st_size for file in FONTS.glob("*.ttf")) < 3_000_000
