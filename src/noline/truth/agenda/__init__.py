"""What people keep an eye on: saved questions, the alerts they raised, and who cares for which friction."""
