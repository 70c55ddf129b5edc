"""Summaries written by a language model behind any OpenAI-compatible endpoint, and checked before they are shown."""
