"""Everything known about a source, up to a conformed delivery."""
