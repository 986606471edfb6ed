"""Reference data: the gazetteer with its tambon units, and the tables that describe the contracts."""
