"""The command line: the rooms' own words, results on stdout, talk on stderr, `--json` everywhere."""
