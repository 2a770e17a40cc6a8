"""The HTTP contract: every request and every response of both apps, one module a domain."""
