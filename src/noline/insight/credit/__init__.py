"""Which unit earned what, so that helping another channel never costs it."""
