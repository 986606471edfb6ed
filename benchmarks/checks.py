"""How right the checks are, and what they cost.

    python benchmarks/checks.py                  three fiscal years, the whole country
    python benchmarks/checks.py --scale 0.02     does the benchmark itself work?

1. the sample with its planted mistakes, refreshed: recall by kind, precision by check;
2. another sample (tidy, another seed), spoiled by an independent hand (mutate.py): the same tables;
3. the time of all checks beside reading the same rows once with DuckDB;
4. `tambon check` of an 80,000-row workbook: seconds and peak memory.

What counts as true is defined in judge.py and printed with the figures.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import judge
import measure
import mutate
from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent
RECALL, PRECISION, CHECK_SECONDS, CHECK_MIB, CHECK_ROWS = 0.98, 0.95, 10.0, 1536.0, 80_000
MUTATED_SCALE, MUTATED_SEED = 0.05, 4711
console = Console()
Printed = tuple[str, list[str], list[list[str]]]


@dataclass
class Measured:
    """One home, refreshed and judged."""

    title: str
    judged: judge.Judgement
    seconds: dict[str, float] = field(default_factory=dict)
    rows: int = 0
    reading: float = 0.0

    @property
    def checking(self) -> float:
        """Seconds of all checks: admission of every feed, and the audit."""
        return sum(s for stage, s in self.seconds.items() if stage.startswith("admit ") or stage == "audit")


def tambon(home: Path, *arguments: str) -> measure.Cost:
    """The command in a process of its own."""
    command = [sys.executable, "-m", "cli.main", *arguments]
    return measure.run(command, home / "logs" / "bench.log", {"TAMBON_HOME": str(home)})


def measured(home: Path, title: str) -> Measured:
    """Refresh a home that has its sample, and judge what was told."""
    before = measure.file_positions(home)
    cost = tambon(home, "refresh", "--quiet")
    quality = home / "releases" / "current-quality"
    if not quality.exists():
        raise SystemExit(f"{title}: no quality tables were published\n{cost.errors}")
    found = Measured(title, judge.judge(home, quality.resolve()))
    for stage in measure.new_stages(home, before):
        found.seconds[stage["stage"]] = found.seconds.get(stage["stage"], 0.0) + stage["seconds"]
    found.rows, found.reading = read_once(home)
    return found


def read_once(home: Path) -> tuple[int, float]:
    """Rows of all conformed files, and the seconds DuckDB takes to read every cell of them once."""
    import duckdb

    con = duckdb.connect()
    rows, began = 0, time.perf_counter()
    for kind in sorted(path for path in (home / "conformed").iterdir() if path.is_dir()):
        files = [
            str(p)
            for p in kind.glob("*/*.parquet")
            if not p.name.endswith((".rejected.parquet", ".cells.parquet"))
        ]
        if files:
            listed = ", ".join(f"'{one}'" for one in files)
            (found,) = con.execute(
                f"SELECT count(*), count(hash(t)) FROM read_parquet([{listed}], union_by_name = true) AS t"
            ).fetchall()
            rows += int(found[0])
    return rows, time.perf_counter() - began


def big_workbook(path: Path) -> None:
    """80,000 village funds as the office's system writes them, in one sheet."""
    import xlsxwriter

    headers = ("รหัสกองทุน", "ชื่อกองทุน", "ประเภทกองทุน", "รหัสหมู่บ้าน", "หมู่ที่", "ตำบล", "อำเภอ", "จังหวัด", "ปีงบประมาณ", "จำนวนสมาชิก",
               "สมาชิกชาย", "สมาชิกหญิง", "เงินบัญชี 1", "เงินบัญชี 2", "เงินบัญชี 4", "เงินกู้คงค้าง", "หนี้เกินกำหนดชำระ", "จำนวนผู้กู้",
               "ระดับการประเมิน", "ส่งงบการเงิน")  # fmt: skip
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("2568")
        sheet.write_row(0, 0, headers)
        for i in range(CHECK_ROWS):
            men, women, savings = 40 + i % 60, 50 + i % 70, 400_000 + (i * 7919) % 3_000_000
            overdue = 9_000_000 if i % 1000 == 0 else 10_000 + i % 5_000
            sheet.write_row(
                i + 1, 0,
                (f"{i:08d}", f"กองทุนหมู่บ้าน บ้านตัวอย่าง {i}", "หมู่บ้าน", f"730108{i % 20 + 1:02d}",
                    i % 20 + 1, "ดอนยายหอม", "เมืองนครปฐม", "นครปฐม",
                 2568, men + women, men, women, 2_000_000, savings, 100_000, 2_000_000 + savings // 2, overdue,
                     30 + i % 40, "A", "ส่งแล้ว"),
            )  # fmt: skip


