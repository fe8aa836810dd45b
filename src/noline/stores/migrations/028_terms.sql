-- Under which terms a customer drew an arm: draws under other odds, another goal or time are another experiment.
ALTER TABLE offers_told ADD COLUMN terms TEXT NOT NULL DEFAULT '';
