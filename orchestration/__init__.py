"""What runs, in which order, and what blocks: the Dagster definitions and the refresh that runs them. No data logic."""
