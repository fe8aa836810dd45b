"""Why people are lost: where a loss stands out, and what a difference in treatment changed."""
