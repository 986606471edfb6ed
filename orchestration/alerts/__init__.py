"""Alerts: after each run, what changed is told to who can mend it; nothing is told twice, and no failure here fails a run."""
