"""Stock: one ledger of moves for the whole company, and what lies where."""
