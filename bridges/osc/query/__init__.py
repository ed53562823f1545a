"""OSCQuery: the namespace as JSON over HTTP, and its values over WebSocket. Read-only."""
