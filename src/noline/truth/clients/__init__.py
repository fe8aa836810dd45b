"""Who looks after a customer: notes, adviser, appointments, follow-ups, and who looked at the customer's card."""
