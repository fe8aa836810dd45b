"""The questions about the performance of channels: their SQL, and how each is counted in plain sentences."""

from pathlib import Path

from noline.stores.analytical import Question, statement

ORDER_WORDS = ["Order Completed", "Order Placed"]
"""The events that tell of an order."""

_SQL = Path(__file__).parent / "sql"

SALES_BY_CHANNEL = Question(
    "sales_by_channel",
    "An order is one order id told by {order_words}, however often it is told; without an id each message is an order. "
    "It belongs to the channel that told it first, with the amount that was told last. Cancelled and returned orders "
    "are not taken off. Months are of UTC. Revenue is added within one currency only.",
    statement(_SQL / "sales_by_channel.sql"),
)

QUESTIONS = {question.name: question for question in (SALES_BY_CHANNEL,)}
"""Every question of this room, by its name."""
