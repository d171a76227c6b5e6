"""The office's panel (Streamlit, the extra ``panel``): a client of the REST API and nothing more.

It imports nothing of the house: what it may see and do is what the administrator's own token may.
"""
