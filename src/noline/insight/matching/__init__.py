"""Who is whom in any table of people, and who lives together, without labels."""