def table_rows(found: Measured) -> list[Printed]:
    """The tables of one home: by check and by kind."""
    checks = []
    for name, severity, count, true, stated in found.judged.checks:
        judged = int(str(count)) - int(str(stated))
        share = f"{int(str(true)) / judged:.1%}" if judged else "statement"
        checks.append([str(name), str(severity), f"{count:,}", f"{true:,}", share])
    kinds = [
        [str(kind), f"{planted:,}", f"{told:,}", f"{int(str(told)) / int(str(planted)):.1%}"]
        for kind, planted, told in found.judged.kinds
    ]
    return [
        (f"{found.title}: findings by check", ["check", "severity", "findings", "true", "precision"], checks),
        (f"{found.title}: planted mistakes by kind", ["kind", "planted", "found", "recall"], kinds),
    ]


def summary(found: Measured) -> tuple[str, list[list[str]], bool]:
    """Precision three ways, recall, the worst kind, and whether the targets are met."""
    rows = []
    for label, severities, statements in (
        ("precision, block and warn", ("block", "warn"), "apart"),
        ("precision, info (statements apart)", ("info",), "apart"),
        ("precision, all findings (statements apart)", ("block", "warn", "info"), "apart"),
        ("precision if every statement were false", ("block", "warn", "info"), "false"),
    ):
        true, count = found.judged.precision(*severities, statements=statements)
        rows.append([label, f"{true:,} / {count:,}", f"{true / count:.2%}" if count else "–"])
    told, planted = found.judged.recall()
    rows.append(["recall, all kinds", f"{told:,} / {planted:,}", f"{told / planted:.2%}" if planted else "–"])
    worst = min(found.judged.kinds, key=lambda k: int(str(k[2])) / int(str(k[1])), default=None)
    if worst:
        rows.append(
            [
                f"lowest recall: {worst[0]}",
                f"{worst[2]} / {worst[1]}",
                f"{int(str(worst[2])) / int(str(worst[1])):.2%}",
            ]
        )
    true, count = found.judged.precision("block", "warn", "info")
    good = (
        count > 0
        and true / count >= PRECISION
        and all(int(str(k[2])) >= RECALL * int(str(k[1])) for k in found.judged.kinds)
    )
    return found.title, rows, good


