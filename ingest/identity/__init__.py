"""Which funds in several agencies' lists are one fund: names, scored pairs, resolution, the registry of ids, decisions."""
