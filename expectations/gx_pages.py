"""Pages for engineers of what Great Expectations ran: in place of its own Data Docs, which need other hosts.

Static, without script, everything beside it: they open from a folder. Why: docs/decisions/0013.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from pydantic import ValidationError

from expectations.gx_record import ExpectationRun, SuiteRun, read_runs
from ingest.whole import write_whole

MAX_GROUPS = 200
"""Groups shown of one expectation, failing ones first; the rest is counted."""
STYLE = """\
body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;padding:1rem 1.5rem 4rem;max-width:75rem;color:#1b1b1b;background:#fff}
h1{font-size:1.5rem;margin:.5rem 0}h2{font-size:1.1rem;margin:2rem 0 .3rem}
table{border-collapse:collapse;margin:.4rem 0}
th,td{border:1px solid #767676;padding:.2rem .6rem;text-align:left;vertical-align:top}
th{background:#eee}td.n{text-align:right;font-variant-numeric:tabular-nums}
code,pre{font:13px/1.45 ui-monospace,monospace;overflow-wrap:anywhere;white-space:pre-wrap;margin:0}
.fail{color:#8c1300;font-weight:600}.pass{color:#0b5a2b}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;margin:.3rem 0}
dt{color:#555}dd{margin:0}a{color:#0b4f9e}
"""
_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'self'">
<title>{{ title }}</title><link rel="stylesheet" href="{{ root }}style.css"></head><body>
"""
_INDEX = (
    _HEAD
    + """<h1>{{ title }}</h1>
<p>{{ suites | length }} suites, newest run of each. A suite runs only when something it judges changed.</p>
<table><thead><tr><th>suite</th><th>verdict</th><th>expectations</th><th>failed</th><th>groups</th><th>failing groups</th>
<th>gravest failure</th><th>seconds</th><th>run (UTC)</th><th>earlier runs</th></tr></thead><tbody>
{% for name, run, runs in suites %}<tr><td><a href="{{ name }}/{{ runs[0] }}.html">{{ run.suite }}</a></td>
<td class="{{ 'pass' if run.success else 'fail' }}">{{ 'passed' if run.success else 'FAILED' }}</td>
<td class="n">{{ run.expectations | length }}</td>
<td class="n">{{ run.expectations | rejectattr('success') | list | length }}</td>
<td class="n">{{ run.expectations | sum_groups }}</td><td class="n">{{ run.expectations | sum_failing }}</td>
<td>{{ run.expectations | gravest }}</td>
<td class="n">{{ '%.2f' | format(run.seconds) }}</td><td>{{ run.started_at.strftime('%Y-%m-%d %H:%M:%S') }}</td>
<td>{% for one in runs[1:] %}<a href="{{ name }}/{{ one }}.html">{{ one[:8] }}</a> {% endfor %}</td></tr>
{% endfor %}</tbody></table></body></html>
"""
)
_RUN = (
    _HEAD
    + """<p><a href="../index.html">all suites</a></p>
<h1>{{ run.suite }}: <span class="{{ 'pass' if run.success else 'fail' }}">{{ 'passed' if run.success else 'FAILED' }}</span></h1>
<dl><dt>table</dt><dd><code>{{ run.table }}</code></dd>
<dt>grouped by</dt><dd><code>{{ run.group_by | join(', ') or 'the whole table' }}</code></dd>
<dt>run</dt><dd>{{ run.started_at.strftime('%Y-%m-%d %H:%M:%S') }} UTC, {{ '%.2f' | format(run.seconds) }} s,
Great Expectations {{ run.gx_version }}</dd>
<dt>statistics</dt><dd><code>{{ run.statistics | as_json }}</code></dd></dl>
{% for one in run.expectations | sort(attribute='success') %}<h2 id="e{{ loop.index }}">{{ one.check_id or one.type }}:
<span class="{{ 'pass' if one.success else 'fail' }}">{{ 'passed' if one.success else 'FAILED' }}</span></h2>
{% if one.title_en %}<p>{{ one.title_en }}</p>{% endif %}
<dl><dt>expectation</dt><dd><code>{{ one.type }}</code></dd>
<dt>kwargs</dt><dd><code>{{ one.arguments | as_json }}</code></dd>
{% if one.failing_sql %}<dt>failing</dt><dd><pre>{{ one.failing_sql }}</pre></dd>
<dt>looked at</dt><dd><pre>{{ one.total_sql }}</pre></dd>{% endif %}
{% if one.exception %}<dt>exception</dt><dd class="fail"><pre>{{ one.exception }}</pre></dd>{% endif %}
{% if 'observed_value' in one.result %}<dt>observed</dt>
<dd><code>{{ one.result['observed_value'] | as_json }}</code></dd>{% endif %}
{% if not one.check_id %}<dt>details</dt><dd><code>{{ one.result.get('details') | as_json }}</code></dd>{% endif %}</dl>
{% if one.groups %}<table><thead><tr>{% for name in run.group_by %}<th>{{ name }}</th>{% endfor %}
<th>failing</th><th>of</th><th>verdict</th><th>severity</th></tr></thead><tbody>
{% for group in one | shown_groups %}<tr>{% for value in group['key'] %}<td>{{ value }}</td>{% endfor %}
<td class="n">{{ '{:,.0f}'.format(group['failing']) }}</td><td class="n">{{ '{:,.0f}'.format(group['total']) }}</td>
<td class="{{ 'pass' if group['passed'] else 'fail' }}">{{ 'passed' if group['passed'] else 'FAILED' }}</td>
<td>{{ group['severity'] }}</td></tr>
{% endfor %}</tbody></table>
{% if one.groups | length > max_groups %}
<p>and {{ one.groups | length - max_groups }} more groups, all with fewer failing rows</p>
{% endif %}{% endif %}{% endfor %}</body></html>
"""
)


def _environment() -> Environment:
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    environment.filters["as_json"] = lambda value: json.dumps(value, ensure_ascii=False, default=str)
    environment.filters["shown_groups"] = _shown_groups
    environment.filters["sum_groups"] = lambda all_of: sum(len(one.groups) for one in all_of)
    environment.filters["gravest"] = _gravest
    environment.filters["sum_failing"] = lambda all_of: sum(
        not group["passed"] for one in all_of for group in one.groups
    )
    return environment


def _gravest(all_of: list[ExpectationRun]) -> str:
    """The gravest severity that a group failed with; a broken expectation is told before all."""
    if any(one.exception for one in all_of):
        return "exception"
    failed = {group["severity"] for one in all_of for group in one.groups if not group["passed"]}
    return next((one for one in ("block", "warn", "info") if one in failed), "")


def _shown_groups(one: ExpectationRun) -> list[dict[str, Any]]:
    """Failing groups first, then those with most failing rows."""
    return sorted(one.groups, key=lambda group: (group["passed"], -group["failing"]))[:MAX_GROUPS]


def write_pages(folder: Path) -> Path:
    """Make the pages of every run kept under `folder`; those made before stay as they are. Returns the index page."""
    environment = _environment()
    page, index = environment.from_string(_RUN), environment.from_string(_INDEX)
    site = folder / "site"
    site.mkdir(parents=True, exist_ok=True)
    (site / "style.css").write_text(STYLE, encoding="utf-8")
    suites = []
    kept = read_runs(folder)
    for name, paths in kept.items():
        runs = [(path, run) for path in paths if (run := _load(path)) is not None]
        if not runs:
            continue
        (site / name).mkdir(exist_ok=True)
        for path, run in runs:
            target = site / name / f"{path.stem}.html"
            if not target.exists():
                text = page.render(
                    title=f"{run.suite} {path.stem}", root="../", run=run, max_groups=MAX_GROUPS
                )
                write_whole(target, text)
        present = {path.stem for path, _ in runs}
        for old in (site / name).glob("*.html"):
            if old.stem not in present:
                old.unlink()
        suites.append((name, runs[0][1], [path.stem for path, _ in runs]))
    for old in site.iterdir():
        if old.is_dir() and old.name not in kept:
            shutil.rmtree(old)
    target = site / "index.html"
    target.write_text(
        index.render(title="Validation runs of Great Expectations", root="", suites=suites), encoding="utf-8"
    )
    return target


def _load(path: Path) -> SuiteRun | None:
    """A run's record; None for one that was damaged or is of another version."""
    try:
        return SuiteRun.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
