"""`compare bench` as a person runs it, on the pair, and with little time to measure in."""

import subprocess
import sys
from pathlib import Path

Done = subprocess.CompletedProcess[str]
PAIR = Path(__file__).parent / "pair" / "compare.toml"


def bench(*arguments: str, cwd: Path, config: Path = PAIR) -> Done:
    """Run it."""
    command = [sys.executable, "-m", "compare", "bench", "--config", str(config), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, cwd=cwd)  # noqa: S603


def hasty(folder: Path, **settings: float) -> Path:
    """Write the pair's configuration into a folder, with these settings of `[bench]`, in seconds."""
    told = (
        PAIR.read_text(encoding="utf-8")
        .replace('".."', f'"{PAIR.parents[1]}"')
        .replace("setup.py", f"{PAIR.parent}/setup.py")
    )
    bench = "\n".join(f"{name} = {value}" for name, value in settings.items())
    file = folder / "compare.toml"
    file.write_text(f'scenarios = ["{PAIR.parent}/scenarios"]\n{told}\n[bench]\n{bench}\n', encoding="utf-8")
    return file
