"""Keeps the measure columns that dbt's contracts list equal to `ingest/contract/fields.yml`.

dbt contracts have to name every column, so the measures stand in several .yml files. They are written from
the one definition: `python -m orchestration.dbt_columns --write`; without `--write` it lists the files that
differ and ends with 1.
"""

from __future__ import annotations

import re
import sys
from functools import partial
from pathlib import Path

from ingest.contract import load_fields
from orchestration.warehouse import PROJECT_DIR

_BLOCK = re.compile(
    r"(?P<head>^ +# measures: [^\n]*\n)(?P<body>.*?)(?P<tail>^ +# end of measures\n)", re.S | re.M
)


def measure_block(*, with_type: bool) -> str:
    """YAML of the measure columns, in the order of fields.yml: name, (data type,) label and unit."""
    lines: list[str] = []
    for code, measure in load_fields().fund_measures.items():
        lines.append(f"      - name: {code}")
        if with_type:
            lines.append("        data_type: double")
        lines.append(f'        description: "{measure.label_en} ({measure.unit})."')
    return "\n".join(lines) + "\n"


def _with_body(body: str, match: re.Match[str]) -> str:
    return match["head"] + body + match["tail"]


def out_of_step(project_dir: Path = PROJECT_DIR, *, write: bool = False) -> list[Path]:
    """The model .yml files whose measure columns differ from fields.yml; with `write` they are mended."""
    found: list[Path] = []
    for path in sorted(project_dir.glob("models/*/*.yml")):
        text = path.read_text(encoding="utf-8")
        block = measure_block(with_type=path.parent.name in ("core", "marts"))
        mended = _BLOCK.sub(partial(_with_body, block), text)
        if mended != text:
            found.append(path)
            if write:
                path.write_text(mended, encoding="utf-8")
    return found


def main(arguments: list[str]) -> int:
    """Command line: see the module's text."""
    write = "--write" in arguments
    found = out_of_step(write=write)
    for path in found:
        sys.stdout.write(f"{'written' if write else 'differs'}: {path.relative_to(PROJECT_DIR.parent)}\n")
    return 1 if found and not write else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
