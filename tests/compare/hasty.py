"""The pair's configuration, with little time to measure in."""

from pathlib import Path

PAIR = Path(__file__).parent / "pair" / "compare.toml"


def hasty(folder: Path, **settings: float) -> Path:
    """Write it into a folder, with these settings of `[bench]`, in seconds."""
    told = (
        PAIR.read_text(encoding="utf-8")
        .replace('".."', f'"{PAIR.parents[1]}"')
        .replace("setup.py", f"{PAIR.parent}/setup.py")
    )
    bench = "\n".join(f"{name} = {value}" for name, value in settings.items())
    file = folder / "compare.toml"
    file.write_text(f'scenarios = ["{PAIR.parent}/scenarios"]\n{told}\n[bench]\n{bench}\n', encoding="utf-8")
    return file
