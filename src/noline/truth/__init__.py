"""The one truth: a room for each noun of the shop, folded from the log. Rooms know each other's things by id only."""
