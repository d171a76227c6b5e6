"""What an agent may do: query data, search documents, write a ticket, hand off, draw a chart.

Guarantees that the principal is injected, never an argument of a model. Imports ingest, db, policy and core.
"""
