"""A Chatwoot to talk to when there is none: for ``make demo``, for tests and for benches, over real HTTP.

It guarantees what Chatwoot 4.15 promises an agent bot (webhooks, statuses, tokens, limits, errors) and forgets
everything when it stops. It must never import the graph, the agents or the channel that it is there to exercise.
"""