def main() -> int:
    """Measure, print, write. 1: a target was missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--years", type=int, default=3, help="fiscal years")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the country's tambons")
    parser.add_argument(
        "--work", type=Path, help="folder for the homes (default: the system's temporary one)"
    )
    parser.add_argument("--out", type=Path, help="Markdown file (default at scale 1: checks.md here)")
    parser.add_argument("--only", choices=("sample", "mutated", "workbook"), help="one part alone")
    given = parser.parse_args()
    out = given.out or (HERE / "checks.md" if given.scale == 1 else None)
    printed: list[Printed] = []
    lines: list[str] = []
    good = True
    content: dict[str, object] = {"scale": given.scale, "years": given.years}
    with tempfile.TemporaryDirectory(prefix="tambon-checks-", dir=given.work) as folder:
        homes: list[Measured] = []
        if given.only in (None, "sample"):
            home = Path(folder) / "sample"
            tambon(home, "sample", "--scale", str(given.scale), "--years", str(given.years))
            homes.append(measured(home, f"Sample at scale {given.scale:g}, {given.years} years"))
        if given.only in (None, "mutated"):
            home = Path(folder) / "mutated"
            scale = min(given.scale, MUTATED_SCALE)
            tambon(
                home,
                "sample",
                "--scale",
                str(scale),
                "--years",
                str(given.years),
                "--seed",
                str(MUTATED_SEED),
                "--tidy",
            )
            planted = mutate.spoil(home)
            console.print(f"{planted:,} mistakes by the other hand")
            homes.append(measured(home, f"Other hand at scale {scale:g}, {given.years} years"))
        for one in homes:
            title, rows, met = summary(one)
            good &= met
            printed += [(title, ["", "counts", ""], rows), *table_rows(one)]
            ratio = one.checking / max(one.reading, 1e-9)
            lines.append(
                f"{title}: all checks {one.checking:.1f} s; DuckDB reads the same {one.rows:,} rows once in {one.reading:.2f} s: "
                f"ratio {ratio:.1f}. Targets (recall of every kind ≥ {RECALL:.0%}, precision ≥ "
                f"{PRECISION:.0%}): {'met' if met else 'MISSED'}."
            )
            printed.append((f"{title}: examples missed", ["kind", "file", "sheet", "row", "field", "value", "detail"],
                            [[str(cell)[:60] for cell in row] for row in one.judged.missed]))  # fmt: skip
            printed.append((f"{title}: examples of false findings", ["check", "file", "sheet", "row", "field",
                "value", "suggestion"],
                            [[str(cell)[:60] for cell in row] for row in one.judged.false]))  # fmt: skip
            content[title] = {
                "checks": one.judged.checks,
                "kinds": one.judged.kinds,
                "seconds": one.seconds,
                "reading": one.reading,
            }
        if given.only in (None, "workbook"):
            book = Path(folder) / "funds.xlsx"
            big_workbook(book)
            cost = tambon(Path(folder) / "check", "check", str(book), "--feed", "nvf/village_funds")
            met = cost.seconds < CHECK_SECONDS and cost.peak_mib < CHECK_MIB and cost.exit_code in (0, 1)
            good &= met
            lines.append(
                f"`tambon check` of {CHECK_ROWS:,} rows in a workbook: {cost.seconds:.1f} s "
                f"({cost.cpu_seconds:.1f} s of processor), "
                f"{cost.peak_mib:,.0f} MiB (targets {CHECK_SECONDS:.0f} s, {CHECK_MIB:,.0f} MiB): {'met' if met else 'MISSED'}."
            )
            content["check"] = {
                "seconds": cost.seconds,
                "cpu_seconds": cost.cpu_seconds,
                "peak_mib": cost.peak_mib,
            }
    for title, names, rows in printed:
        table = Table(*names, title=title, title_justify="left")
        for row in rows:
            table.add_row(*(cell.replace("[", "(") for cell in row))
        console.print(table)
    for line in lines:
        console.print(line, markup=False)
    if out:
        machine = measure.machine()
        text = [
            "# How right the checks are, and what they cost",
            "",
            ", ".join(f"{k} {v}" for k, v in machine.items()),
            "",
        ]
        text += [str(judge.__doc__), *(f"{line}\n" for line in lines)]
        for title, names, rows in printed:
            text += [f"## {title}", "", f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
            text += [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows] + [""]
        out.write_text("\n".join(text), encoding="utf-8")
        out.with_suffix(".json").write_text(
            json.dumps({"machine": machine, **content}, ensure_ascii=False, indent=1, default=str) + "\n",
            encoding="utf-8",
        )
        console.print(f"→ {out}", markup=False)
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
