"""An MCP server of fastmcp for the tests: server.py PORT oauth|bearer."""

import sys

from fastmcp import FastMCP

port, auth = int(sys.argv[1]), sys.argv[2]
url = f"http://127.0.0.1:{port}"

if auth == "oauth":
    from fastmcp.server.auth.providers import in_memory
    from mcp.server.auth.settings import ClientRegistrationOptions

    # Short enough for a test to see its end.
    in_memory.DEFAULT_ACCESS_TOKEN_EXPIRY_SECONDS = 11
    provider = in_memory.InMemoryOAuthProvider(
        base_url=url,
        client_registration_options=ClientRegistrationOptions(enabled=True, valid_scopes=["read"]),
        required_scopes=["read"],
    )
else:
    from fastmcp.server.auth.providers.jwt import StaticTokenVerifier

    provider = StaticTokenVerifier(tokens={"static-hush": {"client_id": "midwatch", "scopes": ["read"]}})

server = FastMCP("runbooks", auth=provider)


@server.tool(annotations={"readOnlyHint": True})
def search_runbooks(words: str) -> str:
    """Finds runbooks."""
    return f"runbook for {words}: restart nothing before you have looked"


@server.tool
def delete_runbook(name: str) -> str:
    """Deletes a runbook."""
    return f"deleted {name}"


server.run(transport="http", host="127.0.0.1", port=port, show_banner=False)
