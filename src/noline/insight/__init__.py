"""Answers from history: one room for each question. The rooms read the analytical port and nothing else."""
