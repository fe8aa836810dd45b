"""The papers that go with goods: transfers, counts, returns, and the tasks that people closed."""
