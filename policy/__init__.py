"""Who may do what: one declaration and pure questions about it.

Guarantees deny by default and a reason for every denial. Imports only core.
"""
