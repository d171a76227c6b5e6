"""A server that speaks the OpenAI wire format: scripted by what is asked, failing on demand, with no model behind it.

Tests, evals and benches reach it over real HTTP, as they would reach OpenAI, Ollama or vLLM.
"""
