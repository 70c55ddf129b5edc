"""Around a server of models: which call runs next, and on which engine, whatever the engine is.

Extension points: OpenAI-compatible servers over HTTP, Ray Serve's request routers, the ``priority`` of vLLM's requests.
"""
