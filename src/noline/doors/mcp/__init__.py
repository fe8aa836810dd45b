"""The hub's services as tools of an assistant program, by the Model Context Protocol."""
