"""Room of insight: what has to be bought so that a recipe can be made for so many people."""
