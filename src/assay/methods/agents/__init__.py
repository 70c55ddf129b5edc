"""Agents that plan, act and are checked: experiments, plans over code, tools and workflows, tasks in a browser.

Extension points: servers that speak OpenAI's protocol, MCP for tools, Gymnasium's interface for environments.
"""
