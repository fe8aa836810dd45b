"""What NoLine promises about what it has acknowledged, tried against power cuts and killed servers."""
